import CBlake2Batch
import Primitives
import Runtime
import StateTrie

/// Fixed work on the trie whose instructions can be counted: no clock, no random hashing, the same
/// seeds. Everything is hashed one by one with libb2, so that the count is the same on processors
/// with and without AVX2 and AVX-512.
enum Workload: String, CaseIterable {
  /// Insert accounts in random order and compute the root.
  case insert
  /// Verify and apply the chunks of a whole trie.
  case chunks
  /// Apply diffs and compute the root after each, then take all back.
  case diffs

  static let names = allCases.map(\.rawValue).joined(separator: ", ")

  private static let accountCount = 20_000
  private static let chunkItems = 1_000
  private static let blockCount = 40
  private static let changesPerBlock = 500

  /// Does the work and gives the state root at its end.
  func run() -> Hash256 {
    blake2b256_use_no_lanes()
    var generator = RandomStream(seed: 0xc0_47)
    let keys = (0..<Self.accountCount).map { _ in KeyNibbles(bytes: generator.bytes(20)) }
    let value = generator.bytes(40)
    let trie = StateTrie()
    if self == .insert {
      return counted {
        for key in keys { try! trie.put(key, value) }
        return trie.rootHash()!
      }
    }
    for key in keys { try! trie.put(key, value) }
    let root = trie.rootHash()!
    if self == .chunks { return fill(from: trie, root) }

    let blocks = (0..<Self.blockCount).map { _ in
      let changed = Set((0..<Self.changesPerBlock).map { _ in keys[generator.below(keys.count)] })
      return changed.sorted().map { ($0, generator.bytes(40)) }
    }
    return follow(blocks, on: trie)
  }

  private func fill(from twin: StateTrie, _ root: Hash256) -> Hash256 {
    var chunks: [(start: KeyNibbles, chunk: TrieChunk)] = []
    var next: KeyNibbles? = .empty
    while let start = next {
      let chunk = try! twin.chunk(from: start, limit: Self.chunkItems, edges: .both)
      chunks.append((start, chunk))
      next = chunk.end
    }
    let partial = StateTrie(missing: .all)
    return counted {
      for (start, chunk) in chunks {
        partial.apply(try! partial.verify(chunk, from: start, edges: .both, stateRoot: root))
      }
      return partial.rootHash()!
    }
  }

  private func follow(_ blocks: [[(KeyNibbles, [UInt8])]], on trie: StateTrie) -> Hash256 {
    let model = trie.copy()
    let diffs = blocks.map { block in
      let diff = try! TrieDiff(
        entries: block.map { key, new in
          guard case .present(let old) = try! model.lookup(key) else {
            preconditionFailure("account \(key) is gone")
          }
          return .init(key: key, old: old, new: new)
        })
      try! model.apply(diff)
      return diff
    }
    return counted {
      var receipts: [DiffReceipt] = []
      for diff in diffs {
        receipts.append(try! trie.apply(diff))
        _ = trie.rootHash()
      }
      for receipt in receipts.reversed() { try! trie.revert(receipt) }
      return trie.rootHash()!
    }
  }
}

/// What is counted: valgrind is told to count only inside this function, by its name.
@inline(never)
private func counted(_ body: () -> Hash256) -> Hash256 {
  body()
}
