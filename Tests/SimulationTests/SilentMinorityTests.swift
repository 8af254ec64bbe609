import EventLog
import LiveSync
import Node
import Simulation
import Testing

/// Peers that take requests and never answer, and lines as long as many blocks, cost a node little.
@Suite struct SilentMinorityTests {
  private static func run(
    _ name: String, nodes: Int, _ settings: [String: Int], seed: UInt64
  ) throws -> SimulationRunTests.Outcome {
    var scenario = try Scenario.named(name)
    scenario.nodes = nodes
    for (key, value) in settings { try scenario.set(key, to: value) }
    return try SimulationRunTests.run(scenario, seed: seed)
  }

  /// Seconds of virtual time until the state is complete.
  private static func seconds(_ outcome: SimulationRunTests.Outcome) throws -> Double {
    Double(try #require(outcome.report.completeAfterNanoseconds)) / 1e9
  }

  /// The uplinks of those who give nothing are lost, which alone takes `all / answering` times as
  /// long where uplinks are full; single runs differ by forks as much as by that.
  @Test(arguments: [(4, 1), (7, 2), (7, 3)])
  func silentMinority_shouldCostLittleMoreThanItsUplinks(peers: (all: Int, silent: Int)) throws {
    let settings = ["time_limit_s": 400]
    var ratios: [Double] = []
    for seed in 1...7 as ClosedRange<UInt64> {
      let silent = try Self.run(
        "forks", nodes: peers.all + 1, settings.merging(["silent_peers": peers.silent]) { $1 },
        seed: seed)
      #expect(silent.report.verdict == .pass, "seed \(seed): \(silent.report.reason)")
      let others = try Self.run("forks", nodes: peers.all + 1, settings, seed: seed)
      ratios.append(try Self.seconds(silent) / Self.seconds(others))
    }
    let lost = Double(peers.all) / Double(peers.all - peers.silent)
    #expect(ratios.sorted()[ratios.count / 2] <= 1.2 * lost, "\(ratios)")
  }

  @Test(arguments: [1_000, 2_500, 5_000, 10_000])
  func longLine_shouldBeFollowed_oneTripBehind(latency: Int) throws {
    let outcome = try Self.run(
      "plain", nodes: 5, ["latency_ms": latency, "jitter_ms": 0, "time_limit_s": 800], seed: 1)
    #expect(outcome.report.verdict == .pass, "\(latency) ms: \(outcome.report.reason)")
    #expect(outcome.report.banned.isEmpty)
  }

  @Test func stalledNode_shouldPromiseNoEnd() throws {
    let outcome = try Self.run(
      "forks", nodes: 5, ["silent_peers": 3, "time_limit_s": 200], seed: 1)
    var isStalled = false
    for record in outcome.records where record.context.node == "s0" {
      switch record.event.group {
      case Event.Stall.detected: isStalled = true
      case Event.Stall.resolved: isStalled = false
      case Event.State.forecast(let forecast, let eta, _, _, _, _) where isStalled:
        #expect(forecast != .converges && eta == nil)
      default: break
      }
    }
  }
}
