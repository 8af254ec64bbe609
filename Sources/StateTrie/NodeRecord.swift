import Primitives

/// What is stored of an inner node: the preimage of its hash, and what the preimage does not say.
///
/// Bytes: the preimage (the wire form of a proof node), one byte for the node's
/// own value, four bytes with two bits for each of the 16 children (least significant first), then
/// 32 bytes for the own value's node hash if it is sealed and known, and 32 bytes value hash for
/// each sealed child. A child's hash is zero where it is not known.
struct NodeRecord {
  /// Whether the node has a value.
  enum Own: UInt8 {
    case none
    /// Held: a leaf record.
    case held
    /// Missing, its hash known.
    case sealed
    /// Missing, and also the hash is known that it would have as a leaf.
    case sealedWithLeafHash
  }

  /// What stands in a slot.
  enum Child: UInt32 {
    /// An inner node with a record of its own.
    case inner
    /// A leaf record.
    case leaf
    /// A missing subtree: nothing else is stored of it.
    case stump
    /// A missing value without children; its node hash is zero if it is not known.
    case sealed
  }

  /// Most bytes of a record: the preimage, five bytes of kinds, and a hash for each value.
  static let bytesMax =
    StateTrieLimits.innerPreimageBytesMax + 5
    + (StateTrieLimits.childrenMax + 1) * Hash256.byteCount

  let node: ProofNode
  let own: Own
  let ownLeafHash: Hash256?
  /// Of each slot in use.
  private let kinds: UInt32
  /// Value hashes of the sealed children in order.
  let sealedHashes: [Hash256]
  /// The node's hash, if all that goes into it is known.
  let hash: Hash256?

  func child(_ slot: Int) -> Child {
    Child(rawValue: kinds >> UInt32(2 * slot) & 3) ?? .inner
  }

  /// Reads a record; the error says what is wrong with it.
  init(_ bytes: [UInt8], at key: KeyNibbles) throws(TrieError) {
    do throws(WireError) {
      var decoder = WireDecoder(bytes)
      node = try decoder.value()
      let preimageEnd = decoder.offset
      let ownByte = try decoder.byte()
      guard let own = Own(rawValue: ownByte) else {
        throw .invalidCase(UInt64(ownByte), of: "own value", at: preimageEnd)
      }
      self.own = own
      var kinds: UInt32 = 0
      for index in 0..<4 { kinds |= UInt32(try decoder.byte()) << UInt32(8 * index) }
      self.kinds = kinds
      ownLeafHash = own == .sealedWithLeafHash ? try decoder.hash() : nil
      var sealedHashes: [Hash256] = []
      for (slot, child) in node.children.enumerated() {
        let kind = kinds >> UInt32(2 * slot) & 3
        if child == nil, kind != 0 {
          throw .invalidValue("kind of an empty slot", at: preimageEnd + 1)
        }
        if child != nil, kind == Child.sealed.rawValue { sealedHashes.append(try decoder.hash()) }
      }
      self.sealedHashes = sealedHashes
      try decoder.finish()
      var isKnown = true
      for child in node.children where child?.hash == .zero { isKnown = false }
      hash = isKnown ? Blake2b256.hash(Array(bytes[..<preimageEnd])) : nil
    } catch {
      throw .damaged(.nodes, key, error.description)
    }
    try check(at: key)
  }

  /// Refuses what no inner node can be.
  private func check(at key: KeyNibbles) throws(TrieError) {
    guard node.key == key else { throw .damaged(.nodes, key, "it is of the node \(node.key)") }
    switch (node.value, own) {
    case (.none, .none), (.hybridHash, .held), (.hybridHash, .sealed),
      (.hybridHash, .sealedWithLeafHash):
      break
    default: throw .damaged(.nodes, key, "its value and the value's kind differ")
    }
    if key.isEmpty, own != .none { throw .damaged(.nodes, key, "the root has a value") }
    var count = own == .none ? 0 : 1
    for (slot, child) in node.children.enumerated() {
      guard let child else { continue }
      count += 1
      guard !child.suffix.isEmpty, child.suffix[0] == slot,
        key.count + child.suffix.count <= PrimitiveLimits.keyNibblesMax
      else { throw .damaged(.nodes, key, "child \(slot) has the suffix \(child.suffix)") }
    }
    if !key.isEmpty, count < 2 { throw .damaged(.nodes, key, "it has \(count) entries") }
  }
}

extension StateTrie {
  /// Writes the record of an inner node into the hasher's buffer, where it stays until the next
  /// node is hashed. The hash of a child is written as zero where it is not known.
  func writeRecord(of ref: NodeRef) -> UnsafeRawBufferPointer {
    let node = arena.inners + ref.index
    var own = NodeRecord.Own.none
    var ownHash = Hash256.zero
    if node.pointee.own != .none {
      let terminal = arena.terminal(node.pointee.own.index)
      if terminal.pointee.kind == .leaf {
        own = .held
      } else {
        own = terminal.sealedLeafHash == nil ? .sealed : .sealedWithLeafHash
      }
      ownHash = ownValueHash(node.pointee.own.index)
    }
    var writer = hasher.open(bytes: NodeRecord.bytesMax)
    let start = writer.position
    if own == .none {
      writer.begin(node.pointee.key)
    } else {
      writer.begin(node.pointee.key, hybrid: ownHash)
    }
    var kinds: UInt32 = 0
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child == .none {
        writer.emptyChild()
      } else {
        kinds |= recordKind(of: child).rawValue << UInt32(2 * slot)
        writer.child(arena.packedKey(of: child), depth: node.pointee.depth, recordHash(of: child))
      }
    }
    writer.put(own.rawValue)
    for index in 0..<4 { writer.put(UInt8(truncatingIfNeeded: kinds >> UInt32(8 * index))) }
    if own == .sealedWithLeafHash,
      let hash = arena.terminal(node.pointee.own.index).sealedLeafHash
    {
      writer.put(hash)
    }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child != .none, recordKind(of: child) == .sealed {
        writer.put(arena.terminal(child.index).pointee.hash)
      }
    }
    return UnsafeRawBufferPointer(start: start, count: writer.position - start)
  }

  private func recordKind(of ref: NodeRef) -> NodeRecord.Child {
    guard ref.isTerminal else { return .inner }
    switch arena.terminal(ref.index).pointee.kind {
    case .leaf, .storedLeaf: return .leaf
    case .storedNode: return .inner
    case .stump: return .stump
    case .sealedValue: return .sealed
    }
  }

  /// The node hash of a child as its parent's record says it; zero where it is not known.
  private func recordHash(of ref: NodeRef) -> Hash256 {
    guard ref.isTerminal else {
      let inner = arena.inners + ref.index
      if inner.pointee.isDirty { return .zero }
      if !uncharted.isEmpty, uncharted.intersects(KeyRange(subtree: inner.pointee.key)) {
        return .zero
      }
      return inner.pointee.hash
    }
    let terminal = arena.terminal(ref.index)
    return terminal.pointee.kind == .sealedValue
      ? terminal.sealedLeafHash ?? .zero : terminal.pointee.hash
  }
}
