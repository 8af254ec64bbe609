import Ledger
import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// Looking through a stored chain finds what is wrong with it.
@Suite struct StoredCheckTests {
  private func checked(_ store: any KeyValueStore) throws -> LedgerStoreError? {
    try store.read { snapshot throws(StorageError) in
      do throws(LedgerStoreError) {
        try StoredChain.check(in: snapshot)
        return nil
      } catch { return error }
    }
  }

  /// A store with a chain in the middle of a life.
  private func lived(_ seed: UInt64) throws -> (Life, MemoryStore) {
    let life = try Life(seed: seed, length: 24)
    let store = try MemoryStore(owner: .chain(life.genesis.hash))
    let chain = try Life.open(life.genesis, in: store)
    for step in life.steps.prefix(life.steps.count / 2) { _ = try step.perform(on: chain) }
    return (life, store)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func check_shouldFindNothing_afterEachStep(seed: UInt64) throws {
    let life = try Life(seed: seed, length: 24)
    let store = try MemoryStore(owner: .chain(life.genesis.hash))
    let chain = try Life.open(life.genesis, in: store)
    #expect(try checked(store) == nil)
    for (index, step) in life.steps.enumerated() {
      _ = try step.perform(on: chain)
      #expect(try checked(store) == nil, "seed \(seed), step \(index)")
    }
    #expect(LifeState(chain, life.cast) == life.states.last)
  }

  @Test(arguments: [4, 5] as [UInt64])
  func check_shouldNameALostOrChangedRecord(seed: UInt64) throws {
    let (_, store) = try lived(seed)
    let all = try store.read { snapshot throws(StorageError) in
      try snapshot.records()
    }.filter { ChainRecord.namespaces.contains($0.key.namespace) }
    var random = SeededGenerator(seed: seed)
    var unseen = 0
    for entry in all {
      for attempt in 0..<4 {
        let value = attempt == 0 ? nil : random.mutated(entry.value)
        if value == entry.value { continue }
        try store.write { transaction throws(StorageError) in
          if let value {
            try transaction.put(entry.key, value)
          } else {
            try transaction.delete(entry.key)
          }
        }
        if try checked(store) == nil { unseen += 1 }
        try store.write { transaction throws(StorageError) in
          try transaction.put(entry.key, entry.value)
        }
      }
    }
    #expect(try checked(store) == nil)
    // Only a signature's own check, the order in which blocks of one height came, and an old
    // diff or history that is not kept any more are beyond it.
    #expect(unseen * 4 < all.count, "seed \(seed): \(unseen) of \(4 * all.count) not seen")
  }
}
