import Primitives

/// What a sketch is made of: values of one fixed length that can be added bit by bit (XOR).
///
/// Whatever is derived from an item is derived by a function that is not linear over XOR; a linear
/// checksum would hold for any sum of items.
public protocol SketchItem: Sendable, Hashable {
  /// Bytes of an item on the wire.
  static var byteCount: Int { get }
  /// The sum of no items.
  static var zero: Self { get }
  /// Adds `other` bit by bit; added twice it is gone.
  mutating func formXor(_ other: Self)
  /// The item's checksum.
  var checksum: UInt64 { get }
  /// Chooses the coded symbols that the item is part of (`RatelessMapping`). With a second word of
  /// zero it is the published mapping of the first one.
  var mappingSeed: (UInt64, UInt64) { get }
  /// Appends the `byteCount` bytes of the item.
  func append(to encoder: inout WireEncoder)
  /// The item of `byteCount` bytes.
  init(loading bytes: UnsafeRawBufferPointer)
}

extension SketchItem {
  /// Reads `byteCount` bytes.
  public init(reading decoder: inout WireDecoder) throws(WireError) {
    let bytes = try decoder.raw(Self.byteCount)
    self = bytes.withUnsafeBytes { Self(loading: $0) }
  }

  /// Two words that nobody can foretell who lacks the key: SipHash-2-4 of the mapping's seed, and
  /// of the seed with its words changed about.
  func salted(by key: SipKey) -> (UInt64, UInt64) {
    let seed = mappingSeed
    return (
      withUnsafeBytes(of: (seed.0.littleEndian, seed.1.littleEndian)) {
        SipHash.hash($0, key: key)
      },
      withUnsafeBytes(of: (seed.1.littleEndian, seed.0.littleEndian, UInt64(0))) {
        SipHash.hash($0, key: key)
      }
    )
  }
}

extension RecordID: SketchItem {
  public static let zero = RecordID(high: 0, low: 0)

  @inlinable
  public mutating func formXor(_ other: RecordID) {
    high ^= other.high
    low ^= other.low
  }

  /// The folded 128-bit product of both halves, mixed. No key: an id is itself a hash that nobody
  /// can choose, and what has no key can be kept for all peers.
  @inlinable
  public var checksum: UInt64 {
    let product = (high ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(
      by: low ^ 0xe703_7ed1_a0b4_28db)
    var mixed = product.high ^ product.low
    mixed = (mixed ^ (mixed &>> 32)) &* 0xd6e8_feb8_6659_fd93
    return mixed ^ (mixed &>> 32)
  }

  /// All 128 bits choose: two ids of one half are cheap to find, and two items that went the same
  /// way for ever could never be told apart.
  @inlinable
  public var mappingSeed: (UInt64, UInt64) { (high, low) }

  public func append(to encoder: inout WireEncoder) {
    encode(to: &encoder)
  }
}

/// A 64-bit name of an item that is only known within one session: a keyed hash, which nobody who
/// lacks the key can make collide.
@frozen
public struct ShortID: SketchItem {
  public var word: UInt64

  @inlinable
  public init(_ word: UInt64) {
    self.word = word
  }

  /// The SipHash-2-4 of an id's wire form.
  public init(of id: RecordID, key: SipKey) {
    word = withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) {
      SipHash.hash($0, key: key)
    }
  }

  public static let byteCount = 8
  public static let zero = ShortID(0)

  @inlinable
  public mutating func formXor(_ other: ShortID) {
    word ^= other.word
  }

  @inlinable
  public var checksum: UInt64 {
    RecordID(high: word, low: word &* 0x9e37_79b9_7f4a_7c15).checksum
  }

  @inlinable
  public var mappingSeed: (UInt64, UInt64) { (word, 0) }

  /// Eight bytes, little-endian.
  public func append(to encoder: inout WireEncoder) {
    withUnsafeBytes(of: word.littleEndian) { encoder.append(raw: $0) }
  }

  @inlinable
  public init(loading bytes: UnsafeRawBufferPointer) {
    self.init(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)))
  }
}
