import LiveSync
import Networking
import Runtime
import Testing

/// Requests that are asked of a second peer when an answer is overdue.
@Suite struct HedgedRequestTests {
  typealias Limits = LiveSyncLimits

  /// One request and what all of its kind have in common.
  struct Harness {
    var memory = RequestMemory()
    var request: HedgedRequest
    var peers: RankedPeers

    init(peers count: Int = 8, triesMin: Int = 1, delay: Duration? = .milliseconds(100)) {
      peers = RankedPeers(prompt: (0..<count).map { PeerID(UInt32($0)) })
      request = HedgedRequest(
        tries: RequestTries(first: nil, triesMin: triesMin, triesMax: Limits.peersMax),
        hedgeDelay: delay)
    }

    /// A further request of the same kind.
    mutating func renew() {
      request = HedgedRequest(
        tries: RequestTries(first: nil, triesMin: 1), hedgeDelay: .milliseconds(100))
    }
    mutating func start() -> [UInt32] { request.start(peers, &memory).asked }
    mutating func look(_ attempt: Int) -> [HedgedRequest.Action] {
      request.lookDue(attempt, peers, &memory)
    }
    mutating func fail(_ attempt: Int, _ failure: HedgedRequest.Failure = .noAnswer) -> [UInt32] {
      request.failed(attempt, failure, peers, &memory).asked
    }
    mutating func answer(_ attempt: Int, after time: Duration = .milliseconds(20)) -> [UInt32] {
      request.answered(attempt, after: time, &memory).map(\.number)
    }
  }

  @Test func nextPeer_shouldBeAsked_whenAnAnswerIsOverdue() {
    var harness = Harness()
    let first = harness.request.start(harness.peers, &harness.memory)
    #expect(
      first == [.ask(PeerID(0), attempt: 1), .look(after: .milliseconds(100), attempt: 1)])
    #expect(harness.look(1).asked == [1])
    // Whoever was asked before the one that answers is late, and nobody else.
    #expect(harness.look(2).asked == [2])
    #expect(harness.answer(2) == [0])
  }

  @Test func answeredTry_shouldNotBeHedged() {
    var harness = Harness()
    #expect(harness.start() == [0])
    #expect(harness.fail(1) == [1])
    #expect(harness.look(1).isEmpty)
    #expect(harness.request.openCount == 1)
  }

  @Test func openTries_shouldBeBounded() {
    var harness = Harness()
    _ = harness.start()
    for attempt in 1..<Limits.openTriesMax { #expect(harness.look(attempt).asked.count == 1) }
    #expect(harness.request.openCount == Limits.openTriesMax)
    #expect(harness.look(1).isEmpty && harness.look(Limits.openTriesMax).isEmpty)
    // One that fails makes room for one.
    #expect(harness.fail(1).count == 1)
    #expect(harness.request.openCount == Limits.openTriesMax)
  }

  @Test func secondRequests_shouldRunOut_whenTheFirstAnswersComeAnyway() {
    var harness = Harness()
    for _ in 0..<Limits.hedgesMax {
      _ = harness.start()
      #expect(harness.look(1).asked.count == 1)
      #expect(harness.answer(1).isEmpty)
      harness.renew()
    }
    // Half a request has come in meanwhile, with five answers.
    _ = harness.start()
    #expect(harness.look(1) == [.look(after: .milliseconds(100), attempt: 1)])
    for _ in 0..<(Limits.answersPerHedge / 2) { _ = harness.answer(1) }
    #expect(harness.look(1).asked.count == 1)
  }

  @Test func secondRequests_shouldCostNothing_whenTheyAreAnsweredFirst() {
    var harness = Harness()
    for _ in 0..<50 {
      let first = harness.start()
      #expect(harness.look(1).asked.count == 1)
      #expect(harness.answer(2) == first)
      harness.renew()
    }
  }

  @Test func nobody_shouldBeAskedTwice_whileOthersMayAnswer() {
    var harness = Harness(peers: 2, triesMin: 4)
    #expect(harness.start() == [0])
    #expect(harness.look(1).asked == [1])
    #expect(harness.look(1).isEmpty && harness.fail(2).isEmpty)
    #expect(!harness.request.isOver)
    #expect(harness.fail(1) == [0])
  }

  @Test func request_shouldBeOver_whenAllHaveFailed() {
    var harness = Harness(peers: 3)
    #expect(harness.start() == [0])
    #expect(harness.fail(1) == [1] && harness.fail(2) == [2] && harness.fail(3).isEmpty)
    #expect(harness.request.isOver && harness.request.count == 3)
    var lonely = Harness(peers: 0)
    #expect(lonely.start().isEmpty && lonely.request.isOver && lonely.request.count == 0)
  }

  @Test func requestThatWasNotSent_shouldWaitAMoment() {
    var harness = Harness()
    _ = harness.start()
    let actions = harness.request.failed(1, .notSent, harness.peers, &harness.memory)
    #expect(actions == [.pause] && !harness.request.isOver)
    let next = harness.request.pauseOver(harness.peers, &harness.memory)
    #expect(next.asked.count == 1)
  }

  @Test func answers_shouldNeverBeOverdue_whenNothingIsHedged() {
    var harness = Harness(delay: nil)
    #expect(harness.request.start(harness.peers, &harness.memory) == [.ask(PeerID(0), attempt: 1)])
    #expect(harness.look(1).isEmpty)
  }

  @Test func delay_shouldFollowTheAnswers_betweenItsLimits() {
    var memory = RequestMemory()
    #expect(memory.hedgeDelay == Limits.hedgeDelayFirst)
    for _ in 0..<Limits.latenciesMin { memory.answered(after: .milliseconds(1), isHedge: false) }
    #expect(memory.hedgeDelay == Limits.hedgeDelayMin)
    // Of so many answers the slowest twentieth does not count, and the oldest are forgotten.
    for _ in 0..<Limits.latenciesMax { memory.answered(after: .seconds(2), isHedge: false) }
    #expect(memory.hedgeDelay == .seconds(2))
    for _ in 0..<(Limits.latenciesMax * 96 / 100) {
      memory.answered(after: .milliseconds(300), isHedge: false)
    }
    #expect(memory.hedgeDelay == .milliseconds(300))
  }

  @Test func timeout_shouldGrow_whileNobodyAnswersInTime() {
    var harness = Harness(peers: 100)
    _ = harness.start()
    var timeouts: [Duration] = []
    for attempt in 1...6 {
      timeouts.append(harness.memory.timeout(.seconds(5)))
      _ = harness.fail(attempt, .late)
    }
    let longest = Duration.seconds(5) * Limits.timeoutGrowthMax
    #expect(timeouts == [5, 10, 20, 40, 80, 80].map { min(.seconds($0), longest) })
    _ = harness.answer(7)
    #expect(harness.memory.timeout(.seconds(5)) == .seconds(5))
  }

  @Test func urgentRequests_shouldCount_fromTheOldestThatIsNotDoubtful() {
    var urgent = UrgentRequests()
    func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }
    #expect(urgent.longestWait(at: at(1)) == .zero)
    let first = urgent.begin(at: at(1))
    let second = urgent.begin(at: at(3))
    #expect(urgent.longestWait(at: at(4)) == .seconds(3))
    urgent.end(first)
    urgent.end(first)
    #expect(urgent.longestWait(at: at(4)) == .seconds(1))
    urgent.end(second)
    #expect(urgent.longestWait(at: at(9)) == .zero)
  }
}

extension [HedgedRequest.Action] {
  /// Those that are asked, in order.
  fileprivate var asked: [UInt32] {
    compactMap { if case .ask(let peer, _) = $0 { peer.number } else { nil } }
  }
}
