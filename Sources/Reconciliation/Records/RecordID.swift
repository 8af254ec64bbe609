import Primitives

/// What names a record in all that replicas compare: the first 128 bits of a hash of its key, its
/// version and its value's digest. Two records with one id are the same record.
///
/// 128 bits are enough to need no secret: to find two records with one id takes some 2^64 hashes,
/// so what is made of ids (sketches, sums) can be kept and given to everybody.
@frozen
public struct RecordID: Sendable, Hashable, Comparable {
  /// The first and the last eight bytes, most significant first.
  public var high: UInt64
  public var low: UInt64

  /// Bytes of an id.
  public static let byteCount = 16

  @inlinable
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The first 16 bytes of a hash.
  @inlinable
  public init(_ hash: Hash256) {
    self.init(high: hash.words.0, low: hash.words.1)
  }

  /// The id of 16 bytes, most significant first.
  @inlinable
  public init(loading bytes: UnsafeRawBufferPointer) {
    self.init(
      high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
      low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }

  @inlinable
  public static func < (a: RecordID, b: RecordID) -> Bool {
    a.high != b.high ? a.high < b.high : a.low < b.low
  }
}

extension RecordID: CustomStringConvertible {
  /// 32 lower-case hexadecimal digits.
  public var description: String { Hex.string(wireBytes) }
}

extension RecordID: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { encoder.append(raw: $0) }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let bytes = try decoder.raw(Self.byteCount)
    self = bytes.withUnsafeBytes { RecordID(loading: $0) }
  }
}
