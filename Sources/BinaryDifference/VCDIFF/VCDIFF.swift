/// The strict form of RFC 3284: the default code table, no secondary compression, and nothing that
/// xdelta3 adds (application header, checksums).
public enum VCDIFF {
  /// "VCD" with its highest bits set, and version 0.
  static let magic: [UInt8] = [0xd6, 0xc3, 0xc4, 0]
  /// Bits of a window's indicator: its source is of the base, or of the target so far.
  static let sourceBit: UInt8 = 1
  static let targetBit: UInt8 = 2
  /// Equal bytes from which on a run is shorter than an insert.
  static let runBytesMin = 8

  /// The target that `delta` makes of `base`, with at most `limit` bytes. Throws for everything
  /// that RFC 3284 does not allow, and for what it leaves open and is not read here.
  public static func target(
    of delta: [UInt8], from base: [UInt8], limit: Int = BinaryDifferenceLimits.targetBytesMax
  ) throws(BinaryDifferenceError) -> [UInt8] {
    var reader = VCDIFFReader(delta, base: base, limit: limit)
    try reader.readAll()
    return reader.target
  }

  /// `value` in digits of seven bits, most significant first.
  static func digits(_ value: Int) -> [UInt8] {
    var digits = [UInt8(value & 0x7f)]
    var rest = value >> 7
    while rest > 0 {
      digits.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return digits.reversed()
  }
}

extension BinaryDiff {
  /// The difference that a delta is for `base`: what it copies from the base is copied, all else
  /// (also what it copies from the target) is inserted. Both hashes are of what was read.
  public init(
    vcdiff delta: [UInt8], base: HashedBytes, limit: Int = BinaryDifferenceLimits.targetBytesMax
  ) throws(BinaryDifferenceError) {
    var reader = VCDIFFReader(delta, base: base.bytes, limit: limit)
    reader.builder = EditScriptBuilder(limit: limit)
    try reader.readAll()
    let script = try reader.finishScript()
    self.init(
      baseHash: base.hash, targetHash: HashedBytes(reader.target).hash, script: script)
  }
}
