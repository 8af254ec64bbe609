import Foundation
import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

@Suite struct StoredTrieTests {
  static let chain = Blake2b256.hash(Array("chain".utf8))

  @Test(arguments: KeyStyle.allCases, [0, 3_000, 1 << 30])
  func storedTrie_shouldAgreeWithTheSameTrieInMemory_afterAnySteps(
    style: KeyStyle, budget: Int
  ) throws {
    var counts = (roots: 0, chunks: 0, reopened: 0)
    for seed in 0..<Campaign.seeds("LIVESYNC_STORED_TRIE_SEEDS", default: 40) {
      let disk = MemoryDisk()
      var world = try StoredWorld(style: style, seed: seed, budget: budget) {
        try MemoryStore(on: disk, chain: Self.chain)
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
}
