import Primitives

/// The nodes that lead from the root of a list to the root of a longer list that begins with it
/// (RFC 9162 section 2.1.4). For a mountain range this is the ancestry proof.
public struct ConsistencyProof: Sendable, Hashable {
  /// The nodes, lowest first, in the order of RFC 9162.
  public let hashes: [Hash256]

  public init(hashes: [Hash256]) { self.hashes = hashes }

  /// True if the list of `newCount` leaves with `newRoot` begins with the list of `oldCount` leaves
  /// with `oldRoot`. Both counts must be known from where the roots are known.
  ///
  /// The empty list begins every list, so an `oldCount` of 0 would say nothing about `newRoot` and
  /// is refused, unless that list is empty too. Algorithm: RFC 9162 section 2.1.4.2.
  public func verify<Function: HashFunction>(
    oldRoot: Hash256, oldCount: Int, newRoot: Hash256, newCount: Int,
    with function: Function.Type = Blake2b256.self
  ) -> Bool {
    guard oldCount >= 0, oldCount <= newCount else { return false }
    if oldCount == newCount {
      let empty = BinaryMerkleTree<Function>.emptyRoot
      return hashes.isEmpty && oldRoot == newRoot && (oldCount > 0 || oldRoot == empty)
    }
    guard oldCount > 0 else { return false }
    var position = oldCount - 1
    var last = newCount - 1
    while position & 1 == 1 {
      position >>= 1
      last >>= 1
    }
    // If the old list is one perfect subtree, its root is the start and is not sent.
    let path = oldCount.nonzeroBitCount == 1 ? [oldRoot] + hashes : hashes
    guard var old = path.first else { return false }
    var new = old
    for node in path.dropFirst() {
      if last == 0 { return false }
      if position & 1 == 1 || position == last {
        old = BinaryMerkleTree<Function>.nodeHash(node, old)
        new = BinaryMerkleTree<Function>.nodeHash(node, new)
        while position & 1 == 0, position != 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        new = BinaryMerkleTree<Function>.nodeHash(new, node)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 && old == oldRoot && new == newRoot
  }
}

extension ConsistencyProof: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(hashes) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    hashes = try decoder.array(
      elementBytes: Hash256.byteCount, limit: MerkleLimits.consistencyHashesMax)
  }
}
