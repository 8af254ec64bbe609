import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// Damage to records: found by the check, and never more than an error for those who read them.
@Suite struct StoredCheckTests {
  /// A store with a trie of `style` in it, partly missing if `isPartial`.
  private func world(
    _ style: KeyStyle, seed: UInt64, isPartial: Bool
  ) throws -> (store: MemoryStore, twin: StateTrie, world: RandomTrie) {
    let disk = MemoryDisk()
    var inner = try RandomTrie(style: style, seed: seed)
    let store = try MemoryStore(on: disk, owner: StoredTrieTests.owner)
    let trie = try StateTrie(store: store, missing: .none)
    for item in inner.trie.items { try trie.put(item.key, item.value) }
    for key in [KeyNibbles("0")!, KeyNibbles("03")!, KeyNibbles("033")!, KeyNibbles("0333")!] {
      try trie.put(key, [1, 2, 3])
      try inner.trie.put(key, [1, 2, 3])
      inner.model[key] = [1, 2, 3]
    }
    if isPartial {
      try trie.forget(KeyRange(start: KeyNibbles("02")!, end: KeyNibbles("0332")!))
      try trie.forget(inner.randomRange())
    }
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    trie.committed()
    return (store, inner.trie, inner)
  }

  @Test(arguments: KeyStyle.allCases, [false, true])
  func check_shouldFindNothing_inWhatWasSaved(
    style: KeyStyle, isPartial: Bool
  ) throws {
    for seed in 0..<UInt64(30) {
      let (store, twin, _) = try world(style, seed: seed, isPartial: isPartial)
      var last: TrieCheckProgress?
      let (fault, statistics) = try store.read { snapshot throws(StorageError) in
        (
          Result { () throws(TrieError) in
            try StateTrie.check(in: snapshot, root: twin.rootHash()) {
              last = $0
              return true
            }
          },
          Result { () throws(TrieError) in try StateTrie.storedStatistics(in: snapshot) }
        )
      }
      #expect(fault == .success(nil), "seed \(seed)")
      let done = try #require(last)
      #expect(done.leaves == done.leavesTotal)
      let counted = try statistics.get()
      #expect(counted.leaves == done.leaves && counted.items == done.leaves)
      #expect(counted.nodesByDepth.reduce(0, +) == done.nodes)
      #expect(counted.missing.isEmpty != isPartial)
    }
  }

  /// Every record in turn is changed, removed, or moved to another key, with a right checksum.
  @Test(arguments: KeyStyle.allCases, [false, true])
  func damage_shouldBeFound_andCostNoMoreThanAnError(
    style: KeyStyle, isPartial: Bool
  ) throws {
    var generator = SeededGenerator(seed: 99)
    var tried = 0
    var unnoticed = 0
    for seed in 0..<Campaign.seeds("LIVESYNC_STORED_DAMAGE_SEEDS", default: 8) {
      let (store, twin, world) = try world(style, seed: seed, isPartial: isPartial)
      let records = try store.read { snapshot throws(StorageError) in try snapshot.records() }
      for entry in records {
        let (key, value) = damaged(entry, &generator)
        if key == entry.key, value == entry.value { continue }
        tried += 1
        try store.write { transaction throws(StorageError) in
          try transaction.delete(entry.key)
          if let value { try transaction.put(key, value) }
        }
        let verdict = try store.read { snapshot throws(StorageError) in
          Result { () throws(TrieError) in
            try StateTrie.check(in: snapshot, root: twin.rootHash())
          }
        }
        if case .success(nil) = verdict {
          // Nothing but the serials and the place of a missing range can change unseen.
          #expect(
            entry.key.namespace.name == "state/counters",
            "seed \(seed): \(entry) became \(key) \(value ?? [])")
          unnoticed += 1
        }
        use(store, world)
        try store.write { transaction throws(StorageError) in
          try transaction.delete(key)
          try transaction.put(entry.key, entry.value)
        }
      }
    }
    print("damage (\(style), partial \(isPartial)): \(tried) tried, \(unnoticed) without effect")
    #expect(tried > 50 && unnoticed < tried / 10)
  }

  private func damaged(
    _ entry: StoreRecord, _ generator: inout SeededGenerator
  ) -> (key: StoreKey, value: [UInt8]?) {
    var key = entry.key
    switch generator.below(8) {
    case 0: return (key, nil)
    case 1:
      key.bytes[generator.below(key.bytes.count)] ^= 1 << UInt8(generator.below(8))
      return (key, entry.value)
    case 2: return (key, Array(entry.value.dropLast(1 + generator.below(4))))
    default: return (key, generator.mutated(entry.value))
    }
  }

  /// Does all that can be done with a trie; errors are fine, traps are not.
  private func use(_ store: MemoryStore, _ world: RandomTrie) {
    var world = world
    guard let trie = try? StateTrie(store: store, budget: 0) else { return }
    for item in world.trie.items { _ = try? trie.lookup(item.key) }
    for _ in 0..<4 {
      if let diff = try? world.randomDiff(), let receipt = try? trie.apply(diff) {
        _ = trie.rootHash()
        try? trie.revert(receipt)
      }
      _ = try? trie.chunk(from: world.randomKey(), limit: 5, edges: .both)
      _ = try? trie.proof(of: [world.randomKey(), world.randomKey()])
    }
    if let root = world.trie.rootHash(), let start = trie.missing.first,
      let chunk = try? world.trie.chunk(from: start, limit: 5, edges: .both),
      let verified = try? trie.verify(chunk, from: start, edges: .both, stateRoot: root)
    {
      trie.apply(verified)
    }
    try? trie.forget(world.randomRange())
    _ = try? StoredWorld.items(of: trie, in: .all)
    _ = trie.rootHash()
    try? store.write { transaction throws(StorageError) in
      try trie.save(to: &transaction)
      transaction.discard()
    }
    try? trie.rollBack()
  }

  @Test func aCheck_shouldStop_whenItIsToldTo() throws {
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: StoredTrieTests.owner)
    let trie = try StateTrie(store: store, missing: .none)
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<60_000 { try trie.put(KeyNibbles(bytes: generator.bytes(8)), [1]) }
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    var reports = 0
    try store.read { snapshot throws(StorageError) in
      let fault = Result { () throws(TrieError) in
        try StateTrie.check(in: snapshot) { _ in
          reports += 1
          return false
        }
      }
      #expect(fault == .success(nil))
    }
    #expect(reports == 1)
  }
}
