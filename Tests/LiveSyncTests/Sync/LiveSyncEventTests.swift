import EventLog
import Ledger
import LiveSync
import Networking
import Node
import Primitives
import Runtime
import StateTrie
import Testing
import WorldSupport

/// What a live sync and a node say of what happens.
@Suite struct LiveSyncEventTests {
  @Test func events_shouldTellWhatBecameOfBlocksAndPeers() throws {
    let world = try TestWorld(seed: 60)
    world.run {
      try await world.grow(40)
      func block(_ number: UInt32) throws -> Block { try #require(world.source.block(at: number)) }
      let context = world.context()
      let sync = BlockLiveSync(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      world.runtime.spawn("sync") { await sync.run() }
      var events = sync.makeAsyncIterator()
      var findings = context.peers.findings().makeAsyncIterator()
      let second = try block(2)
      sync.push(second, from: nil)
      sync.push(try block(1), from: nil)
      #expect(await events.next() == .acceptedAnnouncedBlock(try block(1).hash))
      #expect(await events.next() == .acceptedBufferedBlock(second.hash, bufferedCount: 0))
      let bad = Lies.badlySigned(try block(3))
      sync.push(bad, from: nil)
      #expect(await events.next() == .rejectedBlock(bad.hash))
      let peer = PeerID(1)
      #expect(sync.add(peer) && sync.peers == [peer] && !sync.add(peer))
      sync.push(try block(2 + sync.acceptanceWindowSize + 1), from: peer)
      sync.push(second, from: peer)
      #expect(await findings.next() == .ahead(peer))
      // Who is ahead has what brings us nearer.
      #expect(sync.peers == [peer])
      for number in 3...20 as ClosedRange<UInt32> {
        sync.push(try block(number), from: nil)
        #expect(await events.next() == .acceptedAnnouncedBlock(try block(number).hash))
      }
      sync.add(peer)
      var fields = try block(5).header.fields
      fields.timestamp += 1
      let old = Block(
        header: BlockHeader(fields), justification: try block(5).justification, body: .empty)
      sync.push(old, from: peer)
      sync.push(second, from: nil)
      #expect(await findings.next() == .behind(peer))
      #expect(sync.peers == [] && sync.stateComplete)
    }
  }

  @Test func pushes_shouldBeFinishedInOrder_beforeTheNextResultIsTaken() throws {
    let world = try TestWorld(seed: 61)
    world.run {
      try await world.grow(7)
      let blocks = try (1...7 as ClosedRange<UInt32>).map {
        try #require(world.source.block(at: $0))
      }
      let context = world.context()
      let sync = BlockLiveSync(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      world.runtime.spawn("sync") { await sync.run() }
      var events = sync.makeAsyncIterator()
      sync.push(blocks[0], from: nil)
      #expect(await events.next() == .acceptedAnnouncedBlock(blocks[0].hash))
      // Blocks 3, 4 and 5 wait for block 2 and come as one result; 6 follows while they are pushed.
      for index in [2, 3, 4] { sync.push(blocks[index], from: nil) }
      try await world.runtime.sleep(for: .seconds(1))
      sync.push(blocks[1], from: nil)
      #expect(await events.next() == .acceptedAnnouncedBlock(blocks[1].hash))
      #expect(await events.next() == .acceptedBufferedBlock(blocks[2].hash, bufferedCount: 0))
      sync.push(blocks[5], from: nil)
      try await world.runtime.sleep(for: .seconds(1))
      #expect(context.chain.headNumber == 3)
      for index in [3, 4, 5] {
        guard case .acceptedBufferedBlock(let hash, _)? = await events.next() else {
          Issue.record("block \(index + 1) did not come from the buffer")
          return
        }
        #expect(hash == blocks[index].hash && context.chain.headNumber == UInt32(index) + 1)
      }
    }
  }

  @Test(arguments: Backend.each)
  func chunks_shouldBeTold_andTheStateGatheredAgain_whenItIsGivenUpOnAStandingChain(
    backend: Backend
  ) async throws {
    let world = try TestWorld(seed: 62 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<4)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      let isDone = await world.wait(.seconds(60)) {
        // Not before the node has told of it: the chain is complete a little earlier.
        world.count("state.complete") == 1 && node.chain.headHash == world.source.headHash
      }
      #expect(isDone)
      // No block comes any more that could tell the node.
      let events = node.events()
      try node.chain.reinitialiseState()
      #expect(!node.chain.stateComplete)
      for await event in events {
        if case .acceptedChunks = event { break }
      }
      let isDoneAgain = await world.wait(.seconds(60)) {
        world.count("state.complete") == 2 && node.chain.stateComplete
      }
      #expect(isDoneAgain)
    }
    #expect(world.count("chain.state_given_up") == 1)
    #expect(world.count("state.incomplete") == 1 && world.count("state.complete") == 2)
  }

  @Test(arguments: Backend.each)
  func signatureChecks_shouldBeRemembered_andTheirShareTold(backend: Backend) async throws {
    let world = try TestWorld(seed: 63 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(10)
      world.addHonest(1..<4)
      let node = BlockNode(
        chain: Blockchain(genesis: world.genesis, state: .complete),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, sink: world.sink,
        configuration: NodeConfiguration(name: "s0"))
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      let isThere = await world.wait(.seconds(60)) { node.chain.headNumber > 25 }
      #expect(isThere)
    }
    let counts = world.sink.events.compactMap { event -> (Int, Int)? in
      if case Event.Chain.signatures(let hits, let misses) = event.group {
        (hits, misses)
      } else {
        nil
      }
    }
    // The quorum of a macro block that was asked for is checked as it comes and as it is pushed.
    #expect(counts.count >= 2)
    #expect(counts.last.map { $0.0 > 0 && $0.1 > 0 } == true, "\(counts)")
  }

  @Test(arguments: Backend.each)
  func forkedBlocks_shouldBeStored_andTheForkBeTold(backend: Backend) async throws {
    let world = try TestWorld(seed: 64 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(3)
      world.addHonest(1..<4)
      let node = BlockNode(
        chain: Blockchain(genesis: world.genesis, state: .complete),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, sink: world.sink,
        configuration: NodeConfiguration(name: "s0"))
      world.runtime.spawn("node") { await node.run() }
      let isThere = await world.wait(.seconds(30)) { node.chain.headNumber == 3 }
      #expect(isThere)
      let parent = world.source.headHash
      let time = world.source.head.header.timestamp
      let twins = try (1...2).map {
        try world.producer.next(on: parent, timestamp: time + UInt64($0)).block
      }
      for twin in twins {
        await world.network.endpoint(PeerID(1)).announce(twin)
        try await world.pause(.seconds(1))
      }
      #expect(await world.holds { twins.allSatisfy { node.chain.isKnown($0.hash) } })
      #expect(twins.count { node.chain.isOnMainChain($0.hash) } == 1)
    }
    #expect(world.count("chain.fork_proof") == 1)
    #expect(world.count("chain.stored") + world.count("chain.rebranched") == 1)
    #expect(world.count("peer.banned") == 0)
  }
}
