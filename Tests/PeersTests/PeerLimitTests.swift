import EventLog
import LiveSync
import Networking
import Node
import Peers
import Primitives
import Runtime
import Testing

/// The limits of what is remembered of a peer and of its answers, each at its bound and beyond it.
@Suite struct PeerLimitTests {
  private static func moment(_ time: Duration, and nanoseconds: Int64 = 0) -> Moment {
    Moment(nanoseconds: time.wholeNanoseconds + nanoseconds)
  }

  private static func delivery(bytes: Int, taking time: Duration, at now: Moment) -> Delivery {
    Delivery(
      sentAt: Moment(nanoseconds: now.nanoseconds - time.wholeNanoseconds), arrivedAt: now,
      bytes: bytes, deliveredBytes: bytes, isShort: false, isAlone: true)
  }

  @Test func placesThatAPeerLacks_shouldBeBounded_inNumberAndTime() {
    var record = PeerRecord()
    let limit = LiveSyncLimits.lackingPlacesMax
    let keys = (0...limit).map { KeyNibbles(bytes: [UInt8($0)]) }
    for key in keys { record.lacks(key, at: .start) }
    #expect(!record.isLacking(keys[0], at: .start))
    #expect(keys.dropFirst().allSatisfy { record.isLacking($0, at: .start) })
    let end = LiveSyncLimits.lackingTime
    #expect(record.isLacking(keys[limit], at: Self.moment(end, and: -1)))
    #expect(!record.isLacking(keys[limit], at: Self.moment(end)))
  }

  @Test func peer_shouldPause_afterSoManyEmptyAnswersInARow() {
    var record = PeerRecord()
    for count in 1...LiveSyncLimits.emptyInRowMax {
      #expect(record.pausedUntil == .start, "\(count)")
      record.lacks(.empty, at: .start)
    }
    #expect(record.pausedUntil == Self.moment(LiveSyncLimits.emptyPauseFirst))
  }

  @Test func peer_shouldBeDemoted_atSoManyStrikes() {
    var record = PeerRecord()
    var strikes = 0
    while strikes < LiveSyncLimits.strikesForDemotion {
      #expect(record.demotion == nil, "\(strikes)")
      record.timedOut(at: .start)
      strikes += LiveSyncLimits.strikesForLate
    }
    #expect(record.demotion == .late)
  }

  /// Lateness is answered by patience until the peer answers again.
  @Test func patience_shouldNotStayDoubled_onceThePeerAnswered() {
    var record = PeerRecord()
    record.verified(
      Self.delivery(bytes: 100_000, taking: .seconds(1), at: Self.moment(.seconds(1))), items: 1,
      at: Self.moment(.seconds(1)))
    let usual = record.timeout(bytes: 100_000)
    record.timedOut(at: Self.moment(.seconds(2)))
    #expect(record.timeout(bytes: 100_000) == usual * 2)
    record.verified(
      Self.delivery(bytes: 100_000, taking: .seconds(1), at: Self.moment(.seconds(3))), items: 1,
      at: Self.moment(.seconds(3)))
    #expect(record.timeout(bytes: 100_000) <= usual)
  }

  @Test func nobody_shouldBeCalledSlow_beforeSoManyPeersAreMeasured() {
    var ledger = PeerLedger()
    let slow = PeerID(0)
    let now = Self.moment(.seconds(1))
    for number in 0..<LiveSyncLimits.ratedPeersMin {
      #expect(!ledger.isSlow(slow), "\(number)")
      let bytes = number == 0 ? 100 : 1_000_000
      ledger.verified(
        PeerID(UInt32(number)), Self.delivery(bytes: bytes, taking: .seconds(1), at: now), items: 1,
        at: now)
    }
    #expect(ledger.isSlow(slow))
  }

  @Test func rateAndRoundTrip_shouldBeBelieved_forTheirWindows() {
    var windows: [(window: Duration, value: (PeerRecord) -> Double?)] = []
    windows.append((PeerLimits.bandwidthWindow, { $0.bytesPerSecond }))
    windows.append((PeerLimits.roundTripWindow, { $0.roundTripNanoseconds }))
    for (window, value) in windows {
      for (late, isKept) in [(Int64(0), true), (1, false)] {
        var record = PeerRecord()
        let first = Self.moment(.seconds(1))
        record.verified(
          Self.delivery(bytes: 1_000_000, taking: .milliseconds(100), at: first), items: 1,
          at: first)
        let best = value(record)
        let then = Self.moment(.seconds(1) + window, and: late)
        record.verified(
          Self.delivery(bytes: 1_000, taking: .milliseconds(900), at: then), items: 1, at: then)
        #expect((value(record) == best) == isKept, "\(window), \(late)")
      }
    }
  }

  @Test func filter_shouldKeepSoManyCandidates() {
    var filter = WindowedFilter(.largest, window: .seconds(1_000))
    let limit = PeerLimits.filterSamplesMax
    for step in 0..<limit {
      filter.add(Double(1_000 - step), at: Self.moment(.seconds(step)))
      #expect(filter.value == 1_000, "\(step)")
    }
    filter.add(Double(1_000 - limit), at: Self.moment(.seconds(limit)))
    #expect(filter.value == 999)
  }

  @Test func partOfAnAnswer_shouldGrowSoMuchAtATime() {
    var size = PartSize(in: 1_000...1_000_000_000)
    size.came(1_000, after: .nanoseconds(1), roundTrip: nil)
    #expect(Double(size.bytes) == 1_000 * PeerLimits.partGrowthMax)
  }

  @Test func secondRequests_shouldBeKeptInStock_upToTheirLimit() {
    var memory = RequestMemory()
    for _ in 0..<1_000 { memory.answered(after: .milliseconds(10), isHedge: true) }
    var taken = 0
    while memory.takeHedge() { taken += 1 }
    #expect(taken == PeerLimits.hedgesMax)
  }

  @Test func otherCauseOfAStall_shouldBeTold_onceItLasted() {
    var core = StallCore(patience: .seconds(10))
    func sample(_ time: Duration, nanoseconds: Int64 = 0, waits: Bool) -> StallSample {
      var sample = StallSample()
      sample.at = Self.moment(time, and: nanoseconds)
      sample.connected = waits ? 1 : 0
      sample.peers = sample.connected
      sample.buffered = waits ? 1 : 0
      return sample
    }
    #expect(core.add(sample(.zero, waits: false)) == nil)
    #expect(core.add(sample(.seconds(10), waits: false)) == .detected(.noPeers, since: .start))
    #expect(core.add(sample(.seconds(11), waits: true)) == nil)
    let told = .seconds(11) + NodeLimits.stallCauseTime
    #expect(core.add(sample(told, nanoseconds: -1, waits: true)) == nil)
    #expect(core.add(sample(told, waits: true)) == .detected(.waitingForBlock, since: .start))
  }

  /// With as many wrong answers as late ones, the wrong ones are the cause: they were seen.
  @Test func stall_shouldBeTheProofs_whenAsManyAreWrongAsLate() {
    for (refused, cause) in [(1, Event.StallBlocker.timeouts), (2, .proofsFail)] {
      var core = StallCore(patience: .seconds(10))
      var sample = StallSample()
      sample.connected = 3
      sample.peers = 3
      #expect(core.add(sample) == nil)
      sample.at = Self.moment(.seconds(10))
      sample.late = [.chunk: 2]
      sample.refused = refused
      #expect(core.add(sample) == .detected(cause, since: .start))
    }
  }
}
