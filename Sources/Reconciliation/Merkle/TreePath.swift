/// A node of the 16-ary tree over hashed order: the records whose positions begin with some
/// nibbles.
public struct TreePath: Sendable, Hashable, Comparable {
  /// Number of nibbles: 0…`HashedPosition.nibbleCount`; 0 is the root.
  public let depth: Int
  /// The nibbles, followed by zeros: the first position below the node.
  public let first: HashedPosition

  public static let root = TreePath(depth: 0, first: .first)

  private init(depth: Int, first: HashedPosition) {
    self.depth = depth
    self.first = first
  }

  /// The node of a depth above a position.
  public init(depth: Int, above position: HashedPosition) {
    precondition((0...HashedPosition.nibbleCount).contains(depth), "no depth \(depth)")
    self.depth = depth
    let mask = Self.rest(depth)
    first = HashedPosition(high: position.high & ~mask.high, low: position.low & ~mask.low)
  }

  /// The last position below the node.
  public var last: HashedPosition {
    let mask = Self.rest(depth)
    return HashedPosition(high: first.high | mask.high, low: first.low | mask.low)
  }

  public func contains(_ position: HashedPosition) -> Bool {
    first <= position && position <= last
  }

  /// One of the 16 children of a node that is not at the greatest depth.
  public func child(_ nibble: Int) -> TreePath {
    precondition(depth < HashedPosition.nibbleCount, "nothing is below depth \(depth)")
    let bits = UInt64(nibble) << UInt64(60 - 4 * (depth & 15))
    let position =
      depth < 16
      ? HashedPosition(high: first.high | bits, low: 0)
      : HashedPosition(high: first.high, low: first.low | bits)
    return TreePath(depth: depth + 1, first: position)
  }

  /// The node above; the root's is the root.
  public var parent: TreePath { TreePath(depth: max(0, depth - 1), above: first) }

  /// Which child of its parent it is; 0 for the root.
  public var nibble: Int { depth == 0 ? 0 : first.nibble(at: depth - 1) }

  /// The bits that no nibble of a node of this depth sets.
  private static func rest(_ depth: Int) -> (high: UInt64, low: UInt64) {
    (UInt64.max >> UInt64(min(64, 4 * depth)), UInt64.max >> UInt64(max(0, 4 * depth - 64)))
  }

  public static func < (a: TreePath, b: TreePath) -> Bool {
    a.first != b.first ? a.first < b.first : a.depth < b.depth
  }
}

extension TreePath: CustomStringConvertible {
  /// The nibbles as hexadecimal digits; "root" if there are none.
  public var description: String {
    depth == 0
      ? "root" : (0..<depth).map { String(first.nibble(at: $0), radix: 16) }.joined()
  }
}
