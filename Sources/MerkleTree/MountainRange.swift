import Primitives

/// The chain's mountain range, over BLAKE2b-256.
public typealias MountainRange = BinaryMountainRange<Blake2b256>

/// An append-only list whose Merkle nodes are all stored, so that it can prove what it holds.
///
/// The nodes lie in the order of `MountainShape`, so going back is dropping the array's end. The
/// root is the RFC 6962 root.
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
    nodes.removeSubrange(MountainShape.nodeCount(of: newCount)...)
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
    return nodes[MountainShape.nodeCount(of: index)]
  }

  /// The hash of a node of the RFC 6962 tree: the non-empty list of leaves `leaves`, whose lower
  /// bound is a multiple of a power of two that is not below its length.
  func hash(of leaves: Range<Int>) -> Hash256 {
    BinaryMerkleTree<Function>.root(ofPeaks: peaks(of: leaves))
  }

  /// The perfect subtrees, highest first, that make up such a list.
  private func peaks(of leaves: Range<Int>) -> [Hash256] {
    MountainShape.peakPlaces(of: leaves).map { nodes[$0] }
  }
}
