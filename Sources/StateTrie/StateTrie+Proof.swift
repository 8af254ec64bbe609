import Primitives

extension StateTrie {
  /// A proof of `keys`, present or absent, against `rootHash()`.
  ///
  /// Throws `rootUnknown` while there is no root to prove against, and `missing` for a key of a
  /// missing range.
  public func proof(of keys: [KeyNibbles]) throws(TrieError) -> TrieProof {
    guard rootHash() != nil else { throw .rootUnknown }
    let asked = keys.sorted()
    try load(asked)
    for key in asked {
      if let range = missing.range(containing: key) { throw .missing(key, in: range) }
    }
    var nodes: [ProofNode] = []
    var absent: [TrieProof.MissingKey] = []
    // The path to the latest key. The keys being in order, a node that leaves it never comes back:
    // nodes are listed children before parents.
    var path: [(ref: NodeRef, depth: Int, isAsked: Bool)] = [(TrieArena.root, 0, false)]
    var previous: KeyNibbles?
    for key in asked where key != previous {
      let shared = previous?.commonPrefixLength(with: key) ?? 0
      while let last = path.last, last.depth > shared {
        nodes.append(proofNode(last.ref, withValue: last.isAsked))
        path.removeLast()
      }
      while let child = step(from: path[path.count - 1].ref, towards: key) {
        path.append((child, arena.packedKey(of: child).count, false))
      }
      let last = path.count - 1
      if path[last].depth == key.count {
        path[last].isAsked = true
      } else {
        absent.append(.init(key: key, provenBy: arena.key(of: path[last].ref)))
      }
      previous = key
    }
    if previous == nil { path.removeAll() }
    nodes.reserveCapacity(nodes.count + path.count)
    for last in path.reversed() { nodes.append(proofNode(last.ref, withValue: last.isAsked)) }
    return TrieProof(nodes: nodes, missingProvenBy: absent)
  }

  /// The child of an inner node on the path to `key`, or nil where the path ends; stumps are no
  /// nodes.
  @inline(__always)
  private func step(from ref: NodeRef, towards key: KeyNibbles) -> NodeRef? {
    guard !ref.isTerminal else { return nil }
    let node = arena.inners + ref.index
    let depth = node.pointee.depth
    guard depth < key.count else { return nil }
    let child = node.pointee.children[key[depth]]
    guard child != .none, arena.packedKey(of: child).isPrefix(of: key) else { return nil }
    if child.isTerminal, arena.terminal(child.index).pointee.kind != .leaf { return nil }
    if !child.isTerminal { arena.prefetchChildren(child) }
    return child
  }

  /// The nodes from the root down whose keys are prefixes of `key`; stumps are no nodes.
  func path(to key: KeyNibbles) -> [(key: KeyNibbles, ref: NodeRef)] {
    var path: [(key: KeyNibbles, ref: NodeRef)] = [(.empty, TrieArena.root)]
    while let child = step(from: path[path.count - 1].ref, towards: key) {
      path.append((arena.key(of: child), child))
    }
    return path
  }

  /// A refreshed node in the form of a proof node; a hybrid's value in full only `withValue`.
  func proofNode(_ ref: NodeRef, withValue: Bool) -> ProofNode {
    if ref.isTerminal {
      let terminal = arena.terminal(ref.index)
      return ProofNode(
        key: terminal.key, value: .leaf(Array(terminal.value)),
        children: ProofNode.noChildren)
    }
    let node = arena.inners + ref.index
    let depth = node.pointee.depth
    var children: [ProofChild?] = []
    children.reserveCapacity(StateTrieLimits.childrenMax)
    for slot in 0..<StateTrieLimits.childrenMax where node.pointee.children[slot] != .none {
      arena.prefetch(node.pointee.children[slot])
    }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      children.append(
        child == .none
          ? nil
          : ProofChild(
            suffix: arena.packedKey(of: child).suffix(from: depth), hash: hash(of: child)))
    }
    var value = ProofValue.none
    let own = node.pointee.own
    if own != .none {
      value =
        withValue && arena.terminal(own.index).pointee.kind == .leaf
        ? .hybrid(Array(arena.terminal(own.index).value)) : .hybridHash(ownValueHash(own.index))
    }
    return ProofNode(key: node.pointee.key, value: value, children: children)
  }
}
