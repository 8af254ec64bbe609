import EventLog
import Simulation
import Testing

/// Forecasts of whole nodes in scenario `race`, held against what came.
@Suite struct ForecastSweepTests {
  private func run(_ changes: [String], seed: UInt64) throws -> SimulationReport {
    var scenario = try Scenario.named("race")
    for change in changes { try scenario.set(change) }
    return try SimulationRun(scenario, seed: seed, evenIfUnwinnable: true).run(
      identity: RunIdentity(commit: "test", toolchain: "test", mode: "test"))
  }

  @Test(arguments: zip([50, 100, 200], [3, 1, 2] as [UInt64]))
  func forecasts_shouldBeWithin15Percent_whereTheStateIsCompleted(
    transactions: Int, seed: UInt64
  ) throws {
    let report = try run(["transactions_per_block=\(transactions)"], seed: seed)
    #expect(report.completeAfterNanoseconds != nil, "seed \(seed)")
    let error = try #require(report.forecastErrorPerMille, "seed \(seed)")
    #expect(error <= SyncFigures.forecastErrorPerMille, "seed \(seed)")
    #expect(report.forecasts.judged.allSatisfy { $0.forecast == .converges }, "seed \(seed)")
  }

  @Test func forecasts_shouldSayThatItWillNotFinish_whereItDoesNot() throws {
    let report = try run(["transactions_per_block=350", "time_limit_s=110"], seed: 1)
    #expect(report.completeAfterNanoseconds == nil)
    #expect(report.forecasts.judged.count > 3)
    #expect(report.forecasts.judged.allSatisfy { $0.forecast == .diverges })
  }
}
