import Primitives

/// Where the nodes of a mountain range are, whoever keeps them: in the order in which they come to
/// be, each after both its children. So the range over a prefix of the list is a prefix of the
/// nodes, and `n` leaves have `2n - popcount(n)` of them.
package enum MountainShape {
  /// Number of nodes of a range of `leaves` leaves: the place of the next leaf.
  package static func nodeCount(of leaves: Int) -> Int { 2 * leaves - leaves.nonzeroBitCount }

  /// The places of the perfect subtrees, highest first, that make up the leaves `leaves`, whose
  /// lower bound is a multiple of a power of two that is not below their number.
  package static func peakPlaces(of leaves: Range<Int>) -> [Int] {
    var places: [Int] = []
    var start = leaves.lowerBound
    while start < leaves.upperBound {
      let height = Int.bitWidth - 1 - (leaves.upperBound - start).leadingZeroBitCount
      let end = start + 1 << height
      // A perfect subtree comes to be right after its last leaf and that leaf's lower subtrees.
      places.append(nodeCount(of: end - 1) + height)
      start = end
    }
    return places
  }

  /// The subtrees whose hashes are the proof that `count` leaves begin with `oldCount` of them, in
  /// the order of the proof (RFC 9162 2.1.4.1); nil if there are not so many.
  package static func consistencySubtrees(from oldCount: Int, of count: Int) -> [Range<Int>]? {
    guard (0...count).contains(oldCount) else { return nil }
    guard oldCount > 0, oldCount < count else { return [] }
    var subtrees: [Range<Int>] = []
    var tree = 0..<count
    // The node that ends with the old list is the old root itself as long as no step went right.
    while tree.upperBound != oldCount {
      let (left, right) = split(tree)
      let (inside, sibling) = oldCount <= left.upperBound ? (left, right) : (right, left)
      subtrees.append(sibling)
      tree = inside
    }
    if tree.lowerBound > 0 { subtrees.append(tree) }
    return subtrees.reversed()
  }

  /// Both children of a node over more than one leaf.
  static func split(_ tree: Range<Int>) -> (left: Range<Int>, right: Range<Int>) {
    let middle = tree.lowerBound + leftLeaves(of: tree.count)
    return (tree.lowerBound..<middle, middle..<tree.upperBound)
  }
}

extension BinaryMerkleTree {
  /// The root over perfect subtrees that follow each other, highest first: they are bagged from the
  /// right.
  @inlinable
  package static func root(ofPeaks peaks: [Hash256]) -> Hash256 {
    guard var bag = peaks.last else { return emptyRoot }
    for peak in peaks.dropLast().reversed() { bag = nodeHash(peak, bag) }
    return bag
  }
}
