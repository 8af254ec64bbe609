import EventLog
import Ledger
import LiveSync
import Networking
import Primitives
import Runtime
import StateTrie
import Storage
import Testing
import WorldSupport

/// A state that is not the head's is found out before it is called complete.
@Suite struct WrongRootTests {
  /// A store with the chain of `world` and a part of its state, or all of it, in which one account
  /// has another value.
  private static func damagedStore(_ world: TestWorld, isWhole: Bool) throws -> MemoryStore {
    let disk = MemoryDisk()
    let first = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
    let chain = try Blockchain(genesis: world.genesis, state: .missing, store: first)
    var start: KeyNibbles? = .empty
    while let from = start {
      guard
        case .chunk(let chunk, let block) = world.source.chunk(from: from, limit: 60, edges: .both)
      else { throw WorldError.chunkMissing }
      try chain.push(chunks: [
        ChunkPush(chunk: chunk, start: from, edges: .both, blockHash: block.hash)
      ])
      start = isWhole ? chunk.end : nil
    }
    let key = try #require(chain.items().first?.key)
    try first.close()
    let second = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
    let trie = try StateTrie(store: second, missing: .none)
    try trie.put(key, [1, 2, 3])
    try second.write { transaction throws(StorageError) in
      try trie.save(to: &transaction)
    }
    try second.close()
    return try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
  }

  @Test(arguments: [SyncStrategy.parallel, .sequential], Backend.each)
  func wrongLeaf_shouldBeFound_andTheStateStartedAnew(strategy: SyncStrategy, backend: Backend)
    async throws
  {
    for isWhole in [false, true] {
      let world = try TestWorld(seed: 121 + backend.number, backend)
      let store = try Self.damagedStore(world, isWhole: isWhole)
      let chain = try Blockchain(genesis: world.genesis, state: .missing, store: store)
      await world.runAnywhere {
        world.addHonest(1..<5)
        let node = world.makeNode(strategy: strategy, chain: chain)
        world.runtime.spawn("node") { await node.run() }
        world.runtime.spawn("chain") { await world.produceForever() }
        let isDone = await world.wait(.seconds(120)) { node.chain.stateComplete }
        #expect(isDone)
        try await world.pause(.seconds(5))
        await world.expectSameState(node)
        #expect(await world.holds { node.chain.headNumber + 1 >= world.source.headNumber })
        #expect(await node.progress().wrongRoots == 1)
      }
      let names = world.sink.events.map(\.name)
      #expect(names.count { $0 == "state.wrong_root" } == 1)
      #expect(names.count { $0 == "chain.state_given_up" } == 1)
      #expect(names.count { $0 == "state.complete" } == 1)
      let found = try #require(names.firstIndex(of: "state.wrong_root"))
      #expect(found < (names.firstIndex(of: "state.complete") ?? 0))
      #expect(world.count("peer.banned") == 0)
    }
  }
}
