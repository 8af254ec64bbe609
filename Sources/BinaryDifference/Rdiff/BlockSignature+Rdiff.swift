/// Signature files of librsync (`rdiff signature`): a magic number, the size of a block and of a
/// strong hash in four bytes each, then for each block four bytes of rolling hash and the strong
/// hash, all most significant byte first.
extension BlockSignature {
  private static let magicRollsum: UInt32 = 0x7273_0137
  private static let magicRabinKarp: UInt32 = 0x7273_0147
  /// Old forms with MD4, which is broken: who makes two blocks with one hash decides what they are
  /// taken for.
  private static let magicsMD4: [UInt32] = [0x7273_0136, 0x7273_0146]

  /// Reads a signature with BLAKE2; those with MD4 are refused. It does not say how long the base
  /// is.
  public init(rdiff bytes: [UInt8]) throws(BinaryDifferenceError) {
    var cursor = ByteCursor(bytes)
    guard bytes.count >= 4 else { throw .foreign(.rdiffSignature) }
    let magic = UInt32(try cursor.bigEndian(width: 4))
    guard !Self.magicsMD4.contains(magic) else {
      throw .unsupported("a signature with MD4", at: 0)
    }
    guard magic == Self.magicRollsum || magic == Self.magicRabinKarp else {
      throw .foreign(.rdiffSignature)
    }
    let block = Int(try cursor.bigEndian(width: 4))
    guard Self.blockRange.contains(block) else {
      throw .invalid("a block of \(block) bytes", at: 4)
    }
    let strong = Int(try cursor.bigEndian(width: 4))
    guard Self.strongRange.contains(strong) else {
      throw .invalid("a strong hash of \(strong) bytes", at: 8)
    }
    let size = 4 + strong
    let count = (cursor.remaining + size - 1) / size
    let most = Self.blockCount(
      baseBytes: BinaryDifferenceLimits.baseBytesMax, blockBytes: block)
    guard count <= min(most, BinaryDifferenceLimits.signatureBlocksMax) else {
      throw .invalid("\(count) blocks of \(block) bytes", at: cursor.offset)
    }
    var weakSums: [UInt32] = []
    var strongSums: [UInt8] = []
    weakSums.reserveCapacity(count)
    strongSums.reserveCapacity(count * strong)
    while cursor.remaining > 0 {
      weakSums.append(UInt32(try cursor.bigEndian(width: 4)))
      strongSums += try cursor.raw(strong)
    }
    self.init(
      kind: magic == Self.magicRollsum ? .rollsum : .rabinKarp, blockBytes: block,
      strongBytes: strong, weakSums: weakSums, strongSums: strongSums)
  }

  /// The signature file.
  public var rdiffBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(12 + count * (4 + strongBytes))
    func add(_ value: UInt32) {
      withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
    add(kind == .rollsum ? Self.magicRollsum : Self.magicRabinKarp)
    add(UInt32(blockBytes))
    add(UInt32(strongBytes))
    for index in 0..<count {
      add(weakSums[index])
      bytes += strong(index)
    }
    return bytes
  }

  /// The steps to `target` from the base that has this signature, whose size is not known; nil if
  /// the target is too large or needs too many operations.
  public func script(to target: [UInt8]) -> EditScript? {
    guard target.count <= BinaryDifferenceLimits.targetBytesMax else { return nil }
    var search = BlockSearch(self, baseBytes: nil, targetBytes: target.count)
    return try? search.script(of: target)
  }
}
