import Primitives

/// The sum of 32-byte ids, each read as a little-endian number, modulo 2^256.
public struct NegentropySum: Sendable, Hashable {
  /// Least significant first.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  public static let zero = NegentropySum(words: (0, 0, 0, 0))

  private init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// The sum of one id.
  public init(_ id: Hash256) {
    words = (
      id.words.0.byteSwapped, id.words.1.byteSwapped, id.words.2.byteSwapped,
      id.words.3.byteSwapped
    )
  }

  public static func == (a: NegentropySum, b: NegentropySum) -> Bool { a.words == b.words }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  public static func += (a: inout NegentropySum, b: NegentropySum) {
    var carry = false
    func add(_ x: UInt64, _ y: UInt64) -> UInt64 {
      let (part, first) = x.addingReportingOverflow(y)
      let (sum, second) = part.addingReportingOverflow(carry ? 1 : 0)
      carry = first || second
      return sum
    }
    a.words.0 = add(a.words.0, b.words.0)
    a.words.1 = add(a.words.1, b.words.1)
    a.words.2 = add(a.words.2, b.words.2)
    a.words.3 = add(a.words.3, b.words.3)
  }

  public static func -= (a: inout NegentropySum, b: NegentropySum) {
    // The negative of a number is its complement plus one.
    a += NegentropySum(words: (~b.words.0, ~b.words.1, ~b.words.2, ~b.words.3))
    a += NegentropySum(words: (1, 0, 0, 0))
  }

  /// What stands for so many ids with this sum: the first 16 bytes of SHA-256 of the sum and the
  /// count.
  public func fingerprint(count: Int) -> NegentropyFingerprint {
    let digits = NegentropyVarint.byteCount(UInt64(count))
    return withUnsafeTemporaryAllocation(
      byteCount: Hash256.byteCount + digits, alignment: 8
    ) { buffer in
      buffer.storeBytes(of: words.0.littleEndian, toByteOffset: 0, as: UInt64.self)
      buffer.storeBytes(of: words.1.littleEndian, toByteOffset: 8, as: UInt64.self)
      buffer.storeBytes(of: words.2.littleEndian, toByteOffset: 16, as: UInt64.self)
      buffer.storeBytes(of: words.3.littleEndian, toByteOffset: 24, as: UInt64.self)
      for digit in 0..<digits {
        buffer[Hash256.byteCount + digit] = NegentropyVarint.byte(digit, of: UInt64(count))
      }
      return NegentropyFingerprint(Sha256.hash(UnsafeRawBufferPointer(buffer)))
    }
  }
}

/// 16 bytes that are equal on both sides if a range holds the same ids.
///
/// Ids must be hashes: of ids that are near each other, two pairs soon have one sum, and then two
/// sets are taken for equal that are not. What depends on equality is checked by other means.
public struct NegentropyFingerprint: Sendable, Hashable {
  /// The first and the last eight bytes, most significant first.
  let high: UInt64
  let low: UInt64

  /// Bytes of a fingerprint.
  static let byteCount = 16

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The first 16 bytes of a hash.
  init(_ hash: Hash256) {
    self.init(high: hash.words.0, low: hash.words.1)
  }

  /// The 16 bytes in order.
  public var bytes: [UInt8] {
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
  }
}

/// The protocol's variable-length numbers: digits to base 128, most significant first, in as few
/// bytes as possible; all bytes but the last have their highest bit set.
enum NegentropyVarint {
  /// Bytes of the largest number.
  static let byteCountMax = 10

  /// Bytes of a number, at least one.
  static func byteCount(_ value: UInt64) -> Int {
    max(1, (64 - value.leadingZeroBitCount + 6) / 7)
  }

  /// Byte `index` of a number.
  static func byte(_ index: Int, of value: UInt64) -> UInt8 {
    let left = byteCount(value) - 1 - index
    let digit = UInt8(truncatingIfNeeded: value >> UInt64(7 * left)) & 0x7f
    return left == 0 ? digit : digit | 0x80
  }
}
