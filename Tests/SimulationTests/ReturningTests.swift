import EventLog
import Simulation
import StateReconciliation
import Testing

/// A node comes back with an old state in a simulated network.
@Suite struct ReturningTests {
  /// The rows of a run about how the node came back, and the report.
  private func run(
    seed: UInt64 = 1, _ change: (inout Scenario) -> Void
  ) throws -> (rows: [String], report: SimulationReport) {
    var scenario = try Scenario.named("returning")
    scenario.accounts = 6_000
    change(&scenario)
    var rows: [String] = []
    let report = try SimulationRun(scenario, seed: seed).run(
      identity: RunIdentity(commit: "", toolchain: "", mode: ""),
      line: { row in if row.contains("returning.") { rows.append(row) } })
    #expect(report.verdict == .pass, "\(report.reason)")
    return (rows, report)
  }

  @Test(arguments: [0, 1, 2, 3]) func node_shouldComeBack_byEachWay(_ way: Int) throws {
    let (rows, report) = try run { $0.returnWay = way }
    let name = ["sketch", "sketch", "descent", "chunks"][way]
    #expect(rows.first?.contains("by \(name),") == true, "\(rows)")
    #expect(rows.contains { $0.contains("by \(name): ") } == (way != 3), "\(rows)")
    #expect((report.chunksAccepted == 0) == (way != 3))
    // It says so in words.
    let line = try #require(report.text.split(separator: "\n").first { $0.hasPrefix("state ") })
    let words = way == 3 ? "  complete after " : "old; brought to the present by \(name) after "
    #expect(line.contains(words) && !line.contains("never"), "\(line)")
    #expect(report.json().contains("\"carried_by\":\"\(name)\"") == (way != 3))
  }

  @Test(arguments: [LiarKind.wrongSymbols, .wrongAccount])
  func liars_shouldCostTheirSketchAlone(_ kind: LiarKind) throws {
    let (rows, _) = try run {
      $0.nodes = 5
      $0.liars = [kind, kind, kind]
    }
    #expect(rows.contains { $0.contains("returning.carried") }, "\(rows)")
  }

  @Test func liarOfSubtrees_shouldBeBanned_andOthersGiveTheRest() throws {
    let (rows, report) = try run {
      $0.nodes = 5
      $0.liars = [.wrongSubtree]
      $0.returnWay = 2
    }
    #expect(report.banned == [1])
    #expect(rows.contains { $0.contains("by descent: ") }, "\(rows)")
  }
}
