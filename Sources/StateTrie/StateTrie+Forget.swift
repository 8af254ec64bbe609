import Primitives

extension StateTrie {
  /// Gives up the held keys of `range`: they become missing. What the trie knows of their hashes is
  /// kept, so the root stays known if it was. Throws `storage` and `damaged`; then nothing has
  /// changed.
  public func forget(_ range: KeyRange) throws(TrieError) {
    guard !range.isEmpty, !missing.contains(range) else { return }
    try load([range.start] + (range.end.map { [$0] } ?? []))
    let onlyStored = try storedItemCount(in: range)
    let isKnown = refresh(TrieArena.root) && uncharted.isEmpty
    touch()
    var gone: [KeyNibbles] = []
    var frontier: [FrontierEntry] = []
    forget(TrieArena.root, range, &gone, &frontier)
    for key in gone { removeEntry(key) }
    itemCount -= onlyStored
    let newlyMissing = KeyRangeSet([range])
    missing.insert(range)
    if isKnown {
      for entry in frontier { insertFrontier(entry) }
    } else {
      for part in newlyMissing.ranges { uncharted.insert(part) }
    }
  }

  /// Lists the terminals in `range` and, as few hashes as possible, what stands for them.
  private func forget(
    _ ref: NodeRef, _ range: KeyRange, _ gone: inout [KeyNibbles],
    _ frontier: inout [FrontierEntry]
  ) {
    let key = arena.key(of: ref)
    let covered = KeyRange(subtree: key)
    guard covered.intersects(range) else { return }
    if ref != TrieArena.root, range.contains(covered) {
      frontier.append(.init(key: key, hash: hash(of: ref), isValue: false))
      _ = walk(ref, covered) { index in
        gone.append(arena.terminal(index).key)
        return true
      }
      return
    }
    if ref.isTerminal {
      forgetValue(ref, range, &gone, &frontier)
      return
    }
    let node = arena.inners + ref.index
    if node.pointee.own != .none { forgetValue(node.pointee.own, range, &gone, &frontier) }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child != .none { forget(child, range, &gone, &frontier) }
    }
  }

  /// Lists one value whose subtree reaches out of `range`, if its key lies in it.
  private func forgetValue(
    _ ref: NodeRef, _ range: KeyRange, _ gone: inout [KeyNibbles],
    _ frontier: inout [FrontierEntry]
  ) {
    let terminal = arena.terminal(ref.index)
    guard terminal.pointee.kind != .stump, range.contains(terminal.key) else { return }
    gone.append(terminal.key)
    guard terminal.pointee.kind == .leaf else {
      frontier.append(FrontierEntry(terminal))
      return
    }
    hasher.begin(terminal.key, leaf: terminal.value)
    frontier.append(
      .init(
        key: terminal.key, hash: Blake2b256.hash(terminal.value), isValue: true,
        leafHash: hasher.finish()))
  }
}
