import EventLog
import Simulation
import Testing

/// Plans as data: drawn, written, read, made smaller.
@Suite struct FaultPlanTests {
  /// The profiles that draw plans.
  enum Drawn: CaseIterable {
    case swarm
    case small

    func plan(_ seed: UInt64) -> FaultPlan {
      self == .swarm ? .swarm(seed: seed) : .small(seed: seed)
    }
  }

  @Test(arguments: 0...60 as ClosedRange<UInt64>, Drawn.allCases)
  func aDrawnPlan_shouldBeReadFromItsFileAsItIs(seed: UInt64, drawn: Drawn) throws {
    let plan = drawn.plan(seed)
    let read = try FaultPlan(json: Array(plan.json.utf8))
    #expect(read == plan)
    #expect(read.json == plan.json)
    #expect(plan == drawn.plan(seed))
  }

  @Test func aSmallWorld_shouldHaveTheFaultsOfALargeOne() {
    let plans = (0...800).map { FaultPlan.small(seed: $0) }
    let kinds = Set(plans.flatMap(\.faults).map(\.kind))
    #expect(kinds == Set(FaultClass.all.map(\.name)))
    #expect(plans.allSatisfy { $0.scenario.nodes <= 5 && $0.scenario.accounts <= 180 })
    #expect(plans.contains { $0.scenario.snapshotInterval > 0 })
    #expect(plans.contains { $0.scenario.joiners > 1 })
  }

  @Test func everyClass_shouldBeDrawnBySomeSeed_andSwitchedOffByMost() {
    let plans = (0...800).map { FaultPlan.swarm(seed: $0) }
    for kind in FaultClass.all {
      let count = plans.filter { plan in plan.faults.contains { $0.kind == kind.name } }.count
      #expect(count > 0 && count * 2 < plans.count, "\(kind.name): \(count)")
    }
    #expect(plans.contains { $0.faults.isEmpty })
    #expect(Set(plans.map(\.scenario.nodes)) == Set(4...9))
  }

  @Test(arguments: Drawn.allCases)
  func everyDrawnPlan_shouldLeaveAnHonestPeer(drawn: Drawn) {
    var mostLiars = 0
    for seed in 0...2_000 as ClosedRange<UInt64> {
      let plan = drawn.plan(seed)
      #expect(plan.disarmed == nil, "seed \(seed)")
      #expect(plan.reliablePeers.contains(plan.scenario.fullPeers), "seed \(seed)")
      if plan.liars.count == plan.scenario.fullPeers - 1 { mostLiars += 1 }
    }
    #expect(mostLiars > 20, "all peers but one lie in \(mostLiars) worlds")
  }

  private static let head = "{\"seed\": 1, \"scenario\": {}, \"faults\": [\n"

  @Test(arguments: [
    ("[]", "line 1, column 1: a plan is one object"),
    ("{\"seed\": -1}", "line 1, column 2: seed is no whole number from 0 on"),
    ("{\"seed\": 1}", "scenario is missing"),
    ("{\"scenario\": {}}", "seed is missing"),
    ("{\"seed\": 1, \"scenario\": {\n\"nodes\": 1}}", "line 2, column 1: scenario: nodes is 1"),
    ("{\"seed\": 1, \"faults\": 3}", "line 1, column 13: faults is no list"),
    ("{\"seed\": 1,\n\"speed\": 3}", "line 2, column 1: unknown key 'speed'"),
    (head + "3]}", "line 2, column 1: a fault is an object"),
    (head + "{}]}", "line 2, column 1: fault is missing"),
    (head + "{\"fault\": 3}]}", "line 2, column 2: fault is no text"),
    (head + "{\"fault\": \"loss\", \"speed\": 1}]}", "line 2, column 19: unknown key 'speed'"),
    (head + "{\"fault\": \"loss\", \"amount\": 1.5}]}", "line 2, column 19: amount is no whole"),
    (head + "{\"fault\": \"luck\"}]}", "line 2, column 2: fault 1: there is no fault 'luck'"),
    (
      head + "{\"fault\": \"loss\", \"peer\": 1, \"amount\": 0}]}",
      "line 2, column 30: fault 1: amount of 'loss' is 0, allowed is 1 to 1000000"
    ),
    (
      head + "{\"fault\": \"loss\", \"node\": 9, \"amount\": 1}]}",
      "line 2, column 19: fault 1: node of 'loss' is 9, allowed is 0 to 4"
    ),
    (
      head + "{\"fault\": \"loss\", \"amount\": 1}]}", "line 2, column 1: fault 1: 'loss' needs two"
    ),
    (
      head + "{\"fault\": \"hurry\", \"amount\": 2, \"duration_ms\": 5}]}",
      "line 2, column 33: fault 1: duration_ms of 'hurry' is 5, allowed is 0 to 0"
    ),
  ])
  func aWrongFile_shouldBeRefused_withPlaceAndKey(text: String, message: String) {
    let error = #expect(throws: FaultPlanError.self) { try FaultPlan(json: Array(text.utf8)) }
    #expect(error?.description.hasPrefix(message) == true, "\(text): \(error?.description ?? "")")
  }

  @Test func aPlan_shouldHaveFaults_upToALimit() throws {
    let fault = PlannedFault("rebranch_batch", start: 1)
    let most = [PlannedFault](repeating: fault, count: SimulationLimits.plannedFaultsMax)
    #expect(try FaultPlan(seed: 1, scenario: Scenario(), faults: most).faults.count == most.count)
    #expect(throws: FaultPlanError.self) {
      try FaultPlan(seed: 1, scenario: Scenario(), faults: most + [fault])
    }
    let latest = SimulationLimits.plannedMillisecondsMax
    #expect(throws: Never.self) {
      try FaultPlan(
        seed: 1, scenario: Scenario(), faults: [PlannedFault("rebranch_batch", start: latest)])
    }
    #expect(throws: FaultPlanError.self) {
      try FaultPlan(
        seed: 1, scenario: Scenario(), faults: [PlannedFault("rebranch_batch", start: latest + 1)])
    }
  }

  // MARK: Shrinking

  /// A made-up run that fails if both of two faults are there, or a third, which is something else.
  private static func verdict(_ plan: FaultPlan) -> SimulationReport {
    let starts = Set(plan.faults.map(\.start))
    if starts.isSuperset(of: [17, 61]) { return .made(.safety, "S4: planted") }
    return starts.contains(3) ? .made(.liveness, "L1: another") : .made(.pass, "")
  }

  @Test func shrinking_shouldFindAPlantedPair() throws {
    let faults = (0..<100).map { PlannedFault("rebranch_batch", start: $0) }
    let plan = try FaultPlan(seed: 5, scenario: Scenario(), faults: faults)
    var runs = 0
    var shrinker = try #require(
      PlanShrinker(plan) { plan in
        runs += 1
        return Self.verdict(plan)
      })
    let shrunk = shrinker.shrunk()
    #expect(shrunk.plan.faults.map(\.start) == [17, 61])
    #expect(shrunk.report.reason == "S4: planted")
    #expect(shrunk.runs == runs && runs <= SimulationLimits.shrinkRunsMax)
  }

  @Test func shrinking_shouldStopAtItsLimit_withWhatItHas() throws {
    let faults = (0..<500).map { PlannedFault("rebranch_batch", start: $0 % 7) }
    let plan = try FaultPlan(seed: 5, scenario: Scenario(), faults: faults)
    // Every single one is needed.
    var shrinker = try #require(
      PlanShrinker(plan) { plan in
        plan.faults.count == 500 ? .made(.safety, "S1: all") : .made(.pass, "")
      })
    let shrunk = shrinker.shrunk()
    #expect(shrunk.plan == plan)
    #expect(shrunk.runs == SimulationLimits.shrinkRunsMax)
  }

  @Test func aPlanThatPasses_shouldNotBeShrunk() throws {
    let plan = try FaultPlan(seed: 5, scenario: Scenario(), faults: [])
    #expect(PlanShrinker(plan) { _ in .made(.pass, "") } == nil)
    #expect(PlanShrinker(plan) { _ in .made(.vacuous, "") } == nil)
  }
}

extension SimulationReport {
  /// A report with this outcome.
  fileprivate static func made(_ verdict: Event.RunVerdict, _ reason: String) -> SimulationReport {
    var report = SimulationReport(of: Scenario(), seed: 5)
    report.verdict = verdict
    report.reason = reason
    return report
  }
}
