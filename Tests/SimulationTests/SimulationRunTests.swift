import EventLog
import Locking
import Networking
import Peers
import Primitives
import Reports
import SimulatedNetworking
import Simulation
import TestSupport
import Testing

@Suite struct SimulationRunTests {
  struct Outcome {
    let report: SimulationReport
    let records: [EventRecord]
    let bytes: [UInt8]
  }

  static let identity = RunIdentity(commit: "test", toolchain: "test", mode: "test")

  static func run(_ scenario: Scenario, seed: UInt64) throws -> Outcome {
    let log = Lock<[UInt8]>([])
    let report = try SimulationRun(scenario, seed: seed).run(
      identity: identity, log: { bytes in log.withLock { $0 += bytes } })
    let bytes = log.withLock { $0 }
    return Outcome(
      report: report, records: try EventLogReader.records(of: bytes, schema: .livesync),
      bytes: bytes)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func freshNode_shouldCompleteAndFollow_inTheDefaultScenario(seed: UInt64) throws {
    let report = try Self.run(.named("default"), seed: seed).report
    #expect(report.verdict == .pass, "seed \(seed): \(report.reason)")
    #expect(report.nodeRoot == report.headerRoot && report.nodeRoot == report.oracleRoot)
    #expect(report.foreignJobs == 0)
    #expect(report.chunksAccepted > 50 && report.diffsAccepted > 5)
    let measurement = try #require(report.measurement)
    #expect(measurement.limit.absenceNanoseconds >= 2_000_000_000, "it was killed for two seconds")
    #expect(measurement.ratioPerMille <= 1_300, "seed \(seed): \(measurement.ratioPerMille)")
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func node_shouldFillItsStateAnew_whenItComesBackTooLate(seed: UInt64) throws {
    let outcome = try Self.run(.named("restart"), seed: seed)
    #expect(outcome.report.verdict == .pass, "seed \(seed): \(outcome.report.reason)")
    #expect(outcome.report.nodeRoot == outcome.report.oracleRoot)
    let names = outcome.records.filter { $0.context.node == "s0" }.map(\.event.name)
    #expect(names.filter { $0 == "state.complete" }.count == 2, "seed \(seed)")
    #expect(names.contains("state.incomplete"), "seed \(seed)")
  }

  @Test(arguments: ["plain", "forks", "churn"], 1...2 as ClosedRange<UInt64>)
  func freshNode_shouldCompleteAndFollow(name: String, seed: UInt64) throws {
    let report = try Self.run(.named(name), seed: seed).report
    #expect(report.verdict == .pass, "\(name) seed \(seed): \(report.reason)")
    #expect(report.banned.isEmpty)
    if name == "forks" { #expect(report.rebranches > 3 && report.rebranchesWhileIncomplete > 0) }
    if name == "plain" { #expect(report.forks == 0 && report.rebranches == 0) }
  }

  /// The liar is the first peer; its lie and the reason must be in the log.
  @Test(arguments: [
    ("wrong-value", "chunk.rejected", "items_mismatch"),
    ("wrong-diff", "diff.rejected", "diff_root_mismatch"),
    ("wrong-root", "block.rejected", "state_root_mismatch"),
  ])
  func node_shouldEndWithoutTheLiar(name: String, event: String, reason: String) throws {
    let outcome = try Self.run(.named(name), seed: 1)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect(outcome.report.banned == [1])
    #expect(outcome.report.nodeRoot == outcome.report.oracleRoot)
    let lines = outcome.records.filter { $0.context.node == "s0" }
    let refusals = lines.filter { $0.event.name == event }.map { "\($0.event)" }
    #expect(refusals.contains { $0.contains(reason) && $0.contains("peer: ") }, "\(refusals)")
    #expect(lines.contains { $0.event == .peer(.banned(peer: PeerID(1), reason: reason)) })
  }

  @Test func logs_shouldDifferExactlyWhenTheSeedsDo() throws {
    var scenario = try Scenario.named("default")
    scenario.accounts = 300
    scenario.blocks = 50
    let first = try Self.run(scenario, seed: 5)
    #expect(try Self.run(scenario, seed: 5).bytes == first.bytes)
    #expect(try Self.run(scenario, seed: 6).bytes != first.bytes)
    #expect(first.report.logDigest == Sha256.hash(first.bytes))
  }

  @Test func aRun_shouldFail_whenItsTimeIsTooShort() throws {
    var scenario = try Scenario.named("restart")
    scenario.timeLimitSeconds = 150
    let report = try Self.run(scenario, seed: 1).report
    #expect(report.verdict == .liveness)
    #expect(report.reason.contains("not done after 150 s"))
  }

  @Test func aRun_shouldBeVacuous_whenALiarGetsNoChance() throws {
    var scenario = try Scenario.named("wrong-diff")
    // Blocks that change nothing need no diff, so nobody asks the liar for one.
    scenario.transactionsPerBlock = 0
    let report = try Self.run(scenario, seed: 1).report
    #expect(report.verdict == .vacuous)
    #expect(report.reason == "p1 got no chance to lie")
  }

  @Test func aRun_shouldBeVacuous_whenOneChunkIsTheWholeState() throws {
    var scenario = try Scenario.named("plain")
    scenario.accounts = 100
    scenario.chunkItems = 1_000
    scenario.strategy = .sequential
    #expect(try Self.run(scenario, seed: 1).report.verdict == .vacuous)
  }

  @Test func progress_shouldNeverGoBack() throws {
    var scenario = try Scenario.named("churn")
    scenario.accounts = 500
    var shown: [Int] = []
    _ = try SimulationRun(scenario, seed: 2).run(
      identity: Self.identity, progress: { shown.append($0.partsPerMillion) })
    #expect(shown == shown.sorted() && shown.last == 1_000_000)
  }
}
