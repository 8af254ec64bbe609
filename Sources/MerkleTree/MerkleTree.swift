import Primitives

/// The chain's Merkle tree: RFC 6962 over BLAKE2b-256.
public typealias MerkleTree = BinaryMerkleTree<Blake2b256>

/// A binary Merkle tree over a list of byte strings with the shape and the domain prefixes of
/// RFC 6962 section 2.1 (taken over by RFC 9162).
///
/// - The root of no leaves is the hash of nothing.
/// - A leaf is hashed as `0x00 ‖ bytes`, an inner node as `0x01 ‖ left ‖ right`, so that neither
///   can be passed off as the other.
/// - `n > 1` leaves are split at the largest power of two below `n`; nothing is ever doubled.
///
/// - Important: A root does not bind the number of leaves: one root belongs to lists of different
///   lengths if somebody may choose the "leaf hashes". Every check therefore takes the count from
///   the caller, who must know it from elsewhere (the history root of block `n` is over exactly the
///   `n` earlier block hashes; a list in a message has the length it has).
public enum BinaryMerkleTree<Function: HashFunction> {
  /// The root of no leaves: the hash of nothing.
  @inlinable
  public static var emptyRoot: Hash256 { Function.hash([UInt8]()) }

  /// The hash of the leaf that holds `bytes`.
  @inlinable
  public static func leafHash(_ bytes: [UInt8]) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: bytes.count + 1, alignment: 1) { buffer in
      buffer[0] = 0x00
      UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyBytes(from: bytes)
      return Function.hash(UnsafeRawBufferPointer(buffer))
    }
  }

  /// The hash of the inner node over two subtrees.
  @inlinable
  public static func nodeHash(_ left: Hash256, _ right: Hash256) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: 1 + 2 * Hash256.byteCount, alignment: 8) { buffer in
      let base = buffer.baseAddress!
      base.storeBytes(of: 0x01, as: UInt8.self)
      left.store(to: base + 1)
      right.store(to: base + 1 + Hash256.byteCount)
      return Function.hash(UnsafeRawBufferPointer(buffer))
    }
  }

  /// The root over `leaves`, in time linear in their bytes and logarithmic memory.
  @inlinable
  public static func root(of leaves: some Sequence<[UInt8]>) -> Hash256 {
    var frontier = BinaryMountainFrontier<Function>()
    for leaf in leaves { frontier.append(leaf: leaf) }
    return frontier.root
  }

  /// The root over leaves given by their hashes (see `leafHash`).
  @inlinable
  public static func root(ofLeafHashes hashes: some Sequence<Hash256>) -> Hash256 {
    var frontier = BinaryMountainFrontier<Function>()
    for hash in hashes { frontier.append(leafHash: hash) }
    return frontier.root
  }

  /// The proof that leaf `index` is in the tree over `leaves`, or nil if there is no such leaf.
  public static func inclusionProof(
    of index: Int, in leaves: some Sequence<[UInt8]>
  ) -> InclusionProof? {
    BinaryMountainRange<Function>(leaves).inclusionProof(of: index)
  }

  /// The proof that the leaves of `range` are in the tree over `leaves`, or nil if the range is
  /// empty or not inside the list.
  public static func rangeProof(
    of range: Range<Int>, in leaves: some Sequence<[UInt8]>
  ) -> RangeProof? {
    BinaryMountainRange<Function>(leaves).rangeProof(of: range)
  }

  /// The proof that the tree over `leaves` begins with the tree over its first `count` leaves, or
  /// nil if there are not so many.
  public static func consistencyProof(
    from count: Int, in leaves: some Sequence<[UInt8]>
  ) -> ConsistencyProof? {
    BinaryMountainRange<Function>(leaves).consistencyProof(from: count)
  }
}

/// The number of leaves left of the root's split in a tree of `count` > 1 leaves: the largest power
/// of two below `count`.
func leftLeaves(of count: Int) -> Int {
  precondition(count > 1, "a tree of \(count) leaves has no split")
  return 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
}
