import Primitives

extension StateTrie {
  /// Sets a leaf, new or not. `hash` is its node hash if known, else zero.
  func insertLeaf(_ key: KeyNibbles, _ value: [UInt8], hash: Hash256 = .zero) {
    backing?.count(valueBytes: value.count)
    value.withUnsafeBytes { bytes in
      if insert(key, .leaf, bytes, hash) { itemCount += 1 }
    }
  }

  /// Sets a stump or a sealed value with a known hash.
  func insertFrontier(_ entry: FrontierEntry) {
    let kind: TerminalNode.Kind = entry.isValue ? .sealedValue : .stump
    (entry.leafHash?.bytes ?? []).withUnsafeBytes { _ = insert(entry.key, kind, $0, entry.hash) }
  }

  /// Where a key belongs, and what stands there.
  enum Place {
    /// An inner node with this key.
    case node(NodeRef)
    /// An empty slot of an inner node.
    case slot(NodeRef, Int)
    /// A terminal with this key in a slot of an inner node.
    case terminal(NodeRef, Int, NodeRef)
    /// The paths part inside the edge from a slot of an inner node to its child, `shared` nibbles
    /// from the root, or the key ends there.
    case edge(NodeRef, Int, NodeRef, shared: Int)

    /// True if nothing stands at `key` or below it.
    func isFree(for key: KeyNibbles) -> Bool {
      switch self {
      case .node, .terminal: false
      case .slot: true
      case .edge(_, _, _, let shared): shared < key.count
      }
    }
  }

  /// The place of `key`. Marks the path to it dirty.
  @inline(__always)
  func descend(to key: KeyNibbles) -> Place {
    let inners = arena.inners
    var ref = TrieArena.root
    while true {
      let node = inners + ref.index
      node.pointee.markChanged()
      let depth = node.pointee.depth
      if key.count == depth { return .node(ref) }
      let slot = key[depth]
      node.pointee.markChanged(slot: slot)
      let child = node.pointee.children[slot]
      if child == .none { return .slot(ref, slot) }
      if !child.isTerminal { arena.prefetchChildren(child) }
      let childKey = arena.packedKey(of: child)
      let common = childKey.commonPrefixLength(with: key)
      guard common == childKey.count else { return .edge(ref, slot, child, shared: common) }
      if child.isTerminal {
        return common == key.count
          ? .terminal(ref, slot, child) : .edge(ref, slot, child, shared: common)
      }
      ref = child
    }
  }

  /// Puts a terminal at `key`, splitting edges where needed and marking the path dirty. True if no
  /// terminal was at that key before.
  private func insert(
    _ key: KeyNibbles, _ kind: TerminalNode.Kind, _ value: UnsafeRawBufferPointer, _ hash: Hash256
  ) -> Bool {
    let place = descend(to: key)
    switch place {
    case .node(let ref):
      precondition(
        kind != .stump && ref != TrieArena.root, "a stump cannot stand at inner node \(key)")
      let old = arena.inners[ref.index].own
      let terminal = arena.makeTerminal(key: key, kind: kind, value: value, hash: hash)
      becomeOwn(terminal)
      arena.inners[ref.index].own = terminal
      if old != .none { arena.free(old) }
      return old == .none
    case .terminal(let parent, let slot, let old):
      let terminal = arena.terminal(old.index)
      if kind == .leaf, terminal.pointee.kind == .leaf {
        terminal.update(value, hash: hash)
      } else {
        arena.inners[parent.index].children[slot] =
          arena.makeTerminal(key: key, kind: kind, value: value, hash: hash)
        arena.free(old)
      }
      return false
    case .slot, .edge:
      put(arena.makeTerminal(key: key, kind: kind, value: value, hash: hash), at: key, place)
      return true
    }
  }

  /// Hangs a new node, a terminal or a whole subtree, where nothing stood.
  @inline(__always)
  func put(_ ref: NodeRef, at key: KeyNibbles, _ place: Place) {
    switch place {
    case .slot(let parent, let slot):
      arena.inners[parent.index].children[slot] = ref
      arena.inners[parent.index].childCount += 1
    case .edge(let parent, let slot, let child, let shared):
      let fork = arena.makeInner(key: key.prefix(shared))
      adopt(child, at: arena.key(of: child), into: fork)
      adopt(ref, at: key, into: fork)
      arena.inners[parent.index].children[slot] = fork
    case .node, .terminal:
      preconditionFailure("another node stands at \(key)")
    }
  }

  /// Hangs a node with full `key` under the inner node `parent`, or makes it the parent's own
  /// value.
  private func adopt(_ ref: NodeRef, at key: KeyNibbles, into parent: NodeRef) {
    let node = arena.inners + parent.index
    let depth = node.pointee.depth
    guard key.count == depth else {
      node.pointee.children[key[depth]] = ref
      node.pointee.childCount += 1
      return
    }
    precondition(
      ref.isTerminal && arena.terminal(ref.index).pointee.kind != .stump,
      "key \(key) lies inside a missing subtree")
    becomeOwn(ref)
    node.pointee.own = ref
  }

  /// From now on a leaf's hash field is the value's hash, not the node's.
  private func becomeOwn(_ ref: NodeRef) {
    if arena.terminal(ref.index).pointee.kind == .leaf {
      arena.terminal(ref.index).pointee.isDirty = true
    }
  }
}
