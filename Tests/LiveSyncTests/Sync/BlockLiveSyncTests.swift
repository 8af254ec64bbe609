import EventLog
import Ledger
import LiveSync
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import Testing
import WorldSupport

@Suite struct BlockLiveSyncTests {
  @Test(arguments: Backend.each)
  func node_shouldFollowByExecuting_whenItsStateIsComplete(backend: Backend) async throws {
    let world = try TestWorld(seed: 20 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<4)
      let node = BlockNode(
        chain: Blockchain(genesis: world.genesis, state: .complete),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, sink: world.sink,
        configuration: NodeConfiguration(name: "b0"))
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      let isDone = await world.wait(.seconds(60)) {
        node.chain.headHash == world.source.headHash && node.chain.headNumber > 25
      }
      let progress = await node.progress()
      #expect(isDone, "\(progress)")
      #expect(node.chain.stateRoot == node.chain.head.header.stateRoot)
    }
    #expect(world.count("chunk.requested") == 0)
    #expect(world.count("diff.requested") == 0)
    #expect(world.count("macro_sync.adopted") == 0)
  }

  @Test(arguments: Backend.each)
  func lightNode_shouldFollowHeaders_whenItHoldsNoState(backend: Backend) async throws {
    let world = try TestWorld(seed: 21 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(40)
      world.addHonest(1..<4)
      let node = BlockNode(
        chain: Blockchain(genesis: world.genesis, state: .none),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, sink: world.sink,
        configuration: NodeConfiguration(name: "l0"))
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      let isDone = await world.wait(.seconds(90)) {
        node.chain.headHash == world.source.headHash && node.chain.headNumber > 45
      }
      let progress = await node.progress()
      #expect(isDone, "\(progress)")
      #expect(node.chain.head.body == nil)
    }
  }

  @Test func externalBlocks_shouldBeRefused_whenTheChannelIsFull() throws {
    let world = try TestWorld(seed: 22)
    let context = SyncContext(
      chain: Blockchain(genesis: world.genesis, state: .complete),
      network: world.network.endpoint(TestWorld.node), runtime: world.runtime, recorder: .none)
    let sync = BlockLiveSync(
      context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
    world.run {
      let block = try await world.produce(announce: false)
      for _ in 0..<LiveSyncLimits.externalBlocksMax { #expect(sync.push(block, from: nil)) }
      #expect(!sync.push(block, from: nil))
      #expect(sync.acceptanceWindowSize == 16)
      world.runtime.spawn("sync") { await sync.run() }
      var iterator = sync.makeAsyncIterator()
      #expect(await iterator.next() == .acceptedAnnouncedBlock(block.hash))
    }
  }

  @Test(arguments: Backend.each)
  func missingBlocks_shouldBeFetchedInParts_whenManyAreMissing(backend: Backend) async throws {
    let world = try TestWorld(seed: 23 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(13)
      world.addHonest(1..<3)
      let context = SyncContext(
        chain: Blockchain(genesis: world.genesis, state: .complete),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, recorder: .none)
      let sync = BlockLiveSync(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      sync.add(PeerID(1))
      world.runtime.spawn("sync") { await sync.run() }
      sync.push(world.source.head, from: PeerID(1))
      var events: [LiveSyncEvent] = []
      for await event in sync {
        events.append(event)
        if context.chain.headHash == world.source.headHash { break }
      }
      // Threads may bring the second part before the first is pushed: then its blocks wait.
      #expect(!backend.isSimulated || events.count == 3, "\(events)")
      guard case .receivedMissingBlocks(let hashes)? = events.first else {
        Issue.record("no missing blocks in \(events)")
        return
      }
      #expect(hashes.count == 8)
    }
  }

  @Test(arguments: Backend.each)
  func missingBlocks_shouldBeRefused_whenAMacroBlockHasNoQuorum(backend: Backend) async throws {
    let world = try TestWorld(seed: 25 + backend.number, backend)
    let liar = PeerID(1)
    world.network.tamper(liar, .missingBlocks) { bytes in
      guard case .blocks(let blocks)? = try? MissingBlocksResponse(wireBytes: bytes) else {
        return bytes
      }
      return MissingBlocksResponse.blocks(
        blocks.map { block in
          guard block.kind.isMacro, case .quorum(let signatures) = block.justification else {
            return block
          }
          return Block(
            header: block.header, justification: .quorum(Array(signatures.prefix(1))),
            nextValidators: block.nextValidators, body: block.body)
        }
      ).wireBytes
    }
    await world.runAnywhere {
      try await world.grow(13)
      world.addHonest(1..<3)
      let context = world.context()
      let sync = BlockLiveSync(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      sync.add(liar)
      sync.add(PeerID(2))
      world.runtime.spawn("sync") { await sync.run() }
      world.runtime.spawn("pull") { for await _ in sync {} }
      let head = world.source.head
      #expect(await sync.resolveBlock(head.hash, number: head.number, firstPeer: liar) == .found)
      #expect(context.chain.headHash == head.hash)
    }
    #expect(world.bans(of: liar) == ["answer_quorum_missing"])
    #expect(world.bans(of: PeerID(2)) == [])
  }

  @Test(arguments: Backend.each)
  func resolveBlock_shouldWaitForTheBlock(backend: Backend) async throws {
    let world = try TestWorld(seed: 24 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(10)
      world.addHonest(1..<3)
      let context = SyncContext(
        chain: Blockchain(genesis: world.genesis, state: .complete),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, recorder: .none)
      let sync = BlockLiveSync(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      sync.add(PeerID(2))
      world.runtime.spawn("sync") { await sync.run() }
      world.runtime.spawn("pull") { for await _ in sync {} }
      let head = world.source.head
      let outcome = await sync.resolveBlock(
        head.hash, number: head.number, firstPeer: PeerID(2))
      #expect(outcome == .found)
      #expect(context.chain.headHash == head.hash)
      let old = await sync.resolveBlock(.zero, number: 3, firstPeer: nil)
      #expect(old == .outdated)
    }
  }
}
