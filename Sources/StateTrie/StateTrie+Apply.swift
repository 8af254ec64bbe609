import Primitives

extension StateTrie {
  /// Takes a verified chunk in: its items become held as far as they were missing, and what its
  /// proof tells of the rest replaces what was known before. Returns the number of items added.
  ///
  /// The trie must be at the block whose state root the chunk was checked against.
  @discardableResult
  public func apply(_ chunk: VerifiedChunk) -> Int {
    touch()
    let before = missing
    missing.remove(chunk.range)
    var stillUncharted = KeyRangeSet.none
    var known = KeyRange.all
    for range in unopened(by: chunk) {
      known.end = range.start
      clearFrontier(in: known, of: before)
      for part in uncharted.intersection(range) { stillUncharted.insert(part) }
      guard let end = range.end else {
        known.end = known.start
        break
      }
      known = KeyRange(start: end, end: nil)
    }
    clearFrontier(in: known, of: before)
    uncharted = stillUncharted
    var added = 0
    let isAllMissing = before.contains(chunk.range)
    for (item, hash) in zip(chunk.items, chunk.itemHashes)
    where isAllMissing || before.contains(item.key) {
      insertLeaf(item.key, item.value, hash: hash)
      added += 1
    }
    for entry in chunk.outside where missing.contains(entry.range) { insertFrontier(entry) }
    return added
  }

  /// The subtrees, in key order, of whose missing parts the chunk says nothing new: those that hold
  /// both held and missing keys, or were taken from what is held.
  private func unopened(by chunk: VerifiedChunk) -> [KeyRange] {
    let mixed = chunk.outside.filter {
      !$0.isValue && missing.intersects($0.range) && !missing.contains($0.range)
    }
    return (mixed.map(\.range) + chunk.takenFromHeld).sorted { $0.start < $1.start }
  }

  /// Removes the stumps and sealed values in the missing parts of `range`.
  private func clearFrontier(in range: KeyRange, of missing: KeyRangeSet) {
    guard !range.isEmpty else { return }
    for part in missing.intersection(range) {
      for entry in frontier(in: part) { removeEntry(entry.key) }
    }
  }

  /// The stumps and sealed values with keys in `range`, in key order.
  func frontier(in range: KeyRange) -> [FrontierEntry] {
    var entries: [FrontierEntry] = []
    _ = walk(TrieArena.root, range) { index in
      let terminal = arena.terminal(index)
      if terminal.pointee.kind != .leaf {
        entries.append(FrontierEntry(terminal))
      }
      return true
    }
    return entries
  }
}
