import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// A store that cannot be read for a moment: an error, and nothing has changed.
@Suite struct StoredFaultTests {
  @Test(arguments: KeyStyle.allCases)
  func readFault_shouldBeTold_andChangeNothing(style: KeyStyle) throws {
    var faults = 0
    for seed in 0..<Campaign.seeds("LIVESYNC_STORED_FAULT_SEEDS", default: 10) {
      var world = try RandomTrie(style: style, seed: seed)
      let disk = MemoryDisk()
      let store = try MemoryStore(on: disk, owner: StoredTrieTests.owner)
      let stored = try StateTrie(store: store, missing: .none, budget: 0)
      let memory = world.trie
      for item in memory.items { try stored.put(item.key, item.value) }
      for round in 0..<30 {
        try store.write { transaction throws(StorageError) in
          try stored.save(to: &transaction)
        }
        stored.committed()
        let diff = try world.randomDiff()
        let range = KeyRange(subtree: world.randomKey().prefix(3))
        let key = world.randomKey()
        let kind = world.generator.below(5)
        let change: (StateTrie) throws(TrieError) -> Void = { trie throws(TrieError) in
          switch kind {
          case 0 where trie.isComplete, 1 where trie.isComplete: try trie.apply(diff)
          case 2: _ = try trie.chunk(from: .empty, limit: 9, edges: .both)
          case 3 where trie.isComplete: _ = try trie.proof(of: [key])
          case 4 where round > 20: try trie.forget(range)
          default: _ = try trie.lookup(key)
          }
        }
        disk.faults.bitFlips = [disk.reads + 1 + UInt64(world.generator.below(6)): 77]
        var isDone = false
        do throws(TrieError) {
          try change(stored)
          isDone = true
        } catch {
          isDone = error.missingRange != nil
          if !isDone {
            faults += 1
            #expect(error.reason == "corrupted", "seed \(seed), round \(round): \(error)")
          }
        }
        disk.faults = .none
        #expect(!isDone || stored.missing == memory.missing || kind == 4)
        if !isDone {
          #expect(stored.itemCount == memory.itemCount, "seed \(seed), round \(round)")
          #expect(stored.rootHash() == memory.rootHash(), "seed \(seed), round \(round)")
          try? change(stored)
        }
        try? change(memory)
        if kind < 2, memory.isComplete {
          for entry in diff.entries { world.model[entry.key] = entry.new }
        }
        #expect(stored.rootHash() == memory.rootHash(), "seed \(seed), round \(round) \(kind)")
        #expect(stored.itemCount == memory.itemCount, "seed \(seed), round \(round)")
        #expect(stored.brokenInvariants() == [], "seed \(seed), round \(round)")
      }
    }
    print("read faults (\(style)): \(faults)")
    #expect(faults > 30)
  }
}
