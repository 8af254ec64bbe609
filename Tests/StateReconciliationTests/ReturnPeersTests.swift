import EventLog
import Ledger
import Networking
import Node
import Peers
import Primitives
import Reconciliation
import Runtime
import StateReconciliation
import StateTrie
import Storage
import TestSupport
import Testing
import WorldSupport

/// A node comes back and has many peers, some of which lie, or only a part of its old state.
@Suite struct ReturnPeersTests {
  private static func context(_ world: TestWorld, _ peer: UInt32) -> SyncContext {
    SyncContext(
      chain: world.source, network: world.network.endpoint(PeerID(peer)), runtime: world.runtime,
      recorder: .none)
  }

  private static func start(_ world: TestWorld, _ chain: Blockchain, _ ways: Set<ReturnWay>)
    -> FullNode
  {
    let node = StateReturnTests.node(world, chain, ways)
    world.runtime.spawn("node") { await node.run() }
    world.runtime.spawn("chain") { await world.produceForever() }
    return node
  }

  /// Peers that were asked for accounts, by how often.
  private static func asked(_ world: TestWorld) -> [UInt32: Int] {
    var asked: [UInt32: Int] = [:]
    for event in world.sink.events {
      guard case Event.Request.sent("state_accounts", let peer, _) = event.group else { continue }
      asked[peer, default: 0] += 1
    }
    return asked
  }

  private static func choices(_ world: TestWorld) -> [(way: String, differences: Int, String)] {
    world.sink.events.compactMap {
      guard case Event.Returning.chosen(_, let way, _, let differences, let detail) = $0.group
      else { return nil }
      return (way, differences, detail)
    }
  }

  @Test func accountsOfASketch_shouldComeFromAllPeers() async throws {
    let world = try TestWorld(seed: 91, accounts: 3_000)
    world.run {
      try await world.grow(StateReturnTests.absence)
      world.addHonest(1..<5)
      StateReturnTests.host(world, 1..<5)
      // One of them cannot give accounts, and is not to blame for it.
      Self.context(world, 3).serve(RequestAccounts.self) { _ in .unavailable }
      let node = Self.start(world, Blockchain(genesis: world.genesis, state: .complete), [.sketch])
      #expect(await StateReturnTests.isSynced(node, world))
      #expect(StateReturnTests.carried(world).map(\.way) == ["sketch"])
      let asked = Self.asked(world)
      #expect(Set(asked.keys) == [1, 2, 3, 4], "\(asked)")
      let (most, others) = (asked.values.max() ?? 0, asked.values.reduce(0, +))
      #expect(most * 2 < others && StateReconciliationLimits.accountRequestsPerPeer > 0)
      #expect((1..<5).allSatisfy { world.bans(of: PeerID($0)).isEmpty })
      await world.expectSameState(node)
    }
  }

  /// Their symbols are true and their accounts are not: the others give those, and once the root
  /// was right it is certain who lied.
  @Test(arguments: 0..<3)
  func liarsAboutAccounts_shouldBeBanned_andOthersTakeOver(_ kind: Int) async throws {
    let world = try TestWorld(seed: 92, accounts: 3_000)
    world.run {
      try await world.grow(StateReturnTests.absence)
      world.addHonest(1..<5)
      StateReturnTests.host(world, 1..<5)
      for liar in [1, 2] as [UInt32] {
        Self.context(world, liar).serve(RequestAccounts.self) { request in
          .parts(
            kind == 0
              ? []
              : request.queries.map { _ in kind == 1 ? .value([1]) : .items([]) })
        }
      }
      let node = Self.start(world, Blockchain(genesis: world.genesis, state: .complete), [.sketch])
      #expect(await StateReturnTests.isSynced(node, world))
      #expect(StateReturnTests.carried(world).map(\.way) == ["sketch"])
      for liar in [1, 2] as [UInt32] {
        #expect(world.bans(of: PeerID(liar)) == ["accounts_differ"], "kind \(kind)")
      }
      #expect(world.bans(of: PeerID(3)).isEmpty && world.bans(of: PeerID(4)).isEmpty)
      await world.expectSameState(node)
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func partOfAnOldState_shouldBeKept_byADescent(_ seed: UInt64) async throws {
    let world = try TestWorld(seed: 93 + seed, accounts: 6_000)
    world.run {
      let whole = Blockchain(genesis: world.genesis, state: .complete)
      let chain =
        seed % 2 == 0
        ? Blockchain(genesis: world.genesis, state: .missing)
        : try Blockchain(
          genesis: world.genesis, state: .missing,
          store: MemoryStore(owner: .chain(world.genesis.hash)))
      var random = SeededGenerator(seed: seed)
      while chain.itemCount < 3_000 {
        var start = KeyNibbles.empty
        for _ in 0..<2 { start.append(random.below(16)) }
        guard chain.view.missing.contains(start),
          case .chunk(let chunk, _) = whole.chunk(from: start, limit: 700, edges: .both)
        else { continue }
        _ = try chain.push(chunks: [
          ChunkPush(chunk: chunk, start: start, edges: .both, blockHash: world.genesis.hash)
        ])
      }
      let held = chain.itemCount
      try await world.grow(StateReturnTests.absence)
      world.addHonest(1..<4)
      StateReturnTests.host(world, 1..<4)
      let node = Self.start(world, chain, Set(ReturnWay.allCases))
      #expect(await StateReturnTests.isSynced(node, world))
      let carried = StateReturnTests.carried(world)
      #expect(carried.map(\.way) == ["descent"] && carried.allSatisfy { $0.ranges > 0 })
      // What was held is not fetched once more in chunks.
      let fetched = StateReturnTests.chunkItems(world)
      #expect(fetched > 2_000 && fetched < world.source.itemCount - held / 2, "\(fetched)")
      let choices = Self.choices(world)
      #expect(choices.allSatisfy { $0.2.hasPrefix("estimated by nodes: ") }, "\(choices)")
      await world.expectSameState(node)
    }
  }

  /// Without symbols the nodes of the trie tell, and without those the number of blocks.
  @Test(arguments: [true, false])
  func way_shouldBeChosenByWhatIsKnown_whenNobodyHasSymbols(_ hasNodes: Bool) async throws {
    let world = try TestWorld(seed: 95, accounts: 40_000)
    world.run {
      try await world.grow(StateReturnTests.absence)
      world.addHonest(1..<4)
      for peer in 1..<4 as Range<UInt32> {
        let context = Self.context(world, peer)
        context.serve(RequestSymbols.self) { _ in .unavailable }
        guard hasNodes else { continue }
        context.serve(RequestSubtrees.self) { StateHost.subtrees($0, of: world.source) }
      }
      let own = Blockchain(genesis: world.genesis, state: .complete)
      let changed = Set(world.source.items()).symmetricDifference(own.items()).count
      let node = Self.start(world, own, Set(ReturnWay.allCases))
      #expect(await StateReturnTests.isSynced(node, world))
      let choice = try #require(Self.choices(world).first)
      #expect(choice.2.hasPrefix("estimated by \(hasNodes ? "nodes" : "blocks"): "), "\(choice)")
      #expect(choice.2.contains("descent ") && choice.2.contains("chunks "))
      if hasNodes {
        let ratio = Double(choice.differences) / Double(changed)
        #expect((0.5...2).contains(ratio), "\(choice.differences), not \(changed)")
        #expect(choice.way == "descent" && StateReturnTests.carried(world).count == 1)
      }
      await world.expectSameState(node)
    }
  }
}
