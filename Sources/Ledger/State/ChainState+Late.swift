import Primitives
import StateTrie

/// Chunks of blocks other than the head: late ones, and those of branches that were left.
///
/// Such a chunk is proven by its own block's state root, without anything that is held. Then the
/// diffs between that block and the head bring its items forward. The trie never leaves the head:
/// what came in with the chunk gets the changes, what was held before has them already, and of what
/// is still missing the changed places are marked.
extension ChainState {
  /// Takes a chunk of another stored block in. Of no use if the diffs between are not kept.
  func takeLate(_ push: ChunkPush, on trie: StateTrie) throws(ChunkRefusal) -> ChunkOutcome {
    // One edge leans on what is held, which is of another block than the chunk.
    guard push.edges == .both, push.mayBeOfUse(to: trie) else { return .ignored }
    guard let (block, way) = try way(from: push.blockHash) else { return .ignored }
    let verified = try push.verified(block.header.stateRoot)
    let fresh = KeyRangeSet(trie.missing.intersection(verified.range))
    guard !fresh.isEmpty else { return .ignored }
    // A block whose diff and whose state root contradict each other: nobody but its producer lied.
    guard way.fits(verified.items, in: fresh) else { return .ignored }
    let items = apply(verified, to: trie)
    #if MUTANTS
      if Mutant.isOn(.lateChunkNotCarried) { return .committed(items: items) }
    #endif
    do throws(TrieError) {
      // What is marked as changed below was told by the chunk as it was before the changes.
      try trie.apply(
        way.restricted { [missing = trie.missing] in fresh.contains($0) || missing.contains($0) })
    } catch {
      guard error.isOfStore else {
        preconditionFailure("a diff that was found to fit does not: \(error)")
      }
      throw .store(LedgerStoreError(error))
    }
    return .committed(items: items)
  }

  private func way(from hash: Hash256) throws(ChunkRefusal) -> (Block, TrieDiff)? {
    do throws(LedgerStoreError) {
      guard let found = try find(hash, includeBody: false),
        let changes = try changes(from: found)
      else { return nil }
      return (found.block, changes)
    } catch { throw .store(error) }
  }

  /// What changed from the state after a stored block to the head's: back to the main chain, from
  /// which a side branch parts at or above the last macro block, then up. Nil if a diff on the way
  /// is not kept, if the way is longer than `LedgerLimits.carriedBlocksMax`, or if the diffs do not
  /// follow from each other.
  private func changes(from start: FoundBlock) throws(LedgerStoreError) -> TrieDiff? {
    var (base, back) = (start.block.id, [Hash256]())
    if !start.isOnMain {
      let (ancestor, path) = branch(to: start.block.hash)
      (base, back) = (ancestor.block.id, path.reversed())
    }
    guard base.number <= head.number,
      back.count + Int(head.number - base.number) <= LedgerLimits.carriedBlocksMax
    else { return nil }
    var way = CarriedChanges(from: start.block.id)
    // Many chunks of one block come one after another, such as the pieces of a snapshot.
    if let kept = carried, kept.from == way.from, kept.to.number <= head.number,
      try mainHash(at: kept.to.number) == kept.to.hash
    {
      way = kept
    } else {
      for hash in back {
        #if MUTANTS
          if Mutant.isOn(.siblingChunk) { break }
        #endif
        guard case .diff(let diff) = try diffLookup(of: hash),
          way.append(diff.inverted(), of: base)
        else { return nil }
      }
    }
    while way.to.number < head.number {
      let number = way.to.number + 1
      guard let hash = try mainHash(at: number), case .diff(let diff) = try diffLookup(of: hash),
        way.append(diff, of: BlockID(number: number, hash: hash))
      else { return nil }
    }
    carried = way.diff.heapBytes <= LedgerLimits.carriedChangesBytesMax ? way : nil
    return way.diff
  }
}

/// What changed on the way from one block to another.
struct CarriedChanges {
  let from: BlockID
  private(set) var to: BlockID
  private(set) var diff = TrieDiff.empty

  init(from block: BlockID) { (from, to) = (block, block) }

  /// Goes on to `block` by the diff that leads there; false if it does not follow.
  mutating func append(_ next: TrieDiff, of block: BlockID) -> Bool {
    do throws(DiffError) { diff = try diff.composed(with: next) } catch { return false }
    to = block
    return true
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
