import Primitives

extension StateTrie {
  /// The state root, or nil while the hash of some missing subtree is not known.
  ///
  /// Only what changed since the last call is hashed.
  public func rootHash() -> Hash256? {
    guard uncharted.isEmpty, refresh(TrieArena.root) else { return nil }
    return arena.inners[TrieArena.root.index].hash
  }

  /// Makes the hashes of a node and all below it current. False if one of them cannot be known: a
  /// sealed value without children would need its value.
  func refresh(_ ref: NodeRef) -> Bool {
    if ref.isTerminal { return refreshTerminal(ref.index) }
    if !arena.inners[ref.index].isDirty { return true }
    let node = arena.inners + ref.index
    var isKnown = true
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child != .none, !refresh(child) { isKnown = false }
    }
    guard isKnown else { return false }
    let depth = node.pointee.key.count
    let own = node.pointee.own
    if own == .none {
      hasher.begin(node.pointee.key)
    } else {
      hasher.begin(node.pointee.key, hybrid: ownValueHash(own.index))
    }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child == .none {
        hasher.emptyChild()
      } else {
        hasher.child(arena.key(of: child), depth: depth, hash(of: child))
      }
    }
    node.pointee.hash = hasher.finish()
    node.pointee.isDirty = false
    return true
  }

  private func refreshTerminal(_ index: Int) -> Bool {
    let terminal = arena.terminals + index
    switch terminal.pointee.kind {
    case .stump: return true
    case .sealedValue: return terminal.pointee.sealedLeafHash != nil
    case .leaf:
      if terminal.pointee.isDirty {
        terminal.pointee.hash = hasher.leaf(terminal.pointee.key, terminal.pointee.value)
        terminal.pointee.isDirty = false
      }
      return true
    }
  }

  /// The hash of the value of a hybrid, whose terminal is at `index`.
  func ownValueHash(_ index: Int) -> Hash256 {
    let terminal = arena.terminals + index
    if terminal.pointee.isDirty {
      terminal.pointee.hash = Blake2b256.hash(terminal.pointee.value)
      terminal.pointee.isDirty = false
    }
    return terminal.pointee.hash
  }

  /// The hash of a refreshed node.
  func hash(of ref: NodeRef) -> Hash256 {
    guard ref.isTerminal else { return arena.inners[ref.index].hash }
    let terminal = arena.terminals[ref.index]
    return terminal.sealedLeafHash ?? terminal.hash
  }
}
