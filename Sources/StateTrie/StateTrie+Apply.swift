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
    // Inside a subtree that holds both held and missing keys, the proof says nothing new.
    let mixed = chunk.outside.filter {
      !$0.isValue && missing.intersects($0.range) && !missing.contains($0.range)
    }
    var known = KeyRange(start: .empty, end: .some(.empty))
    var stillUncharted = KeyRangeSet.none
    for entry in mixed {
      known.end = entry.key
      clearFrontier(in: known, of: before)
      known.start = entry.range.end ?? entry.key
      for part in uncharted.intersection(entry.range) { stillUncharted.insert(part) }
    }
    if mixed.last?.range.end != nil || mixed.isEmpty {
      known.end = nil
      clearFrontier(in: known, of: before)
    }
    uncharted = stillUncharted
    for part in before.intersection(chunk.range) { uncharted.remove(part) }
    var added = 0
    for item in chunk.items where before.contains(item.key) {
      insertLeaf(item.key, item.value)
      added += 1
    }
    for entry in chunk.outside where missing.contains(entry.range) { insertFrontier(entry) }
    return added
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
      let terminal = arena.terminals[index]
      if terminal.kind != .leaf {
        entries.append(
          .init(
            key: terminal.key, hash: terminal.hash, isValue: terminal.kind == .sealedValue))
      }
      return true
    }
    return entries
  }
}
