import Foundation
import Locking
import Primitives
import StateTrie
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct StoredTrieTests {
  static let owner = StoreOwner(kind: "test", version: 1)

  @Test(arguments: KeyStyle.allCases, [0, 3_000, 1 << 30])
  func storedTrie_shouldAgreeWithTheSameTrieInMemory_afterAnySteps(
    style: KeyStyle, budget: Int
  ) throws {
    var counts = (roots: 0, chunks: 0, reopened: 0)
    for seed in 0..<Campaign.seeds("LIVESYNC_STORED_TRIE_SEEDS", default: 40) {
      let disk = MemoryDisk()
      var world = try StoredWorld(style: style, seed: seed, budget: budget) {
        try MemoryStore(on: disk, owner: Self.owner)
      }
      var step = 0
      do {
        while step < 60 {
          try world.step()
          step += 1
        }
      } catch {
        Issue.record("seed \(seed), step \(step) (\(world.lastStep)): \(error)")
        return
      }
      counts.roots += world.rootsCompared
      counts.chunks += world.chunksTaken
      counts.reopened += world.reopened
    }
    print("stored tries (\(style), \(budget)): \(counts)")
    #expect(counts.roots > 200 && counts.chunks > 100 && counts.reopened > 50)
  }

  /// The same on disk.
  @Test func storedTrie_shouldAgreeWithTheSameTrieInMemory_onDisk() throws {
    for seed in 0..<Campaign.seeds("LIVESYNC_STORED_TRIE_DISK_SEEDS", default: 3) {
      let folder = StoreFolder()
      var world = try StoredWorld(style: .addresses, seed: seed, budget: 0) {
        try LMDBStore(
          path: folder.path, owner: Self.owner, options: LMDBOptions(durability: .onRequest))
      }
      for step in 0..<60 {
        do {
          try world.step()
        } catch {
          Issue.record("seed \(seed), step \(step) (\(world.lastStep)): \(error)")
          return
        }
      }
    }
  }

  /// Readers in other threads serve chunks and proofs from snapshots while a writer changes the
  /// trie: each is right for the root of its own snapshot.
  @Test func snapshots_shouldServeOneState_whileTheTrieIsChanged() throws {
    let folder = StoreFolder()
    let store = try LMDBStore(
      path: folder.path, owner: Self.owner, options: LMDBOptions(durability: .onRequest))
    let trie = try StateTrie(store: store, missing: .none, budget: 0)
    var generator = SeededGenerator(seed: 7)
    let keys = (0..<2_000).map { _ in KeyNibbles(bytes: generator.bytes(20)) }
    for key in keys { try trie.put(key, generator.bytes(40)) }
    try Self.commit(trie, store)
    let isDone = Atomic(false)
    let served = Atomic(0)
    let failures = Lock<[String]>([])
    let readers = (0..<2).map { number in
      Thread {
        var generator = SeededGenerator(seed: UInt64(number))
        while !isDone.load(ordering: .acquiring) {
          let start = keys[generator.below(keys.count)]
          let probe = keys[generator.below(keys.count)]
          do {
            try Self.serve(store, from: start, probe)
            served.add(1, ordering: .relaxed)
          } catch {
            failures.withLock { $0.append("\(error)") }
            return
          }
        }
        served.add(1_000_000, ordering: .releasing)
      }
    }
    for reader in readers { reader.start() }
    for _ in 0..<150 {
      for _ in 0..<20 {
        let key = keys[generator.below(keys.count)]
        if generator.chance(30) {
          try trie.remove(key)
        } else {
          try trie.put(key, generator.bytes(40))
        }
      }
      try Self.commit(trie, store)
    }
    isDone.store(true, ordering: .releasing)
    while served.load(ordering: .acquiring) < 2_000_000, failures.withLock(\.isEmpty) {
      Thread.sleep(forTimeInterval: 0.001)
    }
    #expect(failures.withLock { $0 } == [])
    #expect(served.load(ordering: .acquiring) % 1_000_000 > 50)
    #expect(trie.brokenInvariants() == [])
  }

  private static func commit(_ trie: StateTrie, _ store: LMDBStore) throws {
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    trie.committed()
  }

  private static func serve(
    _ store: LMDBStore, from start: KeyNibbles, _ probe: KeyNibbles
  ) throws {
    let answer = try store.read { snapshot throws(StorageError) in
      Result { () throws(TrieError) in
        (
          root: try StateTrie.rootHash(in: snapshot),
          chunk: try StateTrie.chunk(in: snapshot, from: start, limit: 50, edges: .both),
          proof: try StateTrie.proof(of: [probe], in: snapshot),
          lookup: try StateTrie.lookup(probe, in: snapshot)
        )
      }
    }.get()
    guard let root = answer.root else { throw StoredWorld.Failure(description: "no root") }
    _ = try answer.chunk.verify(from: start, edges: .both, stateRoot: root)
    let values = try answer.proof.verify(root: root, keys: [probe])
    let expected: TrieLookup = values[probe].flatMap { $0 }.map { .present($0) } ?? .absent
    guard answer.lookup == expected else {
      throw StoredWorld.Failure(description: "lookup and proof differ")
    }
  }

  @Test func aPartialTrie_shouldServeFromASnapshot_whatItHolds() throws {
    let store = try MemoryStore(owner: Self.owner)
    let trie = try StateTrie(store: store, missing: .none, budget: 0)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<500 { try trie.put(KeyNibbles(bytes: generator.bytes(20)), [1]) }
    let hole = KeyRange(start: KeyNibbles("6")!, end: KeyNibbles("9")!)
    try trie.forget(hole)
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    trie.committed()
    func chunk(_ start: String, _ edges: ChunkEdges) throws -> Result<TrieChunk, TrieError> {
      try store.read { snapshot throws(StorageError) in
        Result { () throws(TrieError) in
          try StateTrie.chunk(in: snapshot, from: KeyNibbles(start)!, limit: 5_000, edges: edges)
        }
      }
    }
    #expect(try chunk("5", .both).map(\.end) == .success(hole.start))
    #expect(try chunk("7", .both) == .failure(.missing(KeyNibbles("7")!, in: hole)))
    #expect(try chunk("5", .last) == .failure(.missing(hole.start, in: hole)))
    let missing = try store.read { snapshot throws(StorageError) in
      Result { () throws(TrieError) in try StateTrie.missing(in: snapshot) }
    }
    #expect(missing == .success(KeyRangeSet([hole])))
  }
}

/// A directory for one store, removed at the end.
final class StoreFolder {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.path + "/livesync-trie-" + UUID().uuidString
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
