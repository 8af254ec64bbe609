import Primitives

/// The value part of a proof node.
public enum ProofValue: Hashable, Sendable {
  /// A branch, or the root.
  case none
  /// A leaf with its value.
  case leaf([UInt8])
  /// A hybrid whose value was not asked for: only its hash.
  case hybridHash(Hash256)
  /// A hybrid with its value.
  case hybrid([UInt8])

  /// The value in full, if it is there.
  public var bytes: [UInt8]? {
    switch self {
    case .leaf(let value), .hybrid(let value): value
    case .none, .hybridHash: nil
    }
  }
}

/// What a proof node says of one child.
public struct ProofChild: Hashable, Sendable {
  /// The child's key without its parent's; begins with the nibble of its slot.
  public var suffix: KeyNibbles
  /// The child's node hash.
  public var hash: Hash256

  public init(suffix: KeyNibbles, hash: Hash256) {
    self.suffix = suffix
    self.hash = hash
  }
}

/// One node of a proof.
public struct ProofNode: Hashable, Sendable {
  /// Full path of the node.
  public var key: KeyNibbles
  public var value: ProofValue
  /// Exactly 16 slots.
  public var children: [ProofChild?]

  public init(key: KeyNibbles, value: ProofValue, children: [ProofChild?]) {
    precondition(children.count == StateTrieLimits.childrenMax)
    self.key = key
    self.value = value
    self.children = children
  }

  /// The children of a leaf, in one array for all.
  static let noChildren = [ProofChild?](repeating: nil, count: StateTrieLimits.childrenMax)

  /// True if the node has any child.
  public var hasChildren: Bool { children.contains { $0 != nil } }

  /// The hash of the node.
  public var hash: Hash256 {
    var hasher = NodeHasher()
    var writer = hasher.open(bytes: preimageBytesMax)
    put(into: &writer)
    return hasher.finish(writer)
  }

  /// Room that the preimage needs at most.
  var preimageBytesMax: Int {
    StateTrieLimits.innerPreimageBytesMax + (value.bytes?.count ?? 0)
  }

  /// Writes the node's preimage.
  func put(into writer: inout PreimageWriter) {
    switch value {
    case .leaf(let bytes):
      bytes.withUnsafeBytes { writer.leaf(key, $0) }
      return
    case .none: writer.begin(key)
    case .hybridHash(let hash): writer.begin(key, hybrid: hash)
    case .hybrid(let bytes): writer.begin(key, hybrid: Blake2b256.hash(bytes))
    }
    for slot in children.indices {
      if let child = children[slot] {
        writer.child(child.suffix, from: 0, to: child.suffix.count, child.hash)
      } else {
        writer.emptyChild()
      }
    }
  }

  /// The full key of the child in `slot`, or nil if there is none.
  ///
  /// Only for nodes whose `keysAreSound` holds.
  func childKey(_ slot: Int) -> KeyNibbles? {
    guard let child = children[slot] else { return nil }
    return key.appending(child.suffix)
  }

  /// True if every child's suffix begins with its slot's nibble and its key is not too long, a leaf
  /// has no children, and a value stands nowhere but below the root.
  var keysAreSound: Bool {
    for (slot, child) in children.enumerated() {
      guard let child else { continue }
      if child.suffix.isEmpty || child.suffix[0] != slot { return false }
      if key.count + child.suffix.count > PrimitiveLimits.keyNibblesMax { return false }
    }
    switch value {
    case .none: return true
    case .leaf: return !key.isEmpty && !hasChildren
    case .hybrid, .hybridHash: return !key.isEmpty && hasChildren
    }
  }
}

/// A proof of some keys, present and absent, against a state root (Docs/StateTrie.md, "Proofs").
public struct TrieProof: Hashable, Sendable {
  /// Nodes on the paths to the keys, children before parents, the root last.
  public var nodes: [ProofNode]
  /// Absent keys in order, each with the key of the deepest node on its path.
  public var missingProvenBy: [MissingKey]

  /// An absent key and the node that shows its absence.
  public struct MissingKey: Hashable, Sendable {
    public var key: KeyNibbles
    public var provenBy: KeyNibbles

    public init(key: KeyNibbles, provenBy: KeyNibbles) {
      self.key = key
      self.provenBy = provenBy
    }
  }

  public init(nodes: [ProofNode], missingProvenBy: [MissingKey] = []) {
    self.nodes = nodes
    self.missingProvenBy = missingProvenBy
  }
}
