import Primitives

/// A known hash at the border of what is held: of a whole missing subtree, or of one hybrid's value.
struct FrontierEntry: Hashable, Sendable {
  /// Key of the subtree's root node, or of the hybrid.
  var key: KeyNibbles
  var hash: Hash256
  /// False: `hash` is the node hash of the subtree at `key`. True: of the value at `key` alone.
  var isValue: Bool

  /// The keys it stands for.
  var range: KeyRange {
    isValue ? KeyRange(start: key, end: key.successor) : KeyRange(subtree: key)
  }
}
