import EventLog
import Ledger
import Locking
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import Storage
import Testing
import WorldSupport

/// What macro sync makes of peers that give too little or too late, and of our own failures.
@Suite struct MacroSyncTests {
  private static let peer = PeerID(1)

  /// Reasons why macro sync failed, in order.
  private static func failures(_ world: TestWorld) -> [String] {
    world.sink.events.compactMap {
      if case Event.MacroSync.failed(_, let reason) = $0.group { reason } else { nil }
    }
  }

  private static func asked(_ world: TestWorld) -> Int {
    world.sink.events.count { event in
      if case Event.Request.sent("macro_chain", _, _) = event.group { true } else { false }
    }
  }

  /// A world of 50 blocks whose only peer gives macro chains as `change` makes them.
  private static func world(
    seed: UInt64, lasting time: Duration = NodeLimits.peerRetryInterval * 3,
    _ change: @escaping @Sendable (inout MacroChain) -> Void
  ) throws -> TestWorld {
    let world = try TestWorld(seed: seed, accounts: 200)
    world.network.tamper(peer, .macroChain) { bytes in
      guard case .chain(var chain)? = try? MacroChainResponse(wireBytes: bytes) else {
        return bytes
      }
      change(&chain)
      return MacroChainResponse.chain(chain).wireBytes
    }
    world.run {
      try await world.grow(50)
      world.addHonest(1..<2)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      try await world.runtime.sleep(for: time)
      #expect(node.chain.headNumber == 0)
    }
    return world
  }

  @Test func peerThatNeverGetsFurther_shouldFail_atItsFirstAnswer() throws {
    // There is always more to come, and it never comes.
    let world = try Self.world(seed: 51) { chain in
      (chain.blocks, chain.history, chain.reachesHead) = ([], nil, false)
    }
    let starts = world.count("macro_sync.started")
    #expect(starts > 1 && Self.asked(world) == starts)
    #expect(Self.failures(world).count >= starts - 1)
    #expect(Set(Self.failures(world)) == ["no_progress"])
  }

  @Test func node_shouldNoticeThatItStandsStill_whilePeersOnlyPretendToGive() throws {
    let world = try Self.world(seed: 56, lasting: NodeLimits.stallAfter * 2) { chain in
      (chain.blocks, chain.history, chain.reachesHead) = ([], nil, false)
    }
    // There are more such answers than would be needed to look busy.
    #expect(NodeLimits.peerRetryInterval < NodeLimits.stallAfter)
    #expect(Self.failures(world).count > 3 && world.count("stall.detected") == 1)
  }

  @Test func chainWithoutHistory_shouldNotBeAdopted_norCountAsDone() throws {
    let world = try Self.world(seed: 52) { chain in chain.history = nil }
    #expect(!Self.failures(world).isEmpty)
    #expect(Set(Self.failures(world)) == ["history_missing"])
    for event in ["adopted", "completed", "rejected"] {
      #expect(world.count("macro_sync." + event) == 0, "\(event)")
    }
    #expect(world.count("peer.banned") == 0)
  }

  @Test func lateParts_shouldEndMacroSync_onlyInARow() throws {
    let world = try TestWorld(seed: 53, accounts: 200, blocksPerBatch: 2)
    let answers = Lock(0)
    let parts = NodeLimits.lateInRowMax + 2
    world.network.tamper(Self.peer, .macroChain) { bytes in
      // Each part comes at the second try.
      answers.withLock { count in
        count += 1
        return count.isMultiple(of: 2) ? bytes : nil
      }
    }
    world.run {
      // Three batches of two blocks are an epoch.
      try await world.grow(6 * parts)
      world.addHonest(1..<2)
      let source = world.source
      world.network.endpoint(Self.peer).serve(RequestMacroChain.self) { _, request in
        source.macroChain(locators: request.locators, limit: 1).map { .chain($0) }
          ?? .locatorsUnknown
      }
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      let isThere = await world.wait(.seconds(300)) {
        node.chain.headHash == world.source.headHash
      }
      #expect(isThere)
    }
    let late = Self.failures(world).count { $0 == "timeout" }
    #expect(late >= parts, "\(late) parts of \(parts) were late")
    #expect(world.count("macro_sync.started") == 1)
  }

  @Test func peerWithoutTheBlocksBetween_shouldNotBeOneOfLiveSync() throws {
    let world = try TestWorld(seed: 54, accounts: 200)
    world.network.tamper(Self.peer, .missingBlocks) { _ in
      MissingBlocksResponse.targetUnknown.wireBytes
    }
    world.run {
      // Near enough to be caught up with block by block.
      try await world.grow(10)
      world.addHonest(1..<2)
      let node = world.makeNode(chain: Blockchain(genesis: world.genesis, state: .complete))
      world.runtime.spawn("node") { await node.run() }
      let hasFailed = await world.wait(.seconds(200)) { !Self.failures(world).isEmpty }
      #expect(hasFailed && node.peers.isEmpty && node.chain.headNumber == 0)
    }
    #expect(Set(Self.failures(world)) == ["ancestors_unavailable"])
  }

  @Test(arguments: Backend.each)
  func peer_shouldNotBeBlamed_whenOurStoreCannotTellWhatWeHold(backend: Backend) async throws {
    let world = try TestWorld(seed: 55 + backend.number, backend, accounts: 200)
    let store = try MemoryStore(owner: .chain(world.genesis.hash))
    let chain = try Blockchain(genesis: world.genesis, state: .complete, store: store)
    await world.runAnywhere {
      // Election blocks are 24, 48 and 72.
      try await world.grow(50)
      for number in 1...world.source.headNumber {
        try chain.push(try #require(world.source.block(at: number)))
      }
      try await world.grow(30)
      try store.write { transaction throws(StorageError) in
        try transaction.put(ChainRecord.main(24).key, [1, 2, 3])
      }
      world.addHonest(1..<2)
      let (source, genesis) = (world.source, world.genesis.hash)
      // It begins before what we hold, so that we have to look.
      world.network.endpoint(Self.peer).serve(RequestMacroChain.self) { _, _ in
        source.macroChain(locators: [genesis], limit: 100).map { .chain($0) } ?? .locatorsUnknown
      }
      let node = world.makeNode(chain: chain)
      world.runtime.spawn("node") { await node.run() }
      try await world.pause(.seconds(10))
    }
    #expect(world.count("macro_sync.rejected") > 0)
    #expect(world.count("peer.banned") == 0)
    #expect(world.network.disconnectReason(Self.peer) == nil)
  }
}
