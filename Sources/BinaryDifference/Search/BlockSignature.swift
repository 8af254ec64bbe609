import Primitives

/// What tells the blocks of a base to somebody who does not have it, as rsync does: for each block
/// a rolling hash, by which it is found wherever it is, and the begin of its BLAKE2b-256. Also the
/// content of librsync's signature files.
public struct BlockSignature: Sendable, Hashable {
  public let kind: RollingHashKind
  /// Bytes of each block; the last may be shorter.
  public let blockBytes: Int
  /// Bytes that are kept of each block's BLAKE2b-256, 1…32.
  public let strongBytes: Int
  /// The rolling hash of each block.
  let weakSums: [UInt32]
  /// The kept bytes of one block after those of another.
  let strongSums: [UInt8]

  init(
    kind: RollingHashKind, blockBytes: Int, strongBytes: Int, weakSums: [UInt32],
    strongSums: [UInt8]
  ) {
    self.kind = kind
    self.blockBytes = blockBytes
    self.strongBytes = strongBytes
    self.weakSums = weakSums
    self.strongSums = strongSums
  }

  /// The signature of `base`, nil if that is too large. Sizes that are not given are the
  /// recommended ones.
  public init?(
    of base: [UInt8], kind: RollingHashKind = .rabinKarp, blockBytes: Int? = nil,
    strongBytes: Int? = nil
  ) {
    guard base.count <= BinaryDifferenceLimits.baseBytesMax else { return nil }
    let block = blockBytes ?? Self.recommendedBlockBytes(baseBytes: base.count)
    let strong = strongBytes ?? Self.safeStrongBytes(baseBytes: base.count, blockBytes: block)
    precondition(Self.blockRange.contains(block), "\(block) bytes are no block")
    precondition(Self.strongRange.contains(strong), "\(strong) bytes are no strong hash")
    var weakSums: [UInt32] = []
    var strongSums: [UInt8] = []
    let count = Self.blockCount(baseBytes: base.count, blockBytes: block)
    weakSums.reserveCapacity(count)
    strongSums.reserveCapacity(count * strong)
    base.withUnsafeBufferPointer { base in
      for start in stride(from: 0, to: base.count, by: block) {
        let part = UnsafeBufferPointer(rebasing: base[start..<min(start + block, base.count)])
        weakSums.append(RollingHash.value(kind, part))
        strongSums += Blake2b256.hash(UnsafeRawBufferPointer(part)).bytes[..<strong]
      }
    }
    self.init(
      kind: kind, blockBytes: block, strongBytes: strong, weakSums: weakSums,
      strongSums: strongSums)
  }

  static let blockRange =
    BinaryDifferenceLimits.blockBytesMin...BinaryDifferenceLimits.blockBytesMax
  static let strongRange = 1...Hash256.byteCount

  /// Blocks of the base.
  public var count: Int { weakSums.count }

  static func blockCount(baseBytes: Int, blockBytes: Int) -> Int {
    (baseBytes + blockBytes - 1) / blockBytes
  }

  /// About the square root of the base's size, where signature and one literal for each of a few
  /// edits are the least together (Tridgell 1999, section 3.3), a multiple of 64.
  public static func recommendedBlockBytes(baseBytes: Int) -> Int {
    let root = Int(Double(max(0, baseBytes)).squareRoot()) / 64 * 64
    return min(max(256, root), BinaryDifferenceLimits.blockBytesMax)
  }

  /// Bytes of a strong hash with which a false match happens about once in 2^16 targets of the
  /// largest size: bits for every pair of a block and a place in the target, and 16 more. The
  /// rolling hash is not counted on. Matches made on purpose are found out by the target's hash.
  public static func safeStrongBytes(baseBytes: Int, blockBytes: Int) -> Int {
    let blocks = blockCount(baseBytes: baseBytes, blockBytes: blockBytes)
    let pairs = UInt64(max(1, blocks)) * UInt64(BinaryDifferenceLimits.targetBytesMax)
    let bits = UInt64.bitWidth - pairs.leadingZeroBitCount + 16
    return min((bits + 7) / 8, Hash256.byteCount)
  }

  /// The kept bytes of block `index`.
  func strong(_ index: Int) -> ArraySlice<UInt8> {
    strongSums[index * strongBytes..<(index + 1) * strongBytes]
  }
}
