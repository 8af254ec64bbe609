import Primitives

/// Where a record lies in hashed order: the first 128 bits of BLAKE2b-256 of its key. Whoever
/// chooses keys cannot crowd them at one place, and 2^64 keys are needed for two at one position.
@frozen
public struct HashedPosition: Sendable, Hashable, Comparable {
  /// The first and the last eight bytes, most significant first.
  public var high: UInt64
  public var low: UInt64

  /// Bytes of a position.
  public static let byteCount = 16
  /// Nibbles of a position: how deep a tree over positions can be.
  public static let nibbleCount = 32

  public static let first = HashedPosition(high: 0, low: 0)
  public static let last = HashedPosition(high: .max, low: .max)

  @inlinable
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The position of a key with this hash.
  @inlinable
  public init(_ hashedKey: Hash256) {
    self.init(high: hashedKey.words.0, low: hashedKey.words.1)
  }

  /// The position of a key.
  public init(ofKey key: [UInt8]) {
    self.init(Blake2b256.hash(key))
  }

  /// Four of its bits, the most significant first; `index` is 0..<`nibbleCount`.
  @inlinable
  public func nibble(at index: Int) -> Int {
    let word = index < 16 ? high : low
    return Int(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 15
  }

  /// The next one, nil after the last.
  public var successor: HashedPosition? {
    if low < .max { return HashedPosition(high: high, low: low + 1) }
    return high < .max ? HashedPosition(high: high + 1, low: 0) : nil
  }

  @inlinable
  public static func < (a: HashedPosition, b: HashedPosition) -> Bool {
    a.high != b.high ? a.high < b.high : a.low < b.low
  }
}

extension HashedPosition: WireCodable {
  /// 16 bytes, most significant first.
  public func encode(to encoder: inout WireEncoder) {
    RecordID(high: high, low: low).encode(to: &encoder)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let words = try RecordID(from: &decoder)
    self.init(high: words.high, low: words.low)
  }
}
