import Locking
import Simulation
import Testing

/// Runs whose nodes have the whole transport, on simulated links.
@Suite struct RealNetworkTests {
  private static func run(
    _ scenario: Scenario, seed: UInt64
  ) throws -> (report: SimulationReport, bytes: [UInt8]) {
    let log = Lock<[UInt8]>([])
    let report = try SimulationRun(scenario, seed: seed, transport: .realNetwork).run(
      identity: SimulationRunTests.identity, log: { bytes in log.withLock { $0 += bytes } })
    return (report, log.withLock { $0 })
  }

  @Test(arguments: ["default", "restart", "wrong-value", "wrong-root", "churn"])
  func node_shouldCompleteAndFollow_overItsTransport(name: String) throws {
    let report = try Self.run(.named(name), seed: 2).report
    #expect(report.verdict == .pass, "\(report.reason)")
    #expect(report.nodeRoot == report.oracleRoot && report.nodeRoot == report.headerRoot)
    #expect(report.foreignJobs == 0 && report.comparisons > 10)
    #expect(report.bytesReceived > 0 && report.bytesSent > 0)
    let delivered = report.measurement?.peers.map(\.deliveredBytes) ?? []
    #expect(delivered.contains { $0 > 10_000 }, "\(delivered)")
  }

  @Test func node_shouldComplete_whenTheChainTurnsToAnotherBranch() throws {
    var scenario = try Scenario.named("forks")
    for change in ["rebranch_at_percent=50", "silent_peers=1", "slow_peers=1", "slow_factor=2"] {
      try scenario.set(change)
    }
    let report = try Self.run(scenario, seed: 1).report
    #expect(report.verdict == .pass, "\(report.reason)")
    #expect(report.rebranches > 0)
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func node_shouldFollow_whenNeitherItNorHalfOfItsPeersCanBeDialled(seed: UInt64) throws {
    let report = try Self.run(.named("dial-only"), seed: seed).report
    #expect(report.verdict == .pass, "\(report.reason)")
    let delivered = report.measurement?.peers.map(\.deliveredBytes) ?? []
    #expect(delivered.count == 4 && delivered.prefix(2).allSatisfy { $0 == 0 }, "\(delivered)")
    #expect(delivered.suffix(2).allSatisfy { $0 > 10_000 }, "\(delivered)")
  }

  @Test func log_shouldFollowFromTheSeed_andTellTheTransport() throws {
    let scenario = try Scenario.named("restart")
    let (first, again) = (try Self.run(scenario, seed: 3), try Self.run(scenario, seed: 3))
    #expect(first.bytes == again.bytes && first.report == again.report)
    #expect(String(decoding: first.bytes.prefix(4_000), as: UTF8.self).contains("real-network"))
    let other = try Self.run(scenario, seed: 4)
    #expect(first.bytes != other.bytes)
  }

  @Test func scenario_shouldBeRefused_whenNotAllCanBeConnected() throws {
    var scenario = try Scenario.named("plain")
    try scenario.set("nodes=33")
    #expect(throws: ScenarioError.self) {
      try SimulationRun(scenario, seed: 1, transport: .realNetwork)
    }
    _ = try SimulationRun(scenario, seed: 1, transport: .realCodec())
  }
}
