import EventLog
import LiveSync
import Peers
import Simulation
import Testing

/// A long macro chain, or one with many validators, is fetched over any line: in parts whose size
/// and patience follow what the line carries.
@Suite struct ThinLineTests {
  private static func run(
    accounts: Int, _ settings: [String: Int], strategy: SyncStrategy = .parallel, seed: UInt64
  ) throws -> SimulationRunTests.Outcome {
    var scenario = try Scenario.named("plain")
    scenario.accounts = accounts
    scenario.strategy = strategy
    for (key, value) in settings { try scenario.set(key, to: value) }
    return try SimulationRunTests.run(scenario, seed: seed)
  }

  private static let shortEpochs = [
    "blocks_per_batch": 4, "batches_per_epoch": 1, "transactions_per_block": 1,
  ]

  /// The macro chain has more than a mebibyte then.
  @Test(arguments: 1...2 as ClosedRange<UInt64>)
  func manyValidators_shouldGetNobodyBanned(seed: UInt64) throws {
    let settings = Self.shortEpochs.merging([
      "validators": 64, "slots": 512, "upload_bytes_per_s": 10_000_000, "join_at_block": 900,
      "time_limit_s": 1_000,
    ]) { $1 }
    let outcome = try Self.run(accounts: 100, settings, seed: seed)
    #expect(outcome.report.verdict == .pass, "seed \(seed): \(outcome.report.reason)")
    #expect(outcome.report.banned.isEmpty)
  }

  @Test func thinLine_shouldCarryTheMacroChainOnce_inParts() throws {
    let settings = Self.shortEpochs.merging([
      "download_bytes_per_s": 20_000, "join_at_block": 800, "time_limit_s": 1_200,
    ]) { $1 }
    let outcome = try Self.run(accounts: 300, settings, seed: 1)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    let answers = outcome.records.compactMap { record -> Int? in
      if case Event.Request.ended("macro_chain", _, .answered, let bytes, _) = record.event.group {
        record.context.node == "s0" ? bytes : nil
      } else {
        nil
      }
    }
    // About 700 bytes for each of 200 election blocks, and a first part from each of four peers.
    #expect(answers.reduce(0, +) < 250_000, "\(answers)")
    #expect((answers.max() ?? 0) < 60_000, "\(answers)")
  }

  /// A chunk of the whole state is on its way for over a minute, and its block kept for less.
  @Test func chunks_shouldFindTheirBlocks_whenOneAtATimeTakesLongerThanBlocksAreKept() throws {
    let outcome = try Self.run(
      accounts: 4_000,
      [
        "account_data_bytes": 251, "shared_peers": 1, "chunk_items": 5_000, "nodes": 13,
        "transactions_per_block": 4, "validators": 1, "slots": 6, "batches_per_epoch": 22,
        "upload_bytes_per_s": 16_000, "block_interval_ms": 2_000, "time_limit_s": 3_000,
      ], strategy: .sequential, seed: 33)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
  }
}
