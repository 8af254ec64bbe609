import Primitives

/// The chain's mountain range, over BLAKE2b-256.
public typealias MountainRange = BinaryMountainRange<Blake2b256>

/// An append-only list whose Merkle nodes are all stored, so that it can prove what it holds.
///
/// The nodes lie in the order in which they come to be (each after both its children), so the range
/// over a prefix of the list is a prefix of the array and going back is dropping its end. `n`
/// leaves have `2n - popcount(n)` nodes. The root is the RFC 6962 root.
public struct BinaryMountainRange<Function: HashFunction>: Sendable, Hashable {
  private var nodes: [Hash256] = []
  /// Number of leaves.
  public private(set) var count = 0

  /// The empty range.
  public init() {}

  /// The range over `leaves`.
  public init(_ leaves: some Sequence<[UInt8]>) {
    for leaf in leaves { append(leaf: leaf) }
  }

  /// Adds a leaf that holds `bytes`.
  public mutating func append(leaf bytes: [UInt8]) {
    append(leafHash: BinaryMerkleTree<Function>.leafHash(bytes))
  }

  /// Adds a leaf given by its hash.
  public mutating func append(leafHash: Hash256) {
    nodes.append(leafHash)
    count += 1
    // The new leaf ends one perfect subtree for each low zero bit of the new count. The sibling on
    // the left ends right before the right one's 2^(height+1) - 1 nodes begin.
    for height in 0..<count.trailingZeroBitCount {
      let right = nodes.count - 1
      let left = right - ((2 << height) - 1)
      nodes.append(BinaryMerkleTree<Function>.nodeHash(nodes[left], nodes[right]))
    }
  }

  /// Drops leaves from the end until `newCount` are left, which must be 0…`count`. The range is
  /// then what it was when it had that length.
  public mutating func truncate(to newCount: Int) {
    precondition((0...count).contains(newCount), "cannot cut \(count) leaves to \(newCount)")
    nodes.removeSubrange(Self.nodeCount(of: newCount)...)
    count = newCount
  }

  /// The roots of the perfect subtrees, highest first.
  public var peaks: [Hash256] { peaks(of: 0..<count) }

  /// The right edge: what is needed to go on appending without the nodes.
  public var frontier: BinaryMountainFrontier<Function> { frontier(ofFirst: count) }

  /// The right edge of the list when it had its first `prefix` leaves, which must be 0…`count`.
  public func frontier(ofFirst prefix: Int) -> BinaryMountainFrontier<Function> {
    precondition((0...count).contains(prefix), "no first \(prefix) of \(count) leaves")
    guard
      let frontier = BinaryMountainFrontier<Function>(peaks: peaks(of: 0..<prefix), count: prefix)
    else { preconditionFailure("\(prefix) leaves gave other peaks") }
    return frontier
  }

  /// The RFC 6962 root over all leaves.
  public var root: Hash256 {
    count == 0 ? BinaryMerkleTree<Function>.emptyRoot : hash(of: 0..<count)
  }

  /// The RFC 6962 root over the first `prefix` leaves, which must be 0…`count`.
  public func root(ofFirst prefix: Int) -> Hash256 {
    precondition((0...count).contains(prefix), "no first \(prefix) of \(count) leaves")
    return prefix == 0 ? BinaryMerkleTree<Function>.emptyRoot : hash(of: 0..<prefix)
  }

  /// The hash of leaf `index`, which must be below `count`.
  public func leafHash(at index: Int) -> Hash256 {
    precondition((0..<count).contains(index), "no leaf \(index) of \(count)")
    return nodes[Self.nodeCount(of: index)]
  }

  /// The hash of a node of the RFC 6962 tree: the non-empty list of leaves `leaves`, whose lower
  /// bound is a multiple of a power of two that is not below its length.
  func hash(of leaves: Range<Int>) -> Hash256 {
    let peaks = peaks(of: leaves)
    var bag = peaks[peaks.count - 1]
    for peak in peaks.dropLast().reversed() {
      bag = BinaryMerkleTree<Function>.nodeHash(peak, bag)
    }
    return bag
  }

  /// The perfect subtrees, highest first, that make up such a list.
  private func peaks(of leaves: Range<Int>) -> [Hash256] {
    var peaks: [Hash256] = []
    var start = leaves.lowerBound
    while start < leaves.upperBound {
      let height = Int.bitWidth - 1 - (leaves.upperBound - start).leadingZeroBitCount
      let end = start + 1 << height
      // A perfect subtree comes to be right after its last leaf and that leaf's lower subtrees.
      peaks.append(nodes[Self.nodeCount(of: end - 1) + height])
      start = end
    }
    return peaks
  }

  /// Number of nodes of a range of `leaves` leaves.
  private static func nodeCount(of leaves: Int) -> Int { 2 * leaves - leaves.nonzeroBitCount }
}
