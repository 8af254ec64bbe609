import EventLog
import Ledger
import LiveSync
import Messages
import Networking
import Node
import Runtime
import StateTrie
import Storage
import Testing
import WorldSupport

/// A node whose disk is full asks for nothing that it could not keep, and goes on to serve.
@Suite struct StoreFailureTests {
  @Test(arguments: [SyncStrategy.parallel, .sequential], Backend.each)
  func node_shouldStopAskingAndServe_whenItsDiskIsFull(strategy: SyncStrategy, backend: Backend)
    async throws
  {
    let world = try TestWorld(seed: 97 + backend.number, backend, accounts: 3_000)
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
    let chain = try Blockchain(genesis: world.genesis, state: .missing, store: store)
    // Room for a part of the state.
    disk.faults = StorageFaults(capacity: disk.byteCount + 60_000)
    await world.runAnywhere {
      try await world.grow(9)
      world.addHonest(1..<5)
      let node = world.makeNode(strategy: strategy, chain: chain)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      let hasStopped = await world.wait(.seconds(60)) { world.count("stall.detected") > 0 }
      #expect(hasStopped && !chain.stateComplete)
      try await world.pause(.seconds(3))
      let (asked, held) = (world.count("request.sent"), chain.itemCount)
      try await world.pause(.seconds(120), most: .seconds(1))
      #expect(world.count("request.sent") == asked)
      #expect(chain.itemCount == held)
      #expect(await node.progress().blocker == .storeFailed)
      let head = try await world.network.endpoint(PeerID(1)).request(
        RequestHead(), to: TestWorld.node, timeout: .seconds(1))
      #expect(head.number == chain.headNumber)
      let block = try await world.network.endpoint(PeerID(1)).request(
        RequestBlock(hash: chain.headHash, includeBody: false), to: TestWorld.node,
        timeout: .seconds(1))
      #expect(block.block?.hash == chain.headHash)
    }
    let causes = world.sink.events.compactMap { event -> String? in
      if case Event.Stall.detected(.storeFailed, _, let detail) = event.group {
        detail
      } else {
        nil
      }
    }
    #expect(causes.count == 1, "\(causes)")
    #expect(causes[0].contains(/the disk is full: memory needs at least \d+ bytes/), "\(causes)")
    #expect(world.count("peer.banned") == 0)
  }

  /// A damaged record that a stranger asks for costs that answer, and nothing else.
  @Test(arguments: Backend.each)
  func node_shouldSayThatItCannotReadARecord_andGoOn(backend: Backend) async throws {
    let world = try TestWorld(seed: 98 + backend.number, backend)
    let store = try MemoryStore(owner: .chain(world.genesis.hash))
    let chain = try Blockchain(genesis: world.genesis, state: .complete, store: store)
    await world.runAnywhere {
      try await world.grow(3)
      let old = world.source.head
      try await world.grow(14)
      for number in 1...world.source.headNumber {
        try chain.push(try #require(world.source.block(at: number)))
      }
      try store.write { transaction throws(StorageError) in
        try transaction.put(ChainRecord.block(old.hash).key, [1, 2, 3])
      }
      world.addHonest(1..<5)
      let node = world.makeNode(chain: chain)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      try await world.pause(.seconds(5))
      let network = world.network.endpoint(PeerID(1))
      for _ in 0..<3 {
        try await world.standingStill(node) {
          let block = try await network.request(
            RequestBlock(hash: old.hash, includeBody: false), to: TestWorld.node,
            timeout: .seconds(1))
          #expect(block.block == nil)
          let question = RequestMissingBlocks(
            target: chain.headHash, includeBody: true, locators: [world.genesis.hash],
            direction: .forward)
          let blocks = try await network.request(
            question, to: TestWorld.node, timeout: .seconds(1))
          #expect(blocks == .failed)
          let head = try await network.request(
            RequestHead(), to: TestWorld.node, timeout: .seconds(1))
          #expect(head.number == chain.headNumber)
        }
      }
      let reached = chain.headNumber
      try await world.pause(.seconds(10))
      #expect(await world.holds { chain.headNumber >= reached + 8 })
      #expect(chain.storeFailure == nil)
      #expect(await node.progress().blocker != .storeFailed)
    }
    let details = world.sink.events.compactMap { event -> String? in
      if case Event.Node.unreadable("damaged_record", let detail) = event.group {
        detail
      } else {
        nil
      }
    }
    #expect(details.count == 6 && details.allSatisfy { $0.contains("is damaged") }, "\(details)")
    #expect(world.count("stall.detected") == 0)
  }
}
