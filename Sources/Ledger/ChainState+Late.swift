import Primitives
import StateTrie

/// Chunks of blocks other than the head: late ones, and those of branches that were left.
///
/// Such a chunk is proven by its own block's state root, without anything that is held. Then the
/// diffs between that block and the head bring its items forward. The trie never leaves the head:
/// what came in with the chunk gets the changes, what was held before has them already, and of what
/// is still missing the changed places are marked.
extension ChainState {
  /// Takes a chunk of the stored block `hash` in. Of no use if the diffs between are not kept.
  func takeLate(_ push: ChunkPush, on trie: StateTrie) throws(ChunkError) -> ChunkOutcome {
    guard let block = blocks[push.blockHash] else { return .ignored }
    // One edge leans on what is held, which is of another block than the chunk.
    guard push.edges == .both, push.mayBeOfUse(to: trie) else { return .ignored }
    guard let way = changes(from: push.blockHash) else { return .ignored }
    let verified = try push.chunk.verify(
      from: push.start, edges: push.edges, stateRoot: block.header.stateRoot)
    guard !verified.range.isEmpty else { return .failed(.rangeEmpty) }
    let fresh = KeyRangeSet(trie.missing.intersection(verified.range))
    guard !fresh.isEmpty else { return .ignored }
    // A block whose diff and whose state root contradict each other: nobody but its producer lied.
    guard way.fits(verified.items, in: fresh) else { return .ignored }
    chunkMark += 1
    let items = trie.apply(verified)
    do {
      // What is marked as changed below was told by the chunk as it was before the changes.
      try trie.apply(
        way.restricted { [missing = trie.missing] in fresh.contains($0) || missing.contains($0) })
    } catch {
      preconditionFailure("a diff that was found to fit does not: \(error)")
    }
    return .committed(items: items)
  }

  /// What changed from the state after the stored block `hash` to the head's: back to the main
  /// chain, then up. Nil if a diff on the way is not kept, if the way is longer than
  /// `LedgerLimits.carriedBlocksMax`, or if the diffs do not follow from each other.
  func changes(from hash: Hash256) -> TrieDiff? {
    let (ancestor, path) = branch(to: hash)
    guard let above = head.number.subtracting(ancestor.block.number),
      path.count + Int(above) <= LedgerLimits.carriedBlocksMax
    else { return nil }
    var changes = TrieDiff.empty
    do throws(DiffError) {
      for step in path.reversed() {
        guard let diff = entry(step).knownDiff else { return nil }
        changes = try changes.composed(with: diff.inverted())
      }
      for number in (ancestor.block.number..<head.number).map({ $0 + 1 }) {
        guard let hash = main[number], let diff = entry(hash).knownDiff else { return nil }
        changes = try changes.composed(with: diff)
      }
    } catch {
      return nil
    }
    return changes
  }
}

extension ChunkPush {
  /// False if every key of the chunk is held already. A chunk that ends before it starts is wrong,
  /// and so worth to be looked at.
  func mayBeOfUse(to trie: StateTrie) -> Bool {
    let range = KeyRange(start: start, end: chunk.end)
    return range.isEmpty || trie.missing.intersects(range)
  }
}

extension BlockEntry {
  /// The block's diff, if it is kept or known to be empty.
  fileprivate var knownDiff: TrieDiff? {
    diff ?? (header.diffRoot == BlockRules.emptyDiffRoot ? .empty : nil)
  }
}

extension TrieDiff {
  /// True if the changes in `range` start from exactly these items (sorted by key).
  fileprivate func fits(_ items: [TrieItem], in range: KeyRangeSet) -> Bool {
    var rest = items[...]
    for entry in entries where range.contains(entry.key) {
      rest = rest.drop { $0.key < entry.key }
      let value = rest.first.flatMap { $0.key == entry.key ? $0.value : nil }
      guard value == entry.old else { return false }
    }
    return true
  }
}

extension UInt32 {
  /// The difference, or nil if it is negative.
  fileprivate func subtracting(_ other: UInt32) -> UInt32? {
    self >= other ? self - other : nil
  }
}
