import CSodium

/// A 32-byte hash value: BLAKE2b-256 on the chain, SHA-256 for public Merkle vectors.
///
/// Ordered like its bytes. Held as four words so that copying, comparing and hashing it into a
/// table touch no heap.
@frozen
public struct Hash256: Sendable, Hashable, Comparable {
  /// The 32 bytes in order, eight to a word, most significant first.
  public var words: (UInt64, UInt64, UInt64, UInt64)

  /// Length of a hash in bytes.
  public static let byteCount = 32

  /// The all-zero hash: in storage it stands for "not known" and never enters a hash.
  public static let zero = Hash256(words: (0, 0, 0, 0))

  @inlinable
  public init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// The hash held by exactly 32 bytes, or nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var array = Array(bytes)
    self = array.withUnsafeMutableBytes { Hash256(loading: UnsafeRawBufferPointer($0)) }
  }

  /// Loads the first 32 bytes of `raw`, which must hold that many.
  @inlinable
  public init(loading raw: UnsafeRawBufferPointer) {
    precondition(raw.count >= 32)
    let base = raw.baseAddress!
    words = (
      UInt64(bigEndian: base.loadUnaligned(as: UInt64.self)),
      UInt64(bigEndian: base.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
      UInt64(bigEndian: base.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
      UInt64(bigEndian: base.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    )
  }

  /// The hash written as 64 hexadecimal digits, or nil.
  public init?(hex: some StringProtocol) {
    guard let bytes = Hex.bytes(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// Writes the 32 bytes to `target`.
  @inlinable
  public func store(to target: UnsafeMutableRawPointer) {
    target.storeBytes(of: words.0.bigEndian, as: UInt64.self)
    target.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
    target.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
    target.storeBytes(of: words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
  }

  /// The 32 bytes in order.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      store(to: UnsafeMutableRawPointer(buffer.baseAddress!))
      count = 32
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String { Hex.string(bytes) }

  /// The first eight hexadecimal digits, for people.
  public var short: String { String(hex.prefix(8)) }

  /// Compares in a time that does not depend on where the two differ (libsodium `sodium_memcmp`),
  /// for hashes that an attacker may try to guess byte by byte.
  public func isEqualInConstantTime(to other: Hash256) -> Bool {
    withUnsafeBytes(of: words) { left in
      withUnsafeBytes(of: other.words) { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return false }
        return sodium_memcmp(left, right, Self.byteCount) == 0
      }
    }
  }

  @inlinable
  public static func == (a: Hash256, b: Hash256) -> Bool {
    a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
      && a.words.3 == b.words.3
  }

  @inlinable
  public static func < (a: Hash256, b: Hash256) -> Bool {
    if a.words.0 != b.words.0 { return a.words.0 < b.words.0 }
    if a.words.1 != b.words.1 { return a.words.1 < b.words.1 }
    if a.words.2 != b.words.2 { return a.words.2 < b.words.2 }
    return a.words.3 < b.words.3
  }

  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }
}

extension Hash256: CustomStringConvertible {
  public var description: String { hex }
}

extension Hash256: WireCodable {
  @inlinable
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(self)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self = try decoder.hash()
  }
}
