import Messages
import Networking
import Peers
import Runtime
import Testing

/// What the requests of one kind, and the urgent ones of all kinds, have in common.
@Suite struct RequestMemoryTests {

  @Test func patience_shouldFollowTheAnswersOfTheKind() {
    var memory = RequestMemory()
    let pace = AnswerPace()
    func patience() -> Duration {
      pace.patience(.trieDiff, bytes: 0, usual: memory.longTime, at: .start)
    }
    #expect(patience() == PeerLimits.patienceFirst)
    for _ in 0..<PeerLimits.latenciesMin { memory.answered(after: .seconds(3), isHedge: false) }
    #expect(patience() == .seconds(6))
  }

  @Test func memory_shouldKnowWhoAnsweredSince() {
    var memory = RequestMemory()
    let limit = PeerLimits.peersMax
    for number in 0...limit {
      memory.heard(PeerID(UInt32(number)), at: Moment(nanoseconds: Int64(number) + 1))
    }
    #expect(!memory.hasHeard(PeerID(0), since: .start))
    #expect(memory.hasHeard(PeerID(1), since: Moment(nanoseconds: 1)))
    #expect(!memory.hasHeard(PeerID(1), since: Moment(nanoseconds: 2)))
  }

  @Test func delay_shouldFollowTheAnswers_betweenItsLimits() {
    var memory = RequestMemory()
    #expect(memory.hedgeDelay == PeerLimits.hedgeDelayFirst)
    for _ in 0..<PeerLimits.latenciesMin {
      memory.answered(after: .milliseconds(1), isHedge: false)
    }
    #expect(memory.hedgeDelay == PeerLimits.hedgeDelayMin)
    // Of so many answers the slowest twentieth does not count, and the oldest are forgotten.
    for _ in 0..<PeerLimits.latenciesMax { memory.answered(after: .seconds(2), isHedge: false) }
    #expect(memory.hedgeDelay == .seconds(2))
    for _ in 0..<(PeerLimits.latenciesMax * 96 / 100) {
      memory.answered(after: .milliseconds(300), isHedge: false)
    }
    #expect(memory.hedgeDelay == .milliseconds(300))
  }

  @Test func secondRequests_shouldBeSoonerAndMore_whereMessagesAreLost() {
    var memory = RequestMemory()
    for second in 1...100 { memory.answered(after: .seconds(second), isHedge: false) }
    #expect(memory.hedgeDelay == .seconds(96))
    while memory.takeHedge() {}
    #expect(memory.looksBeforeResend == PeerLimits.looksBeforeResend)
    for _ in 0..<100 { memory.asked() }
    #expect(!memory.takeHedge() && !memory.mayAwait(oneMoreThan: PeerLimits.openTriesMax))
    // One lost for four that are answered: so it is in what three quarters have come after.
    for index in 0..<100 { memory.losses.add(isLost: index % 5 == 0) }
    #expect(memory.losses.percentPerAnswer == 25 && !memory.losses.areMany)
    #expect(memory.hedgeDelay == .seconds(76))
    #expect(memory.looksBeforeResend == 1)
    for _ in 0..<5 { memory.asked() }
    #expect(memory.takeHedge() && !memory.takeHedge())
    // Most of many tries are lost, so that more may be on their way, but never too many.
    #expect(memory.mayAwait(oneMoreThan: PeerLimits.openTriesMax))
    #expect(!memory.mayAwait(oneMoreThan: PeerLimits.requestTriesMax))
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
