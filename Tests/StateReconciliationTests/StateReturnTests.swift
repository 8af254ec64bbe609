import EventLog
import Ledger
import Locking
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
        genesis: world.genesis, state: .complete,
        store: MemoryStore(owner: .chain(world.genesis.hash)))
      let node = Self.node(world, chain, [way])
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await Self.isSynced(node, world))
      let carried = Self.carried(world)
      #expect(carried.map(\.way) == (way == .chunks ? [] : [way.rawValue]))
      #expect((Self.chunkItems(world) == 0) == (way != .chunks))
      await world.expectSameState(node)
    }
  }

  @Test func descentWithoutRoom_shouldLeaveTheRestToChunks() async throws {
    let world = try TestWorld(seed: 72, accounts: 20_000)
    world.run {
      try await world.grow(Self.absence)
      world.addHonest(1..<4)
      Self.host(world, 1..<4)
      let chain = Blockchain(genesis: world.genesis, state: .complete)
      #expect(StateReconciliationLimits.outlineBytesMax > 300_000)
      let node = Self.node(world, chain, [.descent], outlineBytesMax: 300_000)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await Self.isSynced(node, world))
      let carried = Self.carried(world)
      #expect(carried.map(\.way) == ["descent"] && carried[0].ranges > 0)
      // What was equal is held, and only the rest was fetched.
      #expect((1..<20_000).contains(Self.chunkItems(world)))
      await world.expectSameState(node)
    }
  }

  /// All but one peer lie, each in its own way; whatever it chooses, the node gets the true state.
  @Test(arguments: [ReturnWay.sketch, .descent])
  func liars_shouldCostABoundedAmount_andNeverAWrongState(_ way: ReturnWay) async throws {
    let world = try TestWorld(seed: 73, accounts: 3_000)
    world.run {
      try await world.grow(Self.absence)
      world.addHonest(1..<5)
      Self.host(world, 1..<5)
      for number in 1..<4 as Range<UInt32> { Self.lie(world, as: PeerID(number)) }
      let chain = Blockchain(genesis: world.genesis, state: .complete)
      let node = Self.node(world, chain, way == .sketch ? [.sketch, .descent] : [.descent])
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await Self.isSynced(node, world))
      #expect(world.count("returning.failed") <= StateReconciliationLimits.sketchPeersMax)
      // Whose symbols are wrong may make the node take chunks, never another state.
      #expect(Self.carried(world).count == 1 || way == .sketch)
      #expect(world.bans(of: PeerID(4)).isEmpty)
      // All lies together take less than the state.
      let types = ["subtrees", "state_symbols", "state_accounts"]
      let lies = world.sink.events.reduce(0) { sum, event in
        guard case Event.Request.ended(let type, 1..<4, _, let bytes, _) = event.group,
          types.contains(type)
        else { return sum }
        return sum + bytes
      }
      let whole = world.source.items().reduce(0) { $0 + $1.wireBytes.count }
      #expect(lies > 0 && lies < whole, "\(lies) bytes of lies, \(whole) of the state")
      await world.expectSameState(node)
    }
  }

  /// Wrong nodes and items, wrong symbols, wrong accounts.
  private static func lie(_ world: TestWorld, as peer: PeerID) {
    let context = SyncContext(
      chain: world.source, network: world.network.endpoint(peer), runtime: world.runtime,
      recorder: .none)
    context.serve(RequestSubtrees.self) { request in
      guard case .parts(var parts)? = StateHost.subtrees(request, of: world.source) else {
        return .unavailable
      }
      parts[0] = .items([TrieItem(key: request.queries[0].key, value: [1])])
      return .parts(parts)
    }
    context.serve(RequestSymbols.self) { request in
      .symbols(
        StateSymbols(
          salt: SipKey(low: 1, high: 2), items: 3_000, available: 4_096, start: request.start,
          symbols: (0..<request.count).map { _ in CodedSymbol() }))
    }
    context.serve(RequestAccounts.self) { request in
      .parts(request.queries.map { _ in .value([1]) })
    }
  }

  @Test func peerThatNeverHasSymbols_shouldBePassed() async throws {
    let world = try TestWorld(seed: 74)
    world.run {
      try await world.grow(Self.absence)
      world.addHonest(1..<3)
      Self.host(world, 1..<3)
      for number in 1..<3 as Range<UInt32> {
        let context = SyncContext(
          chain: world.source, network: world.network.endpoint(PeerID(number)),
          runtime: world.runtime, recorder: .none)
        context.serve(RequestSymbols.self) { _ in .preparing }
      }
      let chain = Blockchain(genesis: world.genesis, state: .complete)
      let node = Self.node(world, chain, Set(ReturnWay.allCases))
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await Self.isSynced(node, world))
      let asked = world.sink.events.count {
        guard case Event.Request.sent("state_symbols", _, _) = $0.group else { return false }
        return true
      }
      #expect((1...2 * StateReconciliationLimits.preparingMax).contains(asked))
    }
  }

  @Test func descent_shouldBeGivenUp_whenNobodyAnswers() async throws {
    let world = try TestWorld(seed: 75)
    world.run {
      try await world.grow(Self.absence)
      // They serve chunks alone.
      world.addHonest(1..<3)
      let chain = Blockchain(genesis: world.genesis, state: .complete)
      let node = Self.node(world, chain, [.descent])
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await Self.isSynced(node, world))
      #expect(world.count("returning.failed") == 1 && Self.carried(world).isEmpty)
      #expect(StateReconciliationLimits.idleRoundsMax > 0 && Self.chunkItems(world) > 0)
    }
  }

  /// Killed after whatever number of milliseconds, the node holds either the old state with the old
  /// head or the new one with the new head, and comes back all the same.
  @Test(arguments: [ReturnWay.sketch, .descent])
  func killedNode_shouldHoldOneStateOrTheOther(_ way: ReturnWay) async throws {
    let world = try TestWorld(seed: 76, accounts: 3_000)
    world.run {
      try await world.grow(Self.absence)
      world.addHonest(1..<4)
      Self.host(world, 1..<4)
      let disk = MemoryDisk(name: "s0")
      var heads: Set<Bool> = []
      for milliseconds in stride(from: 100, through: 1_300, by: 200) {
        let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
        let chain = try Blockchain(genesis: world.genesis, state: .complete, store: store)
        let root = chain.head.header.stateRoot
        #expect(chain.stateComplete && chain.stateRoot == root, "\(milliseconds)")
        heads.insert(chain.headNumber == 0)
        let node = Self.node(world, chain, [way])
        let task = world.runtime.spawn("node") { await node.run() }
        _ = await world.wait(.milliseconds(milliseconds)) { false }
        store.crash()
        task.cancel()
        _ = await world.wait(.milliseconds(50)) { false }
      }
      let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
      let chain = try Blockchain(genesis: world.genesis, state: .complete, store: store)
      let node = Self.node(world, chain, [way])
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await Self.isSynced(node, world))
      #expect(heads.contains(true) && Self.chunkItems(world) == 0)
      await world.expectSameState(node)
    }
  }
}
