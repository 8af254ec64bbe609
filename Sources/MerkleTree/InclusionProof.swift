import Primitives

/// The siblings on the way from one leaf to the root, lowest first (the "audit path" of RFC 9162
/// section 2.1.3). Which side each is on follows from the index and the count and is never read
/// from the proof.
public struct InclusionProof: Sendable, Hashable {
  /// The siblings, lowest first.
  public let hashes: [Hash256]

  public init(hashes: [Hash256]) { self.hashes = hashes }

  /// True if the list of `count` leaves with this `root` has a leaf with this hash at `index`.
  ///
  /// `count` must be known from where `root` is known. `leafHash` must be computed by the caller
  /// from the leaf's bytes; a hash taken from a peer could be that of an inner node.
  /// Algorithm: RFC 9162 section 2.1.3.2.
  public func verify<Function: HashFunction>(
    leafHash: Hash256, index: Int, count: Int, root: Hash256,
    with function: Function.Type = Blake2b256.self
  ) -> Bool {
    guard index >= 0, index < count else { return false }
    var hash = leafHash
    var position = index
    var last = count - 1
    for sibling in hashes {
      if last == 0 { return false }
      if position & 1 == 1 || position == last {
        hash = BinaryMerkleTree<Function>.nodeHash(sibling, hash)
        // A last node without sibling stands for its parents until it is a right child.
        while position & 1 == 0, position != 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        hash = BinaryMerkleTree<Function>.nodeHash(hash, sibling)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 && hash == root
  }
}

extension InclusionProof: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(hashes) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    hashes = try decoder.array(
      elementBytes: Hash256.byteCount, limit: MerkleLimits.inclusionHashesMax)
  }
}
