import Primitives

/// What a verified proof says about the part of the trie it does not open.
struct ProofPart {
  enum Content {
    /// Node hash of a subtree that is not opened.
    case subtree(Hash256)
    /// A leaf node with its value; `hash` is its node hash.
    case leaf([UInt8], hash: Hash256)
    /// Value of a hybrid.
    case value([UInt8])
    /// Hash of the value of a hybrid.
    case valueHash(Hash256)
  }
  var key: KeyNibbles
  var content: Content

  /// The keys it speaks for.
  var range: KeyRange {
    switch content {
    case .subtree, .leaf: KeyRange(subtree: key)
    case .value, .valueHash: KeyRange(start: key, end: key.successor)
    }
  }

  /// The same as an entry of a rebuild.
  var entry: ChunkRebuild.Entry {
    switch content {
    case .subtree(let hash): .init(key: key, content: .subtree(hash))
    case .leaf(let value, _), .value(let value): .init(key: key, content: .leaf(value))
    case .valueHash(let hash): .init(key: key, content: .value(hash, asLeaf: nil))
    }
  }

  /// The value of a leaf alone, where its subtree reaches into a chunk.
  var lonelyValue: FrontierEntry {
    guard case .leaf(let value, let hash) = content else { return frontier }
    return .init(key: key, hash: Blake2b256.hash(value), isValue: true, leafHash: hash)
  }

  /// The same as a known hash at the border of what is held.
  var frontier: FrontierEntry {
    switch content {
    case .subtree(let hash), .leaf(_, let hash): .init(key: key, hash: hash, isValue: false)
    case .value(let value): .init(key: key, hash: Blake2b256.hash(value), isValue: true)
    case .valueHash(let hash): .init(key: key, hash: hash, isValue: true)
    }
  }
}

extension TrieProof {
  /// The parts of the trie as the nodes show them, in no particular order: together they cover
  /// every key of the trie exactly once. Only for a proof whose nodes are verified.
  func parts() -> [ProofPart] {
    let byKey = Dictionary(uniqueKeysWithValues: nodes.map { ($0.key, $0) })
    var parts: [ProofPart] = []
    for node in nodes where node.hasChildren || node.key.isEmpty {
      switch node.value {
      case .none, .leaf: break
      case .hybrid(let value): parts.append(.init(key: node.key, content: .value(value)))
      case .hybridHash(let hash): parts.append(.init(key: node.key, content: .valueHash(hash)))
      }
      for slot in 0..<StateTrieLimits.childrenMax {
        guard let key = node.childKey(slot), let child = node.children[slot] else { continue }
        let content: ProofPart.Content
        switch byKey[key]?.value {
        case .leaf(let value)?: content = .leaf(value, hash: child.hash)
        case nil: content = .subtree(child.hash)
        case .some: continue
        }
        parts.append(.init(key: key, content: content))
      }
    }
    return parts
  }
}
