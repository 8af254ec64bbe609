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
  public func forEachItem(in range: KeyRange = .all, _ body: (TrieItem) -> Bool) {
    _ = walk(TrieArena.root, range) { index in
      let terminal = arena.terminal(index)
      guard terminal.pointee.kind == .leaf else { return true }
      return body(TrieItem(key: terminal.key, value: Array(terminal.value)))
    }
  }

  /// Visits the terminals whose keys lie in `range`, in key order, until `visit` returns false.
  func walk(_ ref: NodeRef, _ range: KeyRange, _ visit: (Int) -> Bool) -> Bool {
    if ref.isTerminal {
      return range.contains(arena.terminal(ref.index).key) ? visit(ref.index) : true
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
  func lastKey(below bound: KeyNibbles) -> KeyNibbles? {
    lastKey(TrieArena.root, below: bound)
  }

  private func lastKey(_ ref: NodeRef, below bound: KeyNibbles) -> KeyNibbles? {
    if ref.isTerminal {
      let terminal = arena.terminal(ref.index)
      guard terminal.pointee.kind == .leaf else { return nil }
      let key = terminal.key
      return key < bound ? key : nil
    }
    let node = arena.inners + ref.index
    guard node.pointee.key < bound else { return nil }
    for slot in stride(from: StateTrieLimits.childrenMax - 1, through: 0, by: -1) {
      let child = node.pointee.children[slot]
      if child != .none, let key = lastKey(child, below: bound) { return key }
    }
    let own = node.pointee.own
    return own != .none ? lastKey(own, below: bound) : nil
  }
}
