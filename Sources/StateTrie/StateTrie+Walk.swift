import Primitives

/// A key with its value.
public struct TrieItem: Hashable, Sendable {
  public var key: KeyNibbles
  public var value: [UInt8]

  public init(key: KeyNibbles, value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

extension TrieItem: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(key)
    encoder.append(value)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      key: try decoder.value(), value: try decoder.bytes(limit: StateTrieLimits.valueBytesMax))
  }
}

extension StateTrie {
  /// Hands the held items of `range` to `body` in key order until it returns false.
  ///
  /// What is not in memory is read from the store and not kept; throws `storage` and `damaged`.
  public func forEachItem(
    in range: KeyRange = .all, _ body: (TrieItem) -> Bool
  ) throws(TrieError) {
    try forEachLeaf(in: range) { key, value in body(TrieItem(key: key, value: Array(value))) }
  }

  /// The same without a copy of the values, whose bytes are good only while `body` runs.
  public func forEachLeaf(
    in range: KeyRange = .all, _ body: (KeyNibbles, UnsafeRawBufferPointer) -> Bool
  ) throws(TrieError) {
    try reading { () throws(TrieError) in
      var failure: TrieError?
      _ = walk(TrieArena.root, range) { index in
        let terminal = arena.terminal(index)
        switch terminal.pointee.kind {
        case .leaf: return body(terminal.key, terminal.value)
        case .stump, .sealedValue: return true
        case .storedLeaf, .storedNode:
          do throws(TrieError) {
            return try forEachStoredLeaf(below: terminal.key, in: range, body)
          } catch {
            failure = error
            return false
          }
        }
      }
      if let failure { throw failure }
    }
  }

  /// Visits the terminals whose keys lie in `range`, and stored nodes that reach into it, in key
  /// order, until `visit` returns false.
  func walk(_ ref: NodeRef, _ range: KeyRange, _ visit: (Int) -> Bool) -> Bool {
    if ref.isTerminal {
      let key = arena.terminal(ref.index).key
      let isInside =
        arena.terminal(ref.index).pointee.kind == .storedNode
        ? range.intersects(KeyRange(subtree: key)) : range.contains(key)
      return isInside ? visit(ref.index) : true
    }
    let node = arena.inners + ref.index
    let key = node.pointee.key
    // Everything below has the node's key as prefix: past the end, or all before the start?
    if !key.isBelow(range.end) { return true }
    if key < range.start, !key.isPrefix(of: range.start) { return true }
    let own = node.pointee.own
    if own != .none, key >= range.start, !visit(own.index) { return false }
    let depth = key.count
    let first = key.isPrefix(of: range.start) && range.start.count > depth ? range.start[depth] : 0
    for slot in first..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child != .none, !walk(child, range, visit) { return false }
    }
    return true
  }

  /// The greatest held key below `bound`, or nil.
  func lastKey(below bound: KeyNibbles) throws(TrieError) -> KeyNibbles? {
    try lastKey(TrieArena.root, below: bound)
  }

  private func lastKey(
    _ ref: NodeRef, below bound: KeyNibbles
  ) throws(TrieError) -> KeyNibbles? {
    if ref.isTerminal {
      let key = arena.terminal(ref.index).key
      switch arena.terminal(ref.index).pointee.kind {
      case .leaf, .storedLeaf: return key < bound ? key : nil
      case .storedNode: return try lastStoredKey(below: key, before: bound)
      case .stump, .sealedValue: return nil
      }
    }
    let node = arena.inners + ref.index
    guard node.pointee.key < bound else { return nil }
    for slot in stride(from: StateTrieLimits.childrenMax - 1, through: 0, by: -1) {
      let child = node.pointee.children[slot]
      if child != .none, let key = try lastKey(child, below: bound) { return key }
    }
    let own = node.pointee.own
    return own != .none ? try lastKey(own, below: bound) : nil
  }
}
