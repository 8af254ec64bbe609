import Simulation
import Testing

/// The scenarios that come from faults of other programs.
@Suite struct BugScenarioTests {
  static let names = Scenario.builtIn.filter { !$0.needs.isEmpty && $0.accounts < 10_000 }
    .map(\.name)

  @Test func scenarios_shouldSayWhatTheyComeFrom() {
    #expect(Self.names.count >= 16)
    for scenario in Scenario.builtIn {
      #expect(scenario.needs.isEmpty == scenario.bug.isEmpty, "\(scenario.name)")
    }
  }

  /// A pass says that the situation came about.
  @Test(arguments: names)
  func aScenario_shouldBringAboutWhatItIsThereFor(name: String) throws {
    let scenario = try Scenario.named(name)
    for seed in 1...2 as ClosedRange<UInt64> {
      let report = try SimulationRun(scenario, seed: seed).run(identity: CampaignTests.program)
      #expect(report.verdict == .pass, "\(name), seed \(seed): \(report.reason)")
    }
  }

  /// A scenario with planned faults is a plan.
  @Test func aScenarioWithFaults_shouldGiveTheLogOfItsPlan() throws {
    let scenario = try Scenario.named("old-journal")
    let own = try SimulationRunTests.run(scenario, seed: 2)
    let plan = try FaultPlan(json: Array(scenario.plan(seed: 2).json.utf8))
    #expect(plan.scenario.faults.isEmpty && plan.faults == scenario.faults)
    #expect(try PlannedFaultClassTests.run(plan).bytes == own.bytes)
    #expect(own.report.plannedFaults == 2)
    #expect(throws: ScenarioError.self) {
      try SimulationRun(scenario, seed: 2, transport: .realNetwork)
    }
  }

  @Test(arguments: Scenario.builtIn.filter { !$0.faults.isEmpty }.map(\.name))
  func aScenarioWithFaults_shouldBeVacuous_withoutThem(name: String) throws {
    var scenario = try Scenario.named(name)
    scenario.faults = []
    let report = try SimulationRun(scenario, seed: 1).run(identity: CampaignTests.program)
    #expect(report.verdict == .vacuous, "\(name): \(report.reason)")
    #expect(report.reason.contains("did not come about"), "\(name): \(report.reason)")
  }

  /// The store of an older program is refused by name, and its operator takes a new one.
  @Test func aStoreOfAnOlderFormat_shouldBeRefusedByName_untilItIsANewOne() throws {
    let report = try SimulationRun(Scenario.named("older-format"), seed: 1).run(
      identity: CampaignTests.program)
    #expect(report.verdict == .pass, "\(report.reason)")
    #expect(report.marks.reasons["restart older_format"] == 1)
    #expect(report.marks.marks["restart_refused"] == 1 && report.marks.marks["restart"] == 1)
  }

  /// The same world without what makes the situation does not pass for it.
  @Test(arguments: [
    ("silent-peer", "silent_peers"), ("reorg-under-pivot", "rebranch_at_percent"),
    ("kill-halfway", "kill_at_percent"), ("slow-drip", "slow_peers"),
    ("dial-only", "undialable_peers"),
  ])
  func aScenario_shouldBeVacuous_withoutItsSituation(name: String, key: String) throws {
    var scenario = try Scenario.named(name)
    try scenario.set(key, to: 0)
    scenario.forkPerMillion = 0
    let report = try SimulationRun(scenario, seed: 1).run(identity: CampaignTests.program)
    #expect(report.verdict == .vacuous && report.reason.contains("did not come about"))
  }
}
