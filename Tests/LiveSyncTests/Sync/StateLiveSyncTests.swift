import EventLog
import Ledger
import LiveSync
import Locking
import Messages
import Networking
import Node
import Primitives
import Runtime
import StateTrie
import Testing
import WorldSupport

@Suite struct StateLiveSyncTests {
  @Test func joiningNode_shouldNotWaitForTheNextAnnouncement() throws {
    let world = try TestWorld(seed: 5)
    world.run {
      try await world.grow(21)
      world.addHonest(1..<5)
      let node = world.makeNode(chunkItems: 20)
      world.runtime.spawn("node") { await node.run() }
      // Nothing is announced, and heads are looked at after five seconds only.
      let isDone = await world.wait(.seconds(2)) {
        node.chain.stateComplete && node.chain.headHash == world.source.headHash
      }
      #expect(isDone)
    }
  }

  @Test(arguments: Backend.each(4))
  func freshNode_shouldJoinCompleteAndFollow(backend: Backend) async throws {
    let world = try TestWorld(seed: backend.number, backend)
    await world.runAnywhere {
      try await world.grow(30)
      world.addHonest(1..<5)
      let node = try await world.sync()
      await world.expectSameState(node)
      let events = node.events()
      try await world.pause(.seconds(20))
      #expect(await world.holds { node.chain.headNumber + 1 >= world.source.headNumber })
      #expect(await node.progress().isEstablished)
      var iterator = events.makeAsyncIterator()
      guard case .acceptedAnnouncedBlock = await iterator.next() else {
        Issue.record("following a chain gives no events")
        return
      }
    }
    #expect(world.count("state.complete") == 1)
    #expect(world.count("chunk.accepted") >= 20)
    #expect(world.count("peer.banned") == 0)
    #expect(world.count("diff.accepted") > 0)
  }

  @Test func run_shouldBeTheSame_whenTheSeedIsTheSame() throws {
    func log() throws -> [Event] {
      let world = try TestWorld(seed: 77)
      world.run {
        try await world.grow(20)
        world.addHonest(1..<4)
        _ = try await world.sync()
      }
      return world.sink.events
    }
    #expect(try log() == log())
  }

  @Test(arguments: Backend.each)
  func liar_shouldBeBanned_whenItsChunkHasAWrongValue(backend: Backend) async throws {
    let world = try TestWorld(seed: 1 + backend.number, backend)
    let liar = PeerID(1)
    world.network.tamper(liar, .chunk) { bytes in
      guard case .chunk(let number, let hash, var chunk)? = try? ChunkResponse(wireBytes: bytes),
        !chunk.items.isEmpty
      else { return bytes }
      chunk.items[0].value[0] ^= 1
      return ChunkResponse.chunk(number: number, hash: hash, chunk).wireBytes
    }
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<4)
      await world.expectSameState(try await world.sync())
    }
    #expect(world.bans(of: liar).count == 1)
    #expect(world.network.disconnectReason(liar) != nil)
    #expect(world.bans(of: PeerID(2)) == [])
    let rejected = world.sink.events.contains {
      if case Event.Chunk.rejected(let chunk, _) = $0.group {
        chunk.peer == liar.number
      } else {
        false
      }
    }
    #expect(rejected)
  }

  @Test(arguments: Backend.each)
  func liar_shouldBeBanned_whenItsDiffIsWrong(backend: Backend) async throws {
    let world = try TestWorld(seed: 2 + backend.number, backend)
    let liar = PeerID(1)
    world.network.tamper(liar, .trieDiff, Lies.shorterDiff)
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<2)
      world.addHonest(2..<4, after: .seconds(1))
      await world.expectSameState(try await world.sync(chunkItems: 5))
    }
    #expect(world.bans(of: liar) == ["diff_root_mismatch"])
    #expect(world.bans(of: PeerID(2)) == [])
  }

  @Test(arguments: Backend.each)
  func block_shouldBeRefused_whenItsStateRootIsWrong(backend: Backend) async throws {
    let world = try TestWorld(seed: 3 + backend.number, backend)
    let bad = Lock<Hash256?>(nil)
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<4)
      let node = try await world.sync()
      // A well-signed block that claims another state than its transactions give.
      let block = try await world.standingStill(node) {
        if world.genesis.configuration.isMacro(at: world.source.headNumber + 1) {
          try await world.produce()
        }
        let good = try world.producer.next(transactions: try world.transactions(2)).block
        var fields = good.header.fields
        fields.stateRoot = Blake2b256.hash([1])
        let block = try world.producer.sign(fields, body: good.body)
        bad.withLock { $0 = block.hash }
        await world.network.endpoint(PeerID(2)).announce(block)
        return block
      }
      try await world.pause(.seconds(10))
      #expect(!node.chain.isKnown(block.hash))
      #expect(await world.holds { node.chain.headNumber + 1 >= world.source.headNumber })
      await world.expectSameState(node)
    }
    let rejected = world.sink.events.compactMap { event -> String? in
      if case Event.Block.rejected(_, let hash, _, let reason) = event.group,
        hash == bad.withLock({ $0 })
      {
        return reason
      }
      return nil
    }
    #expect(rejected == ["state_root_mismatch"])
    #expect(world.bans(of: PeerID(2)) == ["state_root_mismatch"])
    #expect(world.bans(of: PeerID(1)) == [] && world.bans(of: PeerID(3)) == [])
  }

  @Test(arguments: Backend.each(4))
  func sync_shouldComplete_whenTheChainRebranchesDuringChunks(backend: Backend) async throws {
    let world = try TestWorld(seed: 40 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<4)
      let node = world.makeNode(chunkItems: 10)
      world.runtime.spawn("node") { await node.run() }
      for round in 0..<30 {
        try await world.pause(.milliseconds(400))
        let height = world.source.headNumber + 1
        let configuration = world.genesis.configuration
        if round % 5 == 1, !configuration.isMacro(at: height) {
          // A skip block comes first; the micro block beside it is better.
          let fork = try world.producer.next(transactions: try world.transactions(1 + round % 3))
          let skip = try world.producer.skip()
          for block in [skip.block, fork.block] {
            try world.source.push(block)
            await world.announce(block)
            try await world.pause(.milliseconds(150))
          }
        } else {
          try await world.produce()
        }
      }
      world.runtime.spawn("chain") { await world.produceForever() }
      let isDone = await world.wait(.seconds(120)) {
        node.chain.stateComplete && node.chain.headHash == world.source.headHash
      }
      let progress = await node.progress()
      #expect(isDone, "seed \(backend.number): \(progress)")
      await world.expectSameState(node)
    }
    #expect(world.count("chain.rebranched") > 0)
    #expect(world.count("peer.banned") == 0)
  }

  @Test func sync_shouldGoOn_whenPeersLeaveAndOthersJoinLater() throws {
    let world = try TestWorld(seed: 5, accounts: 2_000)
    world.run {
      try await world.grow(20)
      world.addHonest(1..<3)
      let node = world.makeNode(chunkItems: 5)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(5)) { node.chain.itemCount > 0 })
      #expect(!node.chain.stateComplete)
      world.network.leave(PeerID(1))
      world.network.leave(PeerID(2))
      try await world.runtime.sleep(for: .seconds(25))
      #expect(!node.chain.stateComplete)
      #expect(await node.progress().blocker == .noPeers)
      world.addHonest(3..<5)
      let isDone = await world.wait(.seconds(120)) {
        node.chain.stateComplete && node.chain.headHash == world.source.headHash
      }
      let progress = await node.progress()
      #expect(isDone, "\(progress)")
      await world.expectSameState(node)
    }
    let causes = world.sink.events.compactMap { event -> Event.StallBlocker? in
      if case Event.Stall.detected(let blocker, _, _) = event.group { blocker } else { nil }
    }
    #expect(causes.first == .noPeers)
    #expect(world.count("stall.resolved") == 1)
  }

  @Test func oneHonestPeer_shouldSuffice_whenOthersAreSilent() throws {
    let world = try TestWorld(seed: 6)
    for number in UInt32(1)..<4 {
      for type in [RequestType.chunk, .trieDiff, .missingBlocks] {
        world.network.tamper(PeerID(number), type) { _ in nil }
      }
    }
    world.run {
      try await world.grow(20)
      world.addHonest(1..<5)
      await world.expectSameState(try await world.sync(limit: .seconds(500), chunkItems: 100))
    }
    #expect(world.count("peer.banned") == 0)
  }

  @Test(arguments: Backend.each)
  func incompletePeers_shouldNotBeAskedForChunks_whenTheySayTheyHaveNone(backend: Backend)
    async throws
  {
    let world = try TestWorld(seed: 7 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(20)
      let empty = Blockchain(genesis: world.genesis, state: .missing)
      world.serve(empty, as: PeerID(9))
      world.addHonest(1..<3)
      await world.expectSameState(try await world.sync())
    }
    #expect(world.count("peer.behind") <= 1)
    #expect(world.count("peer.banned") == 0)
  }

  @Test func chunks_shouldNotStarve_whenTheChainIsFasterThanARoundTrip() throws {
    let world = try TestWorld(seed: 8, accounts: 200)
    world.run {
      try await world.grow(20)
      world.addHonest(1..<4)
      _ = try await world.sync(
        limit: .seconds(120), chunkItems: 20, interval: .milliseconds(35))
    }
  }

  @Test(arguments: Backend.each)
  func state_shouldBeGatheredAgain_whenTheOperatorGivesItUp(backend: Backend) async throws {
    let world = try TestWorld(seed: 9 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<4)
      let node = try await world.sync()
      try await world.pause(.seconds(3))
      try node.chain.reinitialiseState()
      try await world.pause(.seconds(3))
      let isDone = await world.wait(.seconds(120)) {
        node.chain.stateComplete && node.chain.headHash == world.source.headHash
      }
      #expect(isDone)
      await world.expectSameState(node)
    }
    #expect(world.count("state.complete") == 2)
    #expect(world.count("state.incomplete") == 1)
  }
}
