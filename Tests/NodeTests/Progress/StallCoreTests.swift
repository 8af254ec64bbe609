import EventLog
import Messages
import Node
import Runtime
import Testing

@Suite struct StallCoreTests {
  typealias Blocker = Event.StallBlocker

  /// A node with peers and requests, nothing of which brings anything.
  static func sample(_ seconds: Int64, _ change: (inout StallSample) -> Void = { _ in })
    -> StallSample
  {
    var sample = StallSample()
    sample.at = Moment(nanoseconds: seconds * 1_000_000_000)
    sample.connected = 3
    sample.peers = 3
    change(&sample)
    return sample
  }

  /// The cause that is told after `patience` of what `change` makes.
  static func cause(_ change: (inout StallSample) -> Void) -> Blocker? {
    var core = StallCore(patience: .seconds(15))
    #expect(core.add(sample(0)) == nil)
    #expect(core.add(sample(14, change)) == nil)
    guard case .detected(let blocker, let since)? = core.add(sample(15, change)) else { return nil }
    #expect(since == .start)
    return blocker
  }

  @Test func eachCause_shouldBeNamed() {
    #expect(Self.cause { $0.forwarded = 1 } == .localWork)
    #expect(
      Self.cause {
        $0.connected = 0
        $0.peers = 0
      } == .noPeers)
    #expect(Self.cause { $0.refused = 2 } == .proofsFail)
    #expect(Self.cause { $0.late = [.chunk: 2] } == .timeouts)
    #expect(Self.cause { $0.buffered = 4 } == .waitingForBlock)
    #expect(Self.cause { $0.peers = 0 } == .peersIncomplete)
    #expect(Self.cause { $0.lacking = 3 } == .peersIncomplete)
    #expect(Self.cause { $0.inFlight = 2 } == .timeouts)
  }

  @Test func nearerCause_shouldComeFirst() {
    // From the last of the list to the first, each added to those before.
    var all = StallSample()
    all.connected = 3
    all.peers = 3
    func judge() -> Blocker? {
      Self.cause { sample in
        let at = sample.at
        sample = all
        sample.at = at
      }
    }
    all.inFlight = 1
    #expect(judge() == .timeouts)
    all.lacking = 3
    #expect(judge() == .peersIncomplete)
    all.buffered = 1
    #expect(judge() == .waitingForBlock)
    all.late = [.chunk: 3]
    #expect(judge() == .timeouts)
    all.refused = 3
    #expect(judge() == .proofsFail)
    all.connected = 0
    #expect(judge() == .noPeers)
    all.forwarded = 1
    #expect(judge() == .localWork)
  }

  @Test func onlyWhatHappenedSinceTheLastMovement_shouldCount() {
    var core = StallCore(patience: .seconds(15))
    _ = core.add(
      Self.sample(0) {
        $0.refused = 9
        $0.late = [.chunk: 4, .trieDiff: 5]
      })
    let change = core.add(
      Self.sample(20) {
        $0.refused = 9
        $0.late = [.chunk: 4, .trieDiff: 5]
        $0.buffered = 1
      })
    #expect(change == .detected(.waitingForBlock, since: .start))
  }

  @Test func stall_shouldBeToldOnce_andEndWithMovement() {
    var core = StallCore(patience: .seconds(10))
    var told: [StallCore.Change] = []
    for second in Int64(0)...60 {
      let change = core.add(
        Self.sample(second) {
          $0.late = [.chunk: 1]
          $0.mark = second < 40 ? 1 : Int(second)
          $0.inFlight = 1
        })
      if let change { told.append(change) }
    }
    #expect(told.count == 2)
    guard told.count == 2, case .detected = told[0] else { return }
    #expect(told[1] == .resolved(.timeouts, duration: .seconds(40)))
  }

  @Test func anotherCause_shouldBeTold_whenItLasts() {
    var core = StallCore(patience: .seconds(10))
    var told: [Blocker] = []
    for second in Int64(0)...60 {
      let change = core.add(
        Self.sample(second) {
          // Peers flicker for a moment at 20 s, and are gone from 30 s on.
          $0.connected = second == 20 || second >= 30 ? 0 : 3
          $0.buffered = 1
        })
      if case .detected(let cause, _)? = change { told.append(cause) }
    }
    #expect(told == [.waitingForBlock, .noPeers])
  }

  @Test func nothing_shouldBeTold_whenThereIsNoWork() {
    var core = StallCore(patience: .seconds(1))
    for second in Int64(0)...60 {
      #expect(
        core.add(
          Self.sample(second) {
            $0.isDone = true
            $0.connected = 0
          }) == nil)
    }
    #expect(core.blocker(Self.sample(61) { $0.isDone = true }) == nil)
  }

  @Test func stalled_shouldBeSaid_fromTheStallToTheNextMovement() {
    var core = StallCore(patience: .seconds(10))
    var stalled: [Int64] = []
    for second in Int64(0)...30 {
      _ = core.add(Self.sample(second) { $0.mark = second < 25 ? 1 : 2 })
      if core.isStalled { stalled.append(second) }
    }
    #expect(stalled == Array(10..<25))
  }

  @Test func answersOnTheirWay_shouldBeNoBlocker() {
    var core = StallCore(patience: .seconds(10))
    _ = core.add(Self.sample(0))
    #expect(core.blocker(Self.sample(1) { $0.inFlight = 3 }) == nil)
    #expect(core.blocker(Self.sample(1) { $0.connected = 0 }) == .noPeers)
  }
}
