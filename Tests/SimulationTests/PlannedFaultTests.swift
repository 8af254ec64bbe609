import EventLog
import Node
import Simulation
import Testing

/// What a scenario can do to the peers and to the joining node, in a small world.
@Suite struct PlannedFaultTests {
  /// The bandwidth scenario with few accounts and thinner lines, so that it takes a few blocks.
  static func scenario(_ changes: KeyValuePairs<String, Int>) throws -> Scenario {
    var scenario = try Scenario.named("bandwidth")
    scenario.accounts = 2_000
    scenario.chunkItems = 50
    scenario.transactionsPerBlock = 20
    scenario.uploadBytesPerSecond = 20_000
    scenario.downloadBytesPerSecond = 50_000
    scenario.joinAtBlock = 34
    for change in changes { try scenario.set(change.key, to: change.value) }
    return scenario
  }

  static func faults(_ outcome: SimulationRunTests.Outcome) -> [String] {
    outcome.records.compactMap { record in
      switch record.event.group {
      case Event.Fault.injected(let fault, let target, _): "\(fault) \(target)"
      case Event.Fault.ended(let fault, let target): "\(fault) \(target) ended"
      default: nil
      }
    }
  }

  @Test func sharedPeers_shouldServeLikeWholeOnes() throws {
    let outcome = try SimulationRunTests.run(Self.scenario([:]), seed: 1)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    let measured = try #require(outcome.report.measurement)
    #expect(measured.peers.count == 8)
    #expect(measured.peers.allSatisfy { $0.deliveredBytes > 0 })
    // Nothing can be faster than the line.
    #expect(measured.nanoseconds > measured.limit.nanoseconds)
    // A chunk at the end may be asked for twice.
    #expect(measured.tally.againChunkBytes * 100 <= measured.receivedBytes)
    #expect(measured.receivedBytes >= measured.limit.bytes)
    let total = measured.statistics.byKind.values.reduce(0) { $0 + $1.received.bytes }
    #expect(total == measured.receivedBytes)
    #expect(outcome.report.json().contains("\"limit_ratio\":"))
    #expect(outcome.report.text.contains("round trips"))
    #expect(Self.faults(outcome).isEmpty)
  }

  @Test func silentAndSlowPeers_shouldBeLivedWith() throws {
    let outcome = try SimulationRunTests.run(
      Self.scenario(["silent_peers": 1, "slow_peers": 4]), seed: 1)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect(Self.faults(outcome) == ["silent p4", "slow p5", "slow p6", "slow p7", "slow p8"])
    let measured = try #require(outcome.report.measurement)
    #expect(measured.limit.bytesPerSecond == 3 * 20_000 + 4 * 2_000 - 18_000)
    #expect(measured.peers.map(\.uploadBytesPerSecond).suffix(4) == [2_000, 2_000, 2_000, 2_000])
    #expect(outcome.report.banned.isEmpty)
  }

  @Test(arguments: [1, 5, 10])
  func aPlannedRebranch_shouldRevertSoManyBlocks(depth: Int) throws {
    // One chunk after another, so that a part of the state is held for a while.
    var scenario = try Self.scenario([
      "join_at_block": 31, "rebranch_at_percent": 20, "rebranch_depth": depth,
    ])
    scenario.strategy = .sequential
    let outcome = try SimulationRunTests.run(scenario, seed: 1)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect(Self.faults(outcome) == ["rebranch chain"])
    #expect(outcome.report.rebranchesWhileIncomplete == 1)
    #expect(outcome.report.divergedBytes > 0)
    let depths = outcome.records.compactMap { record in
      if case Event.Chain.rebranched(_, _, _, let depth, _) = record.event.group {
        depth
      } else {
        Int?.none
      }
    }
    #expect(depths == [depth])
  }

  @Test func aKilledNode_shouldComeBack() throws {
    let outcome = try SimulationRunTests.run(Self.scenario(["kill_at_percent": 50]), seed: 1)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect(Self.faults(outcome) == ["kill s0", "kill s0 ended"])
    let lives = outcome.records.filter {
      $0.context.node == "s0" && $0.event.name == "node.started"
    }
    #expect(lives.count == 2)
    #expect(outcome.records.contains { $0.event == .node(.crashed(reason: "killed")) })
  }

  @Test func logs_shouldBeTheSameBytes_withEveryFault() throws {
    let scenario = try Self.scenario([
      "silent_peers": 1, "slow_peers": 2, "rebranch_at_percent": 30, "kill_at_percent": 60,
    ])
    let first = try SimulationRunTests.run(scenario, seed: 3)
    #expect(first.report.verdict == .pass, "\(first.report.reason)")
    #expect(try SimulationRunTests.run(scenario, seed: 3).bytes == first.bytes)
  }

  @Test func peersOfTooManyKinds_shouldBeRefused() throws {
    for changes in [["silent_peers": 8], ["silent_peers": 5, "slow_peers": 4]] {
      var scenario = try Scenario.named("bandwidth")
      for (key, value) in changes { try scenario.set(key, to: value) }
      #expect(throws: ScenarioError.self) { try scenario.check() }
    }
    var scenario = try Scenario.named("bandwidth")
    try scenario.set("rebranch_at_percent", to: 50)
    try scenario.set("rebranch_depth", to: 20)
    #expect(throws: ScenarioError.self) { try scenario.check() }
  }
}
