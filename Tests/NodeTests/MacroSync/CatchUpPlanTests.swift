import Node
import Runtime
import Testing

@Suite struct CatchUpPlanTests {
  static func facts(_ change: (inout CatchUpFacts) -> Void) -> CatchUpFacts {
    var facts = CatchUpFacts(
      blocks: 100, bytesPerBlock: 10_000, blocksKept: 1_000, heldItems: 1_000_000,
      bytesPerItem: 100, bytesPerSecond: 1_000_000, roundTrip: .milliseconds(100))
    change(&facts)
    return facts
  }

  @Test func cheaperWay_shouldBeTaken() {
    // A hundred blocks: 1 MB, but 20 round trips; the state: 100 MB.
    let plan = CatchUpPlan(Self.facts { _ in })
    #expect(plan.way == .blocks)
    #expect(plan.blocksTime == .seconds(2) && plan.chunksTime == .milliseconds(100_100))
    #expect(CatchUpPlan(Self.facts { $0.heldItems = 10_000 }).way == .chunks)
    #expect(CatchUpPlan(Self.facts { $0.bytesPerBlock = 2_000_000 }).way == .chunks)
    #expect(CatchUpPlan(Self.facts { $0.roundTrip = .seconds(20) }).way == .chunks)
    #expect(
      CatchUpPlan(
        Self.facts {
          $0.roundTrip = .seconds(20)
          $0.blocksAtOnce = 64
        }
      ).way == .blocks)
  }

  @Test func choice_shouldTurnOnce_whenTheNodeIsFurtherBehind() {
    var last = CatchUpPlan.Way.blocks
    var turns = 0
    for blocks in stride(from: 0, through: 20_000, by: 50) {
      let way = CatchUpPlan(
        Self.facts {
          $0.blocks = blocks
          $0.blocksKept = .max
        }
      ).way
      if way != last { turns += 1 }
      last = way
    }
    #expect(turns == 1 && last == .chunks)
  }

  @Test func state_shouldBeFetchedAnew_whenNobodyKeepsTheDiffs() {
    #expect(CatchUpPlan(Self.facts { $0.blocks = 1_000 }).way == .blocks)
    #expect(CatchUpPlan(Self.facts { $0.blocks = 1_001 }).way == .chunks)
  }

  @Test func nothing_shouldBeKept_whenNothingIsHeld() {
    #expect(
      CatchUpPlan(
        Self.facts {
          $0.heldItems = 0
          $0.blocks = 1
        }
      ).way == .chunks)
  }

  @Test func oddFacts_shouldGiveAnAnswer() {
    let plan = CatchUpPlan(
      Self.facts {
        $0.bytesPerSecond = 0
        $0.blocks = -5
        $0.heldItems = .max
        $0.roundTrip = .seconds(-1)
      })
    #expect(plan.blocksTime == .zero && plan.chunksTime > .seconds(1_000_000))
  }
}
