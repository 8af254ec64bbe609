import Primitives

extension StateTrie {
  /// Turns the trie into one of another state, of which `outline` says a part: what has the same
  /// hash in both stays held, what the outline has in full is taken in, everything else becomes
  /// missing with its new hash known. The root is then the outline's.
  ///
  /// With an outline of nothing, all is missing. Throws `storage` and `damaged`; then the trie has
  /// to be rolled back.
  public func rebase(onto outline: StateOutline) throws(TrieError) {
    guard !outline.isEmpty else { return reset() }
    let parts = outline.parts()
    try load(parts.lazy.flatMap { part in [part.key] + (part.range.end.map { [$0] } ?? []) })
    _ = refresh(TrieArena.root)
    touch()
    let plan = RebasePlan(parts) { part in holds(part) }
    for range in plan.dropped.ranges { try drop(range) }
    uncharted = .none
    for range in plan.absent { missing.remove(range) }
    for part in plan.changed { put(part) }
  }

  /// True if the trie has the same at the part's place.
  private func holds(_ part: StateOutline.Part) -> Bool {
    switch part.content {
    case .closed(let hash): return nodeHash(at: part.key) == hash
    case .value(let hash): return valueHash(at: part.key) == hash
    case .items(let items):
      // Whoever has fetched them did not hold them.
      return items.isEmpty
    }
  }

  /// Puts a part where nothing is left.
  private func put(_ part: StateOutline.Part) {
    switch part.content {
    case .closed(let hash):
      missing.insert(part.range)
      insertFrontier(FrontierEntry(key: part.key, hash: hash, isValue: false))
    case .value(let hash):
      missing.insert(part.range)
      insertFrontier(FrontierEntry(key: part.key, hash: hash, isValue: true))
    case .items(let items):
      missing.remove(part.range)
      for item in items { insertLeaf(item.key, item.value) }
    }
  }

  /// Removes everything in a range, whose edges must be loaded, and says nothing of it.
  private func drop(_ range: KeyRange) throws(TrieError) {
    try load([range.start] + (range.end.map { [$0] } ?? []))
    itemCount -= try storedItemCount(in: range)
    var gone: [KeyNibbles] = []
    _ = walk(TrieArena.root, range) { index in
      gone.append(arena.terminal(index).key)
      return true
    }
    for key in gone { removeEntry(key) }
  }

  /// The hash of the node with exactly this key, which must be loaded and refreshed; nil if there
  /// is none, or its hash is not known.
  func nodeHash(at key: KeyNibbles) -> Hash256? {
    var ref = TrieArena.root
    while true {
      let node = arena.inners + ref.index
      let depth = node.pointee.depth
      guard depth < key.count else { return node.pointee.isDirty ? nil : node.pointee.hash }
      let child = node.pointee.children[key[depth]]
      guard child != .none, arena.key(of: child).isPrefix(of: key) else { return nil }
      guard child.isTerminal else {
        ref = child
        continue
      }
      let terminal = arena.terminal(child.index)
      guard terminal.key == key else { return nil }
      if terminal.pointee.kind == .sealedValue { return terminal.sealedLeafHash }
      return terminal.pointee.hash == .zero ? nil : terminal.pointee.hash
    }
  }

  /// The hash of the value of the inner node with exactly this key; nil if there is none.
  private func valueHash(at key: KeyNibbles) -> Hash256? {
    guard let last = path(to: key).last, last.key == key, !last.ref.isTerminal else { return nil }
    let own = arena.inners[last.ref.index].own
    return own == .none ? nil : ownValueHash(own.index)
  }
}

/// What a trie does to follow an outline.
private struct RebasePlan {
  /// Everything that does not stay.
  private(set) var dropped = KeyRangeSet.none
  /// Keys that have no value in the new state.
  private(set) var absent: [KeyRange] = []
  /// What the trie does not hold.
  private(set) var changed: [StateOutline.Part] = []

  /// - Parameter isHeld: whether the trie has the same at a part's place.
  init(_ parts: [StateOutline.Part], isHeld: (StateOutline.Part) -> Bool) {
    var next: KeyNibbles? = .empty
    for part in parts {
      if let start = next { add(absent: KeyRange(start: start, end: part.key)) }
      next = part.range.end
      if isHeld(part) { continue }
      dropped.insert(part.range)
      changed.append(part)
    }
    if let start = next { add(absent: KeyRange(start: start, end: nil)) }
  }

  private mutating func add(absent range: KeyRange) {
    guard !range.isEmpty else { return }
    absent.append(range)
    dropped.insert(range)
  }
}

extension StateTrie {
  /// The node with exactly this key and the hashes of its children; nil if there is none. A leaf
  /// has its value, other nodes the hash of theirs. Throws `rootUnknown`, `storage` and `damaged`,
  /// and `missing` for a place that is not held.
  public func node(at key: KeyNibbles) throws(TrieError) -> ProofNode? {
    guard rootHash() != nil else { throw .rootUnknown }
    try load([key])
    if let range = missing.range(containing: key) { throw .missing(key, in: range) }
    guard let last = path(to: key).last, last.key == key else { return nil }
    return proofNode(last.ref, withValue: false)
  }

  /// The hashes of the nodes with exactly these keys: nil where there is none, or where it is not
  /// known. Throws `storage` and `damaged`.
  public func nodeHashes(at keys: [KeyNibbles]) throws(TrieError) -> [Hash256?] {
    try load(keys)
    _ = refresh(TrieArena.root)
    return keys.map { nodeHash(at: $0) }
  }
}

extension StateTrie {
  /// The diff that gives each of `keys` its new value, nil for none; of a key that is there twice
  /// the last one counts. Throws `missing` for keys that are not held, `rootValue`, `valueTooLong`,
  /// `storage` and `damaged`.
  public func diff(
    to changes: [(key: KeyNibbles, value: [UInt8]?)]
  ) throws(TrieError) -> TrieDiff {
    let last = Dictionary(changes.map { ($0.key, $0.value) }) { $1 }
    try load(last.keys)
    var entries: [TrieDiff.Entry] = []
    for key in last.keys.sorted() {
      let new = last[key] ?? nil
      if let new { try Self.check(key, new) }
      let old: [UInt8]?
      switch try lookup(key) {
      case .present(let value): old = value
      case .absent: old = nil
      case .missing: throw .missing(key, in: missing.range(containing: key))
      }
      if old != new { entries.append(.init(key: key, old: old, new: new)) }
    }
    guard let diff = try? TrieDiff(entries: entries) else { throw .limitTooLarge(entries.count) }
    return diff
  }
}
