import CRDT
import KeyValue
import Networking
import Primitives
import TestSupport
import Testing

/// Small clusters against a dictionary.
@Suite struct ReplicationModelTests {
  private static let seeds = Campaign.seeds("KV_REPLICATION_SEEDS", default: 40)

  @Test func nodes_shouldConverge_whateverHappensToThem() {
    let one = Campaign.text("KV_REPLICATION_SEED").flatMap(UInt64.init)
    for seed in one.map({ $0..<$0 + 1 }) ?? 0..<Self.seeds {
      let network = history(seed)
      network.cut = []
      for node in network.nodes where !node.isUp { network.restart(node.number) }
      untilEqual(network)
      // And it stays so, but for a deletion that one node has purged a moment before another.
      network.run(2_000, step: 20)
      untilEqual(network)
      let differing = network.nodes.map {
        Set($0.entries).symmetricDifference(network.nodes[0].entries).prefix(3)
      }
      #expect(network.isEqual, "seed \(seed): \(differing)")
      network.checkModel("seed \(seed)")
    }
  }

  private func untilEqual(_ network: ReplicaNetwork) {
    for _ in 0..<100 where !network.isEqual { network.run(1_000, step: 20) }
  }

  /// Writes, restarts, lines that fail; no floor may pass what a node lacks.
  private func history(_ seed: UInt64) -> ReplicaNetwork {
    var random = SeededGenerator(seed: seed &+ 1_000)
    let count = 2 + random.below(4)
    // Clocks are seconds apart; what a node may be ahead and the floor's distance fit that.
    let skews = (0..<count).map { _ in Int64(random.below(4_000)) - 2_000 }
    let isChain = random.chance(30)
    let named = isChain ? (0..<count).map { $0 == 0 ? [] : [$0 - 1] } : nil
    let network = ReplicaNetwork(count, seed: seed, named: named, skews: skews)
    network.onFloor = { [unowned network] node, ticks in
      network.checkFloor(ticks, "seed \(seed), floor of \(node.number)")
    }
    // All have met before the clocks have gone on for long.
    network.run(2_000)
    for _ in 0..<60 {
      for _ in 0..<random.below(6) {
        let number = random.below(count)
        guard network.nodes[number].isUp else { continue }
        network.write(number, Self.request(&random))
      }
      switch random.below(20) {
      case 0: network.stop(random.below(count))
      case 1, 2:
        let number = random.below(count)
        if !network.nodes[number].isUp { network.restart(number) }
      case 3: network.cut(random.below(count), random.below(count))
      case 4, 5: network.cut = []
      case 6:
        if let line = network.connections.keys.sorted(by: { ($0.low, $0.high) < ($1.low, $1.high) })
          .first
        {
          network.disconnect(line)
        }
      default: break
      }
      network.run(Int64(random.below(random.chance(10) ? 5_000 : 300)), step: 10)
    }
    return network
  }

  private static func request(_ random: inout SeededGenerator) -> String {
    let key = "k\(random.below(12))"
    switch random.below(10) {
    case 0, 1, 2: return "DEL \(key)"
    case 3: return "SET \(key) \(random.below(100)) PX \(1 + random.below(3_000))"
    case 4: return "INCR n\(random.below(3))"
    case 5: return "APPEND \(key) x"
    default: return "SET \(key) \(random.below(1_000))"
    }
  }

  @Test func sameSeed_shouldGiveTheSameHistory() {
    #expect(history(3).nodes.map(\.entries) == history(3).nodes.map(\.entries))
  }
}
