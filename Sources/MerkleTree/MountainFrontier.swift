import Primitives

/// The chain's mountain frontier, over BLAKE2b-256.
public typealias MountainFrontier = BinaryMountainFrontier<Blake2b256>

/// The right edge of an append-only list: the peaks of its Merkle mountain range and its length.
///
/// It can be appended to and gives the root, and needs one hash for each set bit of the length. It
/// cannot prove anything about the leaves before it; `BinaryMountainRange` stores the nodes for
/// that. A node that adopts a chain at a checkpoint takes a frontier from a peer and checks it
/// against the root it trusts.
///
/// Bagging the peaks from the right with the node prefix gives exactly the RFC 6962 root, since the
/// peaks are the perfect subtrees along the right edge of that tree.
public struct BinaryMountainFrontier<Function: HashFunction>: Sendable, Hashable {
  @usableFromInline var subtrees: [Hash256]
  @usableFromInline var leafCount: Int

  /// The roots of the perfect subtrees, highest first: one for each set bit of `count`.
  @inlinable
  public var peaks: [Hash256] { subtrees }
  /// Number of leaves.
  @inlinable
  public var count: Int { leafCount }

  /// The frontier of the empty list.
  @inlinable
  public init() {
    subtrees = []
    leafCount = 0
  }

  /// The frontier of `count` leaves with these peaks, highest first. Nil if `count` is negative or
  /// above `MerkleLimits.leavesMax`, or if so many leaves have another number of peaks.
  ///
  /// - Important: The peaks are not checked against anything: see `init(peaks:count:root:)`.
  public init?(peaks: [Hash256], count: Int) {
    guard count >= 0, count <= MerkleLimits.leavesMax, peaks.count == count.nonzeroBitCount else {
      return nil
    }
    subtrees = peaks
    leafCount = count
  }

  /// The frontier of `count` leaves with these peaks, nil if they do not give `root`. `count` must
  /// be known from where `root` is known, since a root does not bind it.
  public init?(peaks: [Hash256], count: Int, root: Hash256) {
    self.init(peaks: peaks, count: count)
    guard self.root == root else { return nil }
  }

  /// Adds a leaf that holds `bytes`.
  @inlinable
  public mutating func append(leaf bytes: [UInt8]) {
    append(leafHash: BinaryMerkleTree<Function>.leafHash(bytes))
  }

  /// Adds a leaf given by its hash.
  @inlinable
  public mutating func append(leafHash: Hash256) {
    append(leafHash: leafHash) { _ in }
  }

  /// Adds a leaf given by its hash; `onNode` is told the nodes that come to be, the leaf first, in
  /// the order in which a `BinaryMountainRange` keeps them.
  @inlinable
  package mutating func append(leafHash: Hash256, onNode: (Hash256) -> Void) {
    var hash = leafHash
    onNode(hash)
    // Each low set bit of the old count is a peak as high as the one being carried up.
    for _ in 0..<count.trailingOnes {
      hash = BinaryMerkleTree<Function>.nodeHash(subtrees.removeLast(), hash)
      onNode(hash)
    }
    subtrees.append(hash)
    leafCount += 1
  }

  /// The RFC 6962 root over all leaves.
  @inlinable
  public var root: Hash256 { BinaryMerkleTree<Function>.root(ofPeaks: peaks) }
}

extension BinaryMountainFrontier: WireCodable {
  /// The count as a varint, then the peaks, whose number follows from it.
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(count: count)
    for peak in peaks { encoder.append(peak) }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let count = try decoder.uint64()
    guard count <= UInt64(MerkleLimits.leavesMax) else {
      throw .lengthTooLarge(count, limit: MerkleLimits.leavesMax, at: start)
    }
    var peaks: [Hash256] = []
    for _ in 0..<count.nonzeroBitCount { peaks.append(try decoder.hash()) }
    subtrees = peaks
    leafCount = Int(count)
  }
}

extension Int {
  /// Number of set bits below the lowest clear one.
  @inlinable var trailingOnes: Int { (~self).trailingZeroBitCount }
}
