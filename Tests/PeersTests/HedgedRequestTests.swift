import Networking
import Peers
import Runtime
import Testing

/// Requests that are asked of a second peer when an answer is overdue.
@Suite struct HedgedRequestTests {

  /// One request and what all of its kind have in common.
  struct Harness {
    var memory = RequestMemory()
    var request: HedgedRequest
    var peers: RankedPeers

    init(peers count: Int = 8, slow: Int = 0, triesMin: Int = 1, isPatient: Bool = true) {
      let all = (0..<count).map { PeerID(UInt32($0)) }
      peers = RankedPeers(prompt: all.dropLast(slow), slow: all.suffix(slow))
      request = HedgedRequest(
        tries: RequestTries(first: nil, triesMin: triesMin, triesMax: PeerLimits.peersMax),
        hedgeDelay: .milliseconds(100), isPatient: isPatient)
    }

    var isOver: Bool { request.isOver(peers) }
    /// The peer is known to be late from now on.
    mutating func demote(_ number: UInt32) {
      peers.prompt.removeAll { $0.number == number }
      peers.slow.append(PeerID(number))
    }

    /// Second requests in stock, which are taken.
    var stock: Int {
      mutating get {
        var count = 0
        while memory.takeHedge() { count += 1 }
        return count
      }
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
    mutating func again() -> [UInt32] { request.againDue(peers).asked }
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
    #expect(harness.look(7).isEmpty)
    #expect(harness.request.openCount == 1)
  }

  @Test func openTries_shouldBeBounded() {
    var harness = Harness()
    _ = harness.start()
    for attempt in 1..<PeerLimits.openTriesMax { #expect(harness.look(attempt).asked.count == 1) }
    #expect(harness.request.openCount == PeerLimits.openTriesMax)
    #expect(harness.look(1).asked.isEmpty && harness.look(PeerLimits.openTriesMax).asked.isEmpty)
    // One that fails makes room for one.
    #expect(harness.fail(1).count == 1)
    #expect(harness.request.openCount == PeerLimits.openTriesMax)
  }

  @Test func secondRequests_shouldRunOut_whenTheFirstAnswersComeAnyway() {
    var harness = Harness()
    for _ in 0..<PeerLimits.hedgesMax {
      _ = harness.start()
      #expect(harness.look(1).asked.count == 1)
      #expect(harness.answer(1).isEmpty)
      harness.renew()
    }
    // Half a request has come in meanwhile, with five answers.
    _ = harness.start()
    #expect(harness.look(1) == [.look(after: .milliseconds(100), attempt: 1)])
    for _ in 0..<(PeerLimits.answersPerHedge / 2) { _ = harness.answer(1) }
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
    #expect(harness.look(1).asked.isEmpty && harness.fail(2).isEmpty)
    #expect(!harness.isOver)
    #expect(harness.fail(1) == [0])
  }

  @Test func request_shouldBeOver_whenAllHaveFailed() {
    var harness = Harness(peers: 3)
    #expect(harness.start() == [0])
    #expect(harness.fail(1) == [1] && harness.fail(2) == [2] && harness.fail(3).isEmpty)
    #expect(harness.isOver && harness.request.count == 3)
    var lonely = Harness(peers: 0)
    #expect(lonely.start().isEmpty && lonely.isOver && lonely.request.count == 0)
  }

  @Test func requestThatWasNotSent_shouldWaitAMoment() {
    var harness = Harness()
    _ = harness.start()
    let actions = harness.request.failed(1, .notSent, harness.peers, &harness.memory)
    #expect(actions == [.pause] && !harness.isOver)
    let next = harness.request.pauseOver(harness.peers, &harness.memory)
    #expect(next.asked.count == 1)
  }

  // MARK: Peers that do not have it yet, and silent ones

  @Test func lackingPeer_shouldBeAskedAgainSoon_whoeverElseIsAwaited() {
    var harness = Harness(peers: 3)
    #expect(harness.start() == [0])
    #expect(harness.look(1).asked == [1])
    // Peer 1 denies it while peer 0 says nothing; so does peer 2.
    var actions = harness.request.failed(2, .notYet, harness.peers, &harness.memory)
    #expect(actions.asked == [2] && actions.pauses == [.milliseconds(100)])
    #expect(harness.fail(3, .notYet).isEmpty)
    // Each in turn, at growing distances that end at a limit, for as long as peer 0 is awaited.
    var pauses: [Duration] = []
    for (round, peer) in [1, 2, 1, 2, 1, 2].enumerated() {
      #expect(harness.again() == [UInt32(peer)], "\(round)")
      actions = harness.request.failed(4 + round, .notYet, harness.peers, &harness.memory)
      pauses += actions.pauses
    }
    #expect(pauses.first == .milliseconds(200) && pauses.max() == PeerLimits.notYetPauseMax)
    #expect(
      zip(pauses, pauses.dropFirst()).allSatisfy { $1 == min($0 * 2, PeerLimits.notYetPauseMax) })
    #expect(!harness.isOver)
    #expect(harness.again() == [1] && harness.answer(10) == [0])
  }

  @Test func patientRequest_shouldAskAgain_beforeItFails() {
    var harness = Harness(peers: 2)
    #expect(harness.start() == [0])
    #expect(harness.fail(1, .notYet) == [1] && harness.fail(2, .notYet).isEmpty)
    for repeated in 0..<PeerLimits.notYetRepeatsMin {
      #expect(!harness.isOver)
      #expect(harness.again().count == 1)
      #expect(harness.fail(3 + repeated, .notYet).isEmpty)
    }
    #expect(harness.isOver)
    // One that lets others pass fails at once, and is made again after a pause.
    var round = Harness(peers: 2, isPatient: false)
    _ = round.start()
    #expect(round.fail(1, .notYet) == [1] && !round.isOver)
    #expect(round.fail(2, .notYet).isEmpty && round.isOver && round.request.isLacking)
  }

  @Test func round_shouldNotWaitForPeersThatAreKnownToBeLate() {
    var harness = Harness(peers: 4, slow: 2, isPatient: false)
    #expect(harness.start() == [0])
    #expect(harness.fail(1, .notYet) == [1])
    // Those who may know are asked out; one that is late is asked, and not awaited.
    #expect(harness.fail(2, .notYet) == [2] && harness.isOver)
    // Where nobody else is, it is.
    var lonely = Harness(peers: 2, slow: 2, isPatient: false)
    #expect(lonely.start() == [0] && !lonely.isOver)
    #expect(lonely.fail(1, .late) == [1] && !lonely.isOver)
    #expect(lonely.fail(2, .late).isEmpty && lonely.isOver)
  }

  @Test(arguments: [HedgedRequest.Failure.notYet, .noAnswer])
  func round_shouldEnd_afterSoManyDenials(denial: HedgedRequest.Failure) {
    var harness = Harness(peers: 60, isPatient: false)
    _ = harness.start()
    for attempt in 1..<PeerLimits.diffDenialsMax {
      #expect(harness.fail(attempt, denial).count == 1 && !harness.isOver)
    }
    _ = harness.fail(PeerLimits.diffDenialsMax, denial)
    #expect(harness.isOver && harness.request.count == PeerLimits.diffDenialsMax + 1)
  }

  @Test func emptyStock_shouldNotHoldUpARequest_whenOnlyLatePeersAreAwaited() {
    var harness = Harness(peers: 8)
    for _ in 0..<PeerLimits.hedgesMax { _ = harness.memory.takeHedge() }
    #expect(harness.start() == [0])
    #expect(harness.look(1).asked.isEmpty)
    harness.demote(0)
    #expect(harness.look(1).asked == [1])
    harness.demote(1)
    #expect(harness.look(2).asked == [2])
    // More of them than may be open otherwise.
    for number in 2..<UInt32(PeerLimits.openTriesMax + 2) {
      harness.demote(number)
      #expect(harness.look(Int(number) + 1).asked == [number + 1])
    }
    #expect(harness.request.openCount > PeerLimits.openTriesMax)
  }

  @Test func latePeers_shouldTakeNoPlace_besideThoseInTime() {
    var harness = Harness(peers: 8)
    #expect(harness.start() == [0])
    #expect(harness.look(1).asked == [1] && harness.look(1).asked == [2])
    #expect(harness.request.openCount == PeerLimits.openTriesMax && harness.look(1).asked.isEmpty)
    // Each that is found to be late makes room for one more, until those in time are enough.
    for late in UInt32(0)..<2 {
      harness.demote(late)
      #expect(harness.look(1).asked == [late + 3] && harness.look(1).asked.isEmpty)
    }
    #expect(harness.request.openCount == PeerLimits.openTriesMax + 2)
  }

  @Test func lackingPeer_shouldNotBeAskedAgain_whileItIsAwaited() {
    var harness = Harness(peers: 1)
    #expect(harness.start() == [0])
    for _ in 1..<PeerLimits.looksBeforeResend { _ = harness.look(1) }
    #expect(harness.look(1).asked == [0])
    // The first message says that it does not have it yet; the second one is still on its way.
    #expect(harness.fail(1, .notYet).isEmpty && harness.request.openCount == 1)
    #expect(harness.again().isEmpty && harness.request.openCount == 1)
    #expect(harness.fail(2, .notYet).isEmpty && !harness.isOver)
    #expect(harness.again() == [0])
  }

  @Test func request_shouldBeSentAgain_whenNobodyElseIsLeft() {
    var harness = Harness(peers: 1)
    #expect(harness.start() == [0])
    for _ in 1..<PeerLimits.looksBeforeResend {
      let actions = harness.look(1)
      #expect(actions == [.look(after: .milliseconds(100), attempt: 1)])
    }
    #expect(harness.look(1).asked == [0])
    // It was the first message that was lost, not the peer that was late.
    #expect(harness.answer(2).isEmpty)
    let isStocked = harness.memory.takeHedge()
    #expect(isStocked)
  }

  @Test func secondRequests_shouldBeGivenBack_forTriesThatWereNeverAnswered() {
    var harness = Harness(peers: 1, isPatient: true)
    let full = harness.stock
    #expect(full == PeerLimits.hedgesMax)
    _ = harness.start()
    _ = harness.fail(1, .late)
    let given = harness.stock
    #expect(given == 1)
    // An answer that is of no use was no lost message.
    harness.renew()
    _ = harness.start()
    _ = harness.fail(1, .noAnswer)
    let kept = harness.stock
    #expect(kept == 0)
  }

  @Test func peerThatAnswers_shouldBeAskedAgain_beforeThoseThatNeverDid() {
    var harness = Harness(peers: 6, isPatient: false)
    harness.peers.preferred = [PeerID(3)]
    #expect(harness.start() == [3])
    // It was late: better again it than one of whom nothing is known.
    #expect(harness.fail(1, .late) == [3])
    // Overdue, it may have lost the message: a few looks later it is sent once more.
    var asked: [UInt32] = []
    for _ in 0..<(2 * PeerLimits.looksBeforeResend) { asked += harness.look(2).asked }
    #expect(asked.contains(3), "\(asked)")
    #expect(asked.count(where: { $0 == 3 }) < PeerLimits.openTriesMax)
  }

  @Test func roundForWhatNobodyHas_shouldNotWaitForEachSilentPeer() {
    var harness = Harness(peers: 60, isPatient: false)
    harness.peers.preferred = [PeerID(0)]
    #expect(harness.start() == [0])
    var open = harness.fail(1, .notYet).count
    var attempt = 2
    while !harness.isOver, attempt < 60 {
      open += harness.look(attempt).asked.count
      attempt += 1
    }
    #expect(harness.isOver && open < PeerLimits.diffDenialsMax + PeerLimits.openTriesMax, "\(open)")
  }
}

extension [HedgedRequest.Action] {
  /// Those that are asked, in order.
  fileprivate var asked: [UInt32] {
    compactMap { if case .ask(let peer, _) = $0 { peer.number } else { nil } }
  }
  /// The times after which somebody is to be asked again.
  fileprivate var pauses: [Duration] {
    compactMap { if case .again(let pause) = $0 { pause } else { nil } }
  }
}
