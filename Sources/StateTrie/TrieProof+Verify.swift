import Primitives

extension TrieProof {
  /// Checks that the nodes are part of one trie with the root hash `root`: each listed node is the
  /// child its parent says, until only the root is left. Hashes are compared in constant time.
  public func verifyNodes(root: Hash256) throws(ProofError) {
    var hasher = NodeHasher()
    var open: [(key: KeyNibbles, hash: Hash256)] = []
    var previous: KeyNibbles?
    for node in nodes {
      guard node.keysAreSound else { throw .malformedNode(node.key) }
      if let previous, !previous.precedesInPostOrder(node.key) { throw .notPostOrder(node.key) }
      previous = node.key
      while let last = open.last, last.key.count > node.key.count, node.key.isPrefix(of: last.key) {
        let slot = last.key[node.key.count]
        guard let child = node.children[slot], node.childKey(slot) == last.key,
          child.hash.isEqualInConstantTime(to: last.hash)
        else { throw .childMismatch(last.key) }
        open.removeLast()
      }
      open.append((node.key, node.hash(&hasher)))
    }
    guard open.count == 1 else { throw .unconnected(open.count) }
    guard open[0].key.isEmpty, open[0].hash.isEqualInConstantTime(to: root) else {
      throw .rootMismatch
    }
  }

  /// Checks the proof against `root` and returns an answer for each of `keys`: its value, or nil if
  /// the proof shows that it is absent.
  ///
  /// Refused are also values that were not asked for, keys without an answer, and nodes that are on
  /// the path of no asked key. `keys` is read as a set.
  public func verify(
    root: Hash256, keys: [KeyNibbles]
  ) throws(ProofError) -> [KeyNibbles: [UInt8]?] {
    try verifyNodes(root: root)
    let asked = Set(keys)
    let provers = Set(missingProvenBy.map(\.provenBy))
    let byKey = Dictionary(uniqueKeysWithValues: nodes.map { ($0.key, $0) })
    var answers: [KeyNibbles: [UInt8]?] = [:]
    for node in nodes {
      guard node.value.bytes != nil, !asked.contains(node.key) else { continue }
      // A leaf may be there only to show that longer keys are absent.
      guard case .leaf = node.value, provers.contains(node.key) else {
        throw .unaskedValue(node.key)
      }
    }
    for key in keys {
      guard let node = byKey[key] else { continue }
      switch node.value {
      case .none: answers[key] = .some(nil)
      case .leaf(let value), .hybrid(let value): answers[key] = value
      case .hybridHash: throw .unanswered(key)
      }
    }
    for entry in missingProvenBy where asked.contains(entry.key) {
      guard let node = byKey[entry.provenBy], node.provesAbsence(of: entry.key) else {
        throw .notAbsent(entry.key)
      }
      if answers[entry.key] != nil, byKey[entry.key]?.value != ProofValue.none {
        throw .notAbsent(entry.key)
      }
      answers[entry.key] = .some(nil)
    }
    for key in keys where answers[key] == nil { throw .unanswered(key) }
    try checkAllUsed(for: asked.sorted())
    return answers
  }
}

extension TrieProof {
  /// Every node must be on the path of one of `keys`, which are in order: if a key begins with the
  /// node's, so does the first one that does not come before it.
  private func checkAllUsed(for keys: [KeyNibbles]) throws(ProofError) {
    for node in nodes {
      var low = 0
      var high = keys.count
      while low < high {
        let middle = (low + high) / 2
        if keys[middle] < node.key { low = middle + 1 } else { high = middle }
      }
      guard low < keys.count, node.key.isPrefix(of: keys[low]) else {
        throw .unusedNode(node.key)
      }
    }
  }
}

extension ProofNode {
  /// True if this node, known to be in the trie, shows that `key` has no value.
  func provesAbsence(of key: KeyNibbles) -> Bool {
    guard self.key.isPrefix(of: key) else { return false }
    if self.key.count == key.count { return value == .none }
    let slot = key[self.key.count]
    guard let childKey = childKey(slot) else { return true }
    // The path of `key` leaves the trie inside the edge to that child.
    return !childKey.isPrefix(of: key)
  }
}
