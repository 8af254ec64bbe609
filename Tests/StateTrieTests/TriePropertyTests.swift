import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct TriePropertyTests {
  /// Random honest steps and random lies against a twin and a dictionary: LIVE-SYNC 1.7 and 2.
  @Test(arguments: TrieWorld.KeyStyle.allCases)
  func partialTrie_shouldAgreeWithItsTwin_afterAnySteps(style: TrieWorld.KeyStyle) throws {
    var rootKnown = 0
    var chunks = 0
    for seed in 0..<Campaign.seeds("LIVESYNC_TRIE_SEEDS", default: 200) {
      var world = try TrieWorld(style: style, seed: seed)
      var step = 0
      do {
        while step < 60 {
          try world.step()
          step += 1
        }
        try world.finish()
      } catch {
        Issue.record("seed \(seed), step \(step) (\(world.lastStep)): \(error)")
        return
      }
      rootKnown += world.rootKnown
      chunks += world.chunksApplied
    }
    print("trie worlds (\(style)): \(chunks) chunks applied, root known \(rootKnown) times")
    #expect(rootKnown > 2_000 && chunks > 1_000)
  }

  @Test func revert_shouldRestoreRootAndRanges_whenItIsTheLatestChange() throws {
    for seed in 0..<UInt64(100) {
      var world = try TrieWorld(style: .prefixes, seed: seed)
      for _ in 0..<20 { try world.step() }
      let before = (world.partial.rootHash(), world.partial.missing, world.partial.items)
      let receipts = try (0..<4).map { _ in
        let diff = try world.randomDiff()
        for entry in diff.entries { world.model[entry.key] = entry.new }
        return try world.partial.apply(diff)
      }
      for receipt in receipts.reversed() { try world.partial.revert(receipt) }
      #expect(world.partial.rootHash() == before.0, "seed \(seed)")
      #expect(world.partial.missing == before.1, "seed \(seed)")
      #expect(world.partial.items == before.2, "seed \(seed)")
      #expect(world.partial.brokenInvariants() == [], "seed \(seed)")
    }
  }

  @Test func copy_shouldBeIndependent() throws {
    var world = try TrieWorld(style: .addresses, seed: 5)
    for _ in 0..<30 { try world.step() }
    let copy = world.partial.copy()
    let before = (world.partial.rootHash(), world.partial.items)
    try copy.forget(.all)
    try StateTrieTests.fill(copy, from: world.twin)
    try copy.put(KeyNibbles("abc")!, [1])
    #expect(world.partial.rootHash() == before.0)
    #expect(world.partial.items == before.1)
    #expect(world.partial.brokenInvariants() == [] && copy.brokenInvariants() == [])
  }
}

/// Fills all missing ranges of `trie` with chunks of `twin`.
func fill(_ trie: StateTrie, from twin: StateTrie) throws {
  while let start = trie.missing.first {
    let chunk = try twin.chunk(from: start, limit: 50, edges: .both)
    trie.apply(try trie.verify(chunk, from: start, edges: .both, stateRoot: twin.rootHash()!))
  }
}
