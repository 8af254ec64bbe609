import Primitives

/// A chunk that has been checked against a state root; the only thing the trie applies.
public struct VerifiedChunk: Sendable {
  /// The keys the chunk speaks for.
  public let range: KeyRange
  /// All items of the range in the proven state.
  public let items: [TrieItem]
  /// The root the chunk was checked against.
  public let stateRoot: Hash256
  /// The nodes over the items with their hashes.
  let nodes: RebuiltNodes
  /// Known hashes of everything the proof does not open outside the range, in key order.
  let outside: [FrontierEntry]
  /// Keys left of the range that were taken from what is held instead of from the proof.
  let takenFromHeld: [KeyRange]
}

extension TrieChunk {
  /// Checks the chunk on its own against a state root: with both edges proven, or from the start of
  /// the trie. With one edge, the end must have the reference's form.
  public func verify(
    from start: KeyNibbles, edges: ChunkEdges = .last, stateRoot: Hash256
  ) throws(ChunkError) -> VerifiedChunk {
    try verify(from: start, edges: edges, stateRoot: stateRoot) { _ in nil }
  }

  /// Checks the chunk against a state root. `held` tells the entries of a range left of the chunk
  /// whose inside the proof does not show, or nil if they are not held.
  ///
  /// The items and the hashes of everything outside the range must rebuild the root: see
  /// `ChunkRebuild`.
  func verify(
    from start: KeyNibbles, edges: ChunkEdges, stateRoot: Hash256,
    held: (KeyRange) throws(ChunkError) -> [ChunkRebuild.Entry]?
  ) throws(ChunkError) -> VerifiedChunk {
    let range = KeyRange(start: start, end: end)
    try checkItems(in: range)
    do { try proof.verifyNodes(root: stateRoot) } catch { throw .proof(error) }
    if edges == .last { try checkEndForm() }

    var left: [ChunkRebuild.Entry] = []
    var right: [ChunkRebuild.Entry] = []
    var outside: [FrontierEntry] = []
    var takenFromHeld: [KeyRange] = []
    for part in proof.parts() {
      let covered = part.range
      if !range.isEmpty, range.contains(covered) {
        #if MUTANTS
          if Mutant.isOn(.acceptLyingEnd), items.last.map({ part.key > $0.key }) ?? true {
            right.append(part.entry)
          }
        #endif
        continue
      }
      if !range.intersects(covered) {
        if part.key < start { left.append(part.entry) } else { right.append(part.entry) }
        outside.append(part.frontier)
      } else if case .leaf = part.content {
        // A lone leaf has nothing below it, so only its own key counts.
        if range.contains(part.key) { continue }
        left.append(part.entry)
        outside.append(part.lonelyValue)
      } else if covered.end.isAbove(end) {
        throw .endNotProven(part.key)
      } else {
        let before = KeyRange(start: covered.start, end: start)
        guard let entries = try held(before) else { throw .startNotProven(part.key) }
        left += entries
        takenFromHeld.append(before)
      }
    }
    left.sort { $0.key < $1.key }
    right.sort { $0.key < $1.key }
    var rebuild = ChunkRebuild(left: left, items: items, right: right)
    guard let root = rebuild.rootHash(), root.isEqualInConstantTime(to: stateRoot) else {
      #if MUTANTS
        if Mutant.isOn(.skipProofCheck) {
          return VerifiedChunk(
            range: range, items: items, stateRoot: stateRoot, nodes: rebuild.nodes,
            outside: outside.sorted { $0.key < $1.key }, takenFromHeld: takenFromHeld)
        }
      #endif
      let lonely = rebuild.lonelyValue
      throw takenFromHeld.contains { lonely.map($0.contains) ?? false }
        ? .leftEdgeUnknown : .itemsMismatch
    }
    outside.sort { $0.key < $1.key }
    return VerifiedChunk(
      range: range, items: items, stateRoot: stateRoot,
      nodes: rebuild.nodes, outside: outside, takenFromHeld: takenFromHeld)
  }

  /// Items must be legal, strictly ordered and inside the range.
  private func checkItems(in range: KeyRange) throws(ChunkError) {
    // A chunk of limit 0 may end where it starts: it only brings hashes.
    if let end, end < range.start { throw .rangeEmpty }
    var previous: KeyNibbles?
    for item in items {
      if let previous, item.key <= previous { throw .notSorted(item.key) }
      guard range.contains(item.key) else { throw .itemOutOfRange(item.key) }
      do { try StateTrie.check(item.key, item.value) } catch { throw .item(error) }
      previous = item.key
    }
  }

  /// The form in which the reference cuts chunks: the key of a proof node and one nibble more, and
  /// above the first node.
  private func checkEndForm() throws(ChunkError) {
    guard let end else { return }
    guard let first = proof.nodes.first, first.key < end else { throw .endNotProven(end) }
    let parent = end.prefix(max(0, end.count - 1))
    guard proof.nodes.contains(where: { $0.key == parent }) else { throw .endNotProven(end) }
  }
}

extension StateTrie {
  /// Checks a chunk against the state root of the block this trie is at, using what is held left of
  /// it where the chunk proves only its right edge. Changes nothing.
  public func verify(
    _ chunk: TrieChunk, from start: KeyNibbles, edges: ChunkEdges = .last, stateRoot: Hash256
  ) throws(ChunkError) -> VerifiedChunk {
    guard missing.contains(start) else { throw .startNotMissing }
    return try chunk.verify(from: start, edges: edges, stateRoot: stateRoot) {
      (range) throws(ChunkError) in try self.heldEntries(in: range)
    }
  }

  /// What is held and known of `range` as the fewest entries; throws if a part is unknown.
  private func heldEntries(in range: KeyRange) throws(ChunkError) -> [ChunkRebuild.Entry] {
    if uncharted.intersects(range) { throw .leftEdgeUnknown }
    var entries: [ChunkRebuild.Entry] = []
    guard collect(TrieArena.root, range, &entries) else { throw .leftEdgeUnknown }
    return entries
  }

  private func collect(
    _ ref: NodeRef, _ range: KeyRange, _ entries: inout [ChunkRebuild.Entry]
  ) -> Bool {
    let key = arena.key(of: ref)
    let covered = KeyRange(subtree: key)
    guard covered.intersects(range) else { return true }
    if range.contains(covered), refresh(ref) {
      entries.append(.init(key: key, content: .subtree(hash(of: ref))))
      return true
    }
    if ref.isTerminal { return collectValue(ref, range, &entries) }
    let node = arena.inners + ref.index
    let own = node.pointee.own
    if own != .none, !collectValue(own, range, &entries) { return false }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child != .none, !collect(child, range, &entries) { return false }
    }
    return true
  }

  /// The value of a terminal whose subtree reaches out of `range`; false for a stump. (What is
  /// stored and not in memory is held in whole, and left of a missing key its paths are in memory.)
  private func collectValue(
    _ ref: NodeRef, _ range: KeyRange, _ entries: inout [ChunkRebuild.Entry]
  ) -> Bool {
    let terminal = arena.terminal(ref.index)
    switch terminal.pointee.kind {
    case .stump, .storedLeaf, .storedNode: return false
    case .leaf:
      guard range.contains(terminal.key) else { return true }
      entries.append(.init(key: terminal.key, content: .leaf(Array(terminal.value))))
    case .sealedValue:
      guard range.contains(terminal.key) else { return true }
      entries.append(
        .init(
          key: terminal.key,
          content: .value(terminal.pointee.hash, asLeaf: terminal.sealedLeafHash)))
    }
    return true
  }
}
