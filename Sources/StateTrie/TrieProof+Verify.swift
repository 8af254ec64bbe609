import Primitives

extension TrieProof {
  /// Checks that the nodes are part of one trie with the root hash `root`: each listed node is the
  /// child its parent says, until only the root is left. Hashes are compared in constant time.
  public func verifyNodes(root: Hash256) throws(ProofError) {
    let hashes = hashesOfSoundNodes()
    var open: [(index: Int, hash: Hash256)] = []
    for (index, node) in nodes.enumerated() {
      guard index < hashes.count else { throw .malformedNode(node.key) }
      if index > 0, !nodes[index - 1].key.precedesInPostOrder(node.key) {
        throw .notPostOrder(node.key)
      }
      while let last = open.last {
        let key = nodes[last.index].key
        guard key.count > node.key.count, node.key.isPrefix(of: key) else { break }
        let slot = key[node.key.count]
        guard let child = node.children[slot], node.childKey(slot) == key,
          child.hash.isEqualInConstantTime(to: last.hash)
        else { throw .childMismatch(key) }
        open.removeLast()
      }
      open.append((index, hashes[index]))
    }
    guard open.count == 1 else { throw .unconnected(open.count) }
    guard nodes[open[0].index].key.isEmpty, open[0].hash.isEqualInConstantTime(to: root) else {
      throw .rootMismatch
    }
  }

  /// The hashes of the nodes before the first one that is malformed: they do not depend on each
  /// other, so they are computed side by side.
  private func hashesOfSoundNodes() -> [Hash256] {
    let sound = nodes.firstIndex { !$0.keysAreSound } ?? nodes.count
    var hasher = NodeHasher()
    return [Hash256](unsafeUninitializedCapacity: sound) { buffer, count in
      for index in 0..<sound {
        guard let target = buffer.baseAddress else { return }
        var writer = hasher.open(bytes: nodes[index].preimageBytesMax)
        nodes[index].put(into: &writer)
        hasher.finish(writer, into: target + index)
      }
      hasher.flush()
      count = sound
    }
  }

  /// Index of the node with `key`. Only for a proof whose nodes are verified: they are in
  /// post-order.
  private func index(of key: KeyNibbles) -> Int? {
    var low = 0
    var high = nodes.count
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle].key.precedesInPostOrder(key) { low = middle + 1 } else { high = middle }
    }
    return low < nodes.count && nodes[low].key == key ? low : nil
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
    let asked = keys.sorted()
    let provers = Set(missingProvenBy.map(\.provenBy))
    var answers: [KeyNibbles: [UInt8]?] = [:]
    for node in nodes {
      guard node.value.bytes != nil, !node.key.isElement(of: asked) else { continue }
      // A leaf may be there only to show that longer keys are absent.
      guard case .leaf = node.value, provers.contains(node.key) else {
        throw .unaskedValue(node.key)
      }
    }
    for key in keys {
      guard let index = index(of: key) else { continue }
      switch nodes[index].value {
      case .none: answers[key] = .some(nil)
      case .leaf(let value), .hybrid(let value): answers[key] = value
      case .hybridHash: throw .unanswered(key)
      }
    }
    for entry in missingProvenBy where entry.key.isElement(of: asked) {
      guard let prover = index(of: entry.provenBy),
        nodes[prover].provesAbsence(of: entry.key)
      else {
        throw .notAbsent(entry.key)
      }
      if answers[entry.key] != nil {
        guard let node = index(of: entry.key), nodes[node].value == .none else {
          throw .notAbsent(entry.key)
        }
      }
      answers[entry.key] = .some(nil)
    }
    for key in keys where answers[key] == nil { throw .unanswered(key) }
    try checkAllUsed(for: asked)
    return answers
  }
}

extension TrieProof {
  /// Every node must be on the path of one of `keys`, which are in order: if a key begins with the
  /// node's, so does the first one that does not come before it.
  private func checkAllUsed(for keys: [KeyNibbles]) throws(ProofError) {
    for node in nodes {
      let next = node.key.insertionIndex(in: keys)
      guard next < keys.count, node.key.isPrefix(of: keys[next]) else {
        throw .unusedNode(node.key)
      }
    }
  }
}

extension KeyNibbles {
  /// Index of the first of the ordered `keys` that does not come before this one.
  fileprivate func insertionIndex(in keys: [KeyNibbles]) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < self { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// True if this key is one of the ordered `keys`.
  fileprivate func isElement(of keys: [KeyNibbles]) -> Bool {
    let index = insertionIndex(in: keys)
    return index < keys.count && keys[index] == self
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
