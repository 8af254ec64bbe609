import Primitives

/// The roots of the largest subtrees outside a contiguous range of leaves, from left to right. With
/// the hashes of the range's leaves they give the root. Where they belong follows from the range
/// and the count.
public struct RangeProof: Sendable, Hashable {
  /// The subtrees' roots, from left to right.
  public let hashes: [Hash256]

  public init(hashes: [Hash256]) { self.hashes = hashes }

  /// True if the list of `count` leaves with this `root` has, from index `start` on, leaves with
  /// exactly these hashes. An empty range proves nothing and is refused.
  ///
  /// `count` must be known from where `root` is known; `leafHashes` must be computed by the caller
  /// from the leaves' bytes. Takes time linear in `leafHashes`.
  public func verify<Function: HashFunction>(
    leafHashes: [Hash256], start: Int, count: Int, root: Hash256,
    with function: Function.Type = Blake2b256.self
  ) -> Bool {
    guard start >= 0, start < count, !leafHashes.isEmpty, leafHashes.count <= count - start else {
      return false
    }
    var check = RangeCheck<Function>(
      range: start..<start + leafHashes.count, leaves: leafHashes[...], proof: hashes[...])
    guard let computed = check.hash(of: 0..<count) else { return false }
    return check.leaves.isEmpty && check.proof.isEmpty && computed == root
  }
}

/// What is left to consume while a range proof is checked.
private struct RangeCheck<Function: HashFunction> {
  let range: Range<Int>
  var leaves: ArraySlice<Hash256>
  var proof: ArraySlice<Hash256>

  /// The hash of the node over `tree`, nil if the proof has too few hashes. The depth is at most
  /// 63, since each step at least halves the power of two that holds `tree`.
  mutating func hash(of tree: Range<Int>) -> Hash256? {
    if tree.clamped(to: range).isEmpty { return proof.popFirst() }
    if tree.count == 1 { return leaves.popFirst() }
    let middle = tree.lowerBound + leftLeaves(of: tree.count)
    guard let left = hash(of: tree.lowerBound..<middle),
      let right = hash(of: middle..<tree.upperBound)
    else { return nil }
    return BinaryMerkleTree<Function>.nodeHash(left, right)
  }
}

extension RangeProof: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(hashes) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    hashes = try decoder.array(elementBytes: Hash256.byteCount, limit: MerkleLimits.rangeHashesMax)
  }
}
