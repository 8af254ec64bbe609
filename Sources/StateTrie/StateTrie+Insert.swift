import Primitives

extension StateTrie {
  /// Sets a leaf, new or not. `hash` is its node hash if known, else zero.
  func insertLeaf(_ key: KeyNibbles, _ value: [UInt8], hash: Hash256 = .zero) {
    value.withUnsafeBytes { bytes in
      if insert(key, .leaf, bytes, hash) { itemCount += 1 }
    }
  }

  /// Sets a stump or a sealed value with a known hash.
  func insertFrontier(_ entry: FrontierEntry) {
    let kind: TerminalNode.Kind = entry.isValue ? .sealedValue : .stump
    (entry.leafHash?.bytes ?? []).withUnsafeBytes { _ = insert(entry.key, kind, $0, entry.hash) }
  }

  /// Puts a terminal at `key`, splitting edges where needed and marking the path dirty. True if no
  /// terminal was at that key before.
  private func insert(
    _ key: KeyNibbles, _ kind: TerminalNode.Kind, _ value: UnsafeRawBufferPointer, _ hash: Hash256
  ) -> Bool {
    let inners = arena.inners
    var ref = TrieArena.root
    while true {
      let node = inners + ref.index
      node.pointee.isDirty = true
      let depth = node.pointee.depth
      if key.count == depth {
        precondition(kind != .stump && depth > 0, "a stump cannot stand at inner node \(key)")
        let old = node.pointee.own
        let terminal = arena.makeTerminal(key: key, kind: kind, value: value, hash: hash)
        becomeOwn(terminal)
        node.pointee.own = terminal
        if old != .none { arena.free(old) }
        return old == .none
      }
      let slot = key[depth]
      let child = node.pointee.children[slot]
      if child == .none {
        node.pointee.children[slot] =
          arena.makeTerminal(key: key, kind: kind, value: value, hash: hash)
        node.pointee.childCount += 1
        return true
      }
      if !child.isTerminal { arena.prefetchChildren(child) }
      let childKey = arena.packedKey(of: child)
      let common = childKey.commonPrefixLength(with: key)
      if common == childKey.count {
        if !child.isTerminal {
          ref = child
          continue
        }
        if common == key.count {
          let terminal = arena.terminal(child.index)
          if kind == .leaf, terminal.pointee.kind == .leaf {
            terminal.update(value, hash: hash)
          } else {
            node.pointee.children[slot] =
              arena.makeTerminal(key: key, kind: kind, value: value, hash: hash)
            arena.free(child)
          }
          return false
        }
      }
      // The paths part inside the edge to the child, or one ends there: a new node takes the edge.
      let terminal = arena.makeTerminal(key: key, kind: kind, value: value, hash: hash)
      let fork = arena.makeInner(key: key.prefix(common))
      adopt(child, at: childKey.key, into: fork)
      adopt(terminal, at: key, into: fork)
      arena.inners[ref.index].children[slot] = fork
      return true
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
