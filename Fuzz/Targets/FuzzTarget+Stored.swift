import Primitives
import StateTrie
import Storage
import TestSupport

extension FuzzTarget {
  /// A stored trie whose records were changed behind its back gives errors; where the check of the
  /// whole store finds nothing, every answer is true.
  static let storedTrie = FuzzTarget(
    "stored-trie", seeds: decisionSeeds,
    check: { input in
      var source = FuzzSource(input)
      let (world, _) = FuzzWorld.chosen(by: &source)
      let store = try MemoryStore(on: MemoryDisk(), owner: .chain(.zero))
      try keep(world, in: store, missing: source)
      let records = try store.read { snapshot throws(StorageError) in try snapshot.records() }
      for _ in 0...source.below(2) {
        let record = records[source.below(records.count)]
        let (key, value) = damaged(record, by: &source)
        try store.write { transaction throws(StorageError) in
          try transaction.delete(record.key)
          if let value { try transaction.put(key, value) }
        }
      }
      let isSound = try store.read { snapshot throws(StorageError) in
        Result { () throws(TrieError) in
          try StateTrie.check(in: snapshot, root: world.root) == nil
        }
      }
      let answers = try? answers(of: store, about: world.keys)
      guard case .success(true) = isSound, let answers else { return }
      for (key, answer) in answers where answer != .missing {
        let truth: TrieLookup = world.value(of: key).map { .present($0) } ?? .absent
        try demand(answer == truth, "\(key) is \(answer) in a store that was found sound")
      }
    })

  /// Saves the trie of `world`, a part of it given up, as a node would.
  private static func keep(
    _ world: FuzzWorld, in store: MemoryStore, missing source: FuzzSource
  ) throws {
    var source = source
    let trie = try StateTrie(store: store, missing: .none)
    for item in world.items { try trie.put(item.key, item.value) }
    let start = source.key(near: world.keys)
    let end = source.key(near: world.keys)
    if start < end { try trie.forget(KeyRange(start: start, end: end)) }
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
  }

  private static func damaged(
    _ record: StoreRecord, by source: inout FuzzSource
  ) -> (key: StoreKey, value: [UInt8]?) {
    var (key, value) = (record.key, record.value)
    switch source.below(5) {
    case 0: return (key, nil)
    case 1: key.bytes[source.below(key.bytes.count)] ^= source.byte()
    case 2: value.removeLast(min(value.count, 1 + source.below(40)))
    case 3: value += source.bytes(source.below(40))
    default: if !value.isEmpty { value[source.below(value.count)] ^= source.byte() }
    }
    return (key, value)
  }

  /// All that a node might ask of the store; throws the first error.
  private static func answers(
    of store: MemoryStore, about keys: [KeyNibbles]
  ) throws -> [KeyNibbles: TrieLookup] {
    let trie = try StateTrie(store: store, budget: 0)
    var answers: [KeyNibbles: TrieLookup] = [:]
    for key in keys { answers[key] = try trie.lookup(key) }
    _ = try? trie.chunk(from: .empty, limit: 9, edges: .both)
    _ = try? trie.proof(of: Array(keys.prefix(3)))
    return answers
  }
}
