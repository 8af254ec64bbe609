import Primitives

extension StateTrie {
  /// A proof of `keys`, present or absent, against `rootHash()`.
  ///
  /// Throws `rootUnknown` while there is no root to prove against, and `missing` for a key of a
  /// missing range.
  public func proof(of keys: [KeyNibbles]) throws(TrieError) -> TrieProof {
    guard rootHash() != nil else { throw .rootUnknown }
    let asked = Array(Set(keys)).sorted()
    var refs: [KeyNibbles: NodeRef] = [:]
    var absent: [TrieProof.MissingKey] = []
    for key in asked {
      if missing.contains(key) { throw .missing(key) }
      let path = path(to: key)
      for step in path { refs[step.key] = step.ref }
      let end = path[path.count - 1]
      if end.key != key { absent.append(.init(key: key, provenBy: end.key)) }
    }
    let wanted = Set(asked)
    let nodes = refs.keys.sorted { $0.precedesInPostOrder($1) }
      .map { proofNode(refs[$0]!, withValue: wanted.contains($0)) }
    return TrieProof(nodes: nodes, missingProvenBy: absent)
  }

  /// The nodes from the root down whose keys are prefixes of `key`; stumps are no nodes.
  func path(to key: KeyNibbles) -> [(key: KeyNibbles, ref: NodeRef)] {
    var ref = TrieArena.root
    var path: [(key: KeyNibbles, ref: NodeRef)] = [(.empty, ref)]
    while !ref.isTerminal {
      let depth = arena.inners[ref.index].depth
      guard depth < key.count else { break }
      let child = arena.inners[ref.index].children[key[depth]]
      guard child != .none else { break }
      let childKey = arena.key(of: child)
      guard childKey.isPrefix(of: key) else { break }
      if child.isTerminal, arena.terminal(child.index).pointee.kind != .leaf { break }
      path.append((childKey, child))
      ref = child
    }
    return path
  }

  /// A refreshed node in the form of a proof node; a hybrid's value in full only `withValue`.
  func proofNode(_ ref: NodeRef, withValue: Bool) -> ProofNode {
    if ref.isTerminal {
      let terminal = arena.terminal(ref.index)
      return ProofNode(
        key: terminal.key, value: .leaf(Array(terminal.value)),
        children: Array(repeating: nil, count: StateTrieLimits.childrenMax))
    }
    let node = arena.inners + ref.index
    let depth = node.pointee.depth
    var children: [ProofChild?] = []
    children.reserveCapacity(StateTrieLimits.childrenMax)
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      children.append(
        child == .none
          ? nil
          : ProofChild(suffix: arena.key(of: child).suffix(from: depth), hash: hash(of: child)))
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
