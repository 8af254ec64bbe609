import Primitives

/// A known hash at the border of what is held: of a whole missing subtree, or of one hybrid's
/// value.
struct FrontierEntry: Hashable, Sendable {
  /// Key of the subtree's root node, or of the hybrid.
  var key: KeyNibbles
  var hash: Hash256
  /// False: `hash` is the node hash of the subtree at `key`. True: of the value at `key` alone.
  var isValue: Bool
  /// Of a value that stands alone, if known: its node hash as a leaf.
  var leafHash: Hash256?

  init(key: KeyNibbles, hash: Hash256, isValue: Bool, leafHash: Hash256? = nil) {
    self.key = key
    self.hash = hash
    self.isValue = isValue
    self.leafHash = leafHash
  }

  /// What a stump or sealed value says.
  init(_ terminal: UnsafeMutablePointer<TerminalNode>) {
    self.init(
      key: terminal.key, hash: terminal.pointee.hash,
      isValue: terminal.pointee.kind == .sealedValue,
      leafHash: terminal.sealedLeafHash)
  }

  /// The keys it stands for.
  var range: KeyRange {
    isValue ? KeyRange(start: key, end: key.successor) : KeyRange(subtree: key)
  }
}
