import EventLog
import Simulation
import Testing

/// What is said of a run that failed.
@Suite struct FailureReportTests {
  /// All peers are silent until there is no time left; the other faults do not matter.
  private static func plan() throws -> FaultPlan {
    var world = PlannedFaultClassTests.world()
    world.timeLimitSeconds = 40
    let silent = (1...4).map {
      PlannedFault("silent", start: 3_000 + $0, duration: 36_500, node: $0)
    }
    let others = [
      PlannedFault("latency", start: 4_500, duration: 900, node: 1, amount: 60),
      PlannedFault("rebranch", start: 5_000, amount: 2),
      PlannedFault("duplicate", start: 5_100, duration: 800, peer: 2, amount: 200_000),
      PlannedFault("hurry", start: 6_000, amount: 2),
    ]
    return try FaultPlan(seed: 3, scenario: world, faults: silent + others)
  }

  @Test func aFailure_shouldBeReported_withItsCause() throws {
    let plan = try Self.plan()
    let failure = try #require(FailureReport(of: plan, identity: PlannedFaultClassTests.identity))
    #expect(failure.report.verdict == .liveness)
    #expect(failure.shrunk.plan.faults.map(\.kind) == [String](repeating: "silent", count: 4))
    #expect(FailureClass(failure.shrunk.report) == FailureClass(failure.report))
    #expect(failure.events.count == SimulationLimits.reportedEventsMax)
    #expect(failure.events.allSatisfy { $0.contains(" s0 ") || $0.contains(" p") })
    let blocks = failure.shrunk.report.blockTree
    #expect((3...SimulationLimits.shownBlocksMax).contains(blocks.count))
    #expect(blocks.contains { $0.contains("its head") })
    let text = failure.text(replay: "A B", replayShrunk: "C D", open: "E F")
    for part in [
      "FAIL  liveness  L1: not done after 40 s", "4 of 8 needed", "\"fault\": \"silent\"",
      "replay      A B", "smallest    C D", "open        E F", "@Test func planned_shouldPass()",
      "let plan = try FaultPlan(json: Array(#\"\"\"",
    ] {
      #expect(text.contains(part), "\(part) is not in:\n\(text)")
    }
  }

  @Test func aRunThatPasses_shouldHaveNoReport() throws {
    let plan = try FaultPlan(seed: 3, scenario: PlannedFaultClassTests.world(), faults: [])
    #expect(FailureReport(of: plan, identity: PlannedFaultClassTests.identity) == nil)
  }
}
