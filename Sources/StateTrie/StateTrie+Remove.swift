import Primitives

extension StateTrie {
  /// Removes the terminal at exactly `key`, which must be there, and merges what is left so that
  /// the shape again follows from the entries.
  func removeEntry(_ key: KeyNibbles) {
    var grandparent = NodeRef.none
    var parent = TrieArena.root
    while true {
      let node = arena.inners + parent.index
      node.pointee.markChanged()
      let depth = node.pointee.depth
      if key.count == depth {
        let own = node.pointee.own
        precondition(own != .none, "nothing to remove at \(key)")
        node.pointee.own = .none
        release(own)
        break
      }
      let slot = key[depth]
      node.pointee.markChanged(slot: slot)
      let child = node.pointee.children[slot]
      precondition(child != .none, "nothing to remove at \(key)")
      if child.isTerminal {
        precondition(arena.terminal(child.index).key == key, "nothing to remove at \(key)")
        node.pointee.children[slot] = .none
        node.pointee.childCount -= 1
        release(child)
        break
      }
      grandparent = parent
      parent = child
    }
    merge(parent, under: grandparent)
  }

  /// Frees a terminal and counts it out if it was a leaf.
  private func release(_ ref: NodeRef) {
    switch arena.terminal(ref.index).pointee.kind {
    case .leaf, .storedLeaf:
      itemCount -= 1
      backing?.goneLeaves.append(arena.key(of: ref))
    case .storedNode: backing?.goneSubtrees.append(arena.key(of: ref))
    case .stump, .sealedValue: break
    }
    arena.free(ref)
  }

  /// Replaces an inner node that is no longer needed: by its only child, or by its own value.
  private func merge(_ ref: NodeRef, under parent: NodeRef) {
    guard ref != TrieArena.root else { return }
    let node = arena.inners[ref.index]
    let heir: NodeRef
    if node.own == .none {
      guard node.childCount == 1 else { return }
      var slot = 0
      while node.children[slot] == .none { slot += 1 }
      heir = node.children[slot]
    } else {
      guard node.childCount == 0 else { return }
      heir = node.own
      if arena.terminal(heir.index).pointee.kind == .leaf {
        arena.terminal(heir.index).pointee.isDirty = true
      }
    }
    let slot = node.key[arena.inners[parent.index].depth]
    arena.inners[parent.index].children[slot] = heir
    backing?.goneNodes.append(node.key)
    arena.free(ref)
  }
}
