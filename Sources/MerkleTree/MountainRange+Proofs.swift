import Primitives

extension BinaryMountainRange {
  /// The proof that leaf `index` is in the list, or nil if there is no such leaf (RFC 9162
  /// 2.1.3.1).
  public func inclusionProof(of index: Int) -> InclusionProof? {
    guard (0..<count).contains(index) else { return nil }
    var hashes: [Hash256] = []
    var tree = 0..<count
    while tree.count > 1 {
      let (left, right) = MountainShape.split(tree)
      let (inside, sibling) = left.contains(index) ? (left, right) : (right, left)
      hashes.append(hash(of: sibling))
      tree = inside
    }
    return InclusionProof(hashes: hashes.reversed())
  }

  /// The proof that the leaves of `range` are in the list, or nil if the range is empty or not
  /// inside the list.
  public func rangeProof(of range: Range<Int>) -> RangeProof? {
    guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= count else { return nil }
    var hashes: [Hash256] = []
    var stack = [0..<count]
    while let tree = stack.popLast() {
      if tree.clamped(to: range).isEmpty {
        hashes.append(hash(of: tree))
      } else if tree.clamped(to: range) != tree {
        let (left, right) = MountainShape.split(tree)
        stack.append(right)
        stack.append(left)
      }
    }
    return RangeProof(hashes: hashes)
  }

  /// The proof that this list begins with its first `oldCount` leaves, seen from the roots of both,
  /// or nil if there are not so many (RFC 9162 2.1.4.1). It has no hashes if `oldCount` is 0 or
  /// `count`.
  public func consistencyProof(from oldCount: Int) -> ConsistencyProof? {
    MountainShape.consistencySubtrees(from: oldCount, of: count).map { subtrees in
      ConsistencyProof(hashes: subtrees.map(hash(of:)))
    }
  }
}
