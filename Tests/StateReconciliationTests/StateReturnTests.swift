import EventLog
import Ledger
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateReconciliation
import StateTrie
import Storage
import TestSupport
import Testing
import WorldSupport

/// A node comes back with an old state, after more blocks than anybody keeps diffs of.
@Suite struct StateReturnTests {
  /// Blocks after which no peer has the first diffs any more.
  static let absence = LedgerLimits.finalDiffsKeptDefault + 40

  static func node(
    _ world: TestWorld, _ chain: Blockchain, _ ways: Set<ReturnWay>,
    outlineBytesMax: Int = StateReconciliationLimits.outlineBytesMax
  ) -> FullNode {
    FullNode(
      chain: chain, network: world.network.endpoint(TestWorld.node), runtime: world.runtime,
      sink: world.sink, configuration: NodeConfiguration(name: "s0", chunkItems: 20),
      carrier: { StateReturn(context: $0, ways: ways, outlineBytesMax: outlineBytesMax) })
  }

  /// Lets peers that serve the source's chain give what nodes need that come back.
  static func host(_ world: TestWorld, _ numbers: Range<UInt32>) {
    for number in numbers {
      let host = StateHost(
        context: SyncContext(
          chain: world.source, network: world.network.endpoint(PeerID(number)),
          runtime: world.runtime, recorder: .none))
      world.runtime.spawn("host \(number)") { await host.run() }
    }
  }

  static func isSynced(_ node: FullNode, _ world: TestWorld) async -> Bool {
    await world.wait(.seconds(300)) {
      node.chain.stateComplete && node.chain.headHash == world.source.headHash
    }
  }

  static func carried(_ world: TestWorld) -> [(way: String, ranges: Int, bytes: Int)] {
    world.sink.events.compactMap {
      guard case Event.Returning.carried(_, _, let way, _, let ranges, let bytes) = $0.group else {
        return nil
      }
      return (way, ranges, bytes)
    }
  }

  static func chunkItems(_ world: TestWorld) -> Int {
    world.sink.events.reduce(0) { sum, event in
      guard case Event.Chunk.accepted(let chunk) = event.group else { return sum }
      return sum + chunk.items
    }
  }

  @Test(arguments: [ReturnWay.sketch, .descent, .chunks])
  func oldState_shouldComeToThePresent_byEachWay(_ way: ReturnWay) async throws {
    let world = try TestWorld(seed: 71, accounts: 3_000)
    world.run {
      try await world.grow(Self.absence)
      world.addHonest(1..<4)
      Self.host(world, 1..<4)
      let chain = try Blockchain(
        genesis: world.genesis, state: .complete, store: MemoryStore(owner: .chain(world.genesis.hash)))
      let node = Self.node(world, chain, [way])
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await Self.isSynced(node, world))
      let carried = Self.carried(world)
      print(way, carried, Self.chunkItems(world))
      #expect(carried.map(\.way) == (way == .chunks ? [] : [way.rawValue]))
      #expect((Self.chunkItems(world) == 0) == (way != .chunks))
      await world.expectSameState(node)
    }
  }
}
