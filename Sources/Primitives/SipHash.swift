import CSodium

/// A key of SipHash: 128 bits.
public struct SipKey: Sendable, Hashable {
  /// The key as two little-endian words.
  public let low: UInt64
  public let high: UInt64

  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }
}

/// SipHash-2-4 (Aumasson and Bernstein 2012): a keyed 64-bit hash, computed by libsodium. Whoever
/// does not know the key cannot choose inputs that collide.
public enum SipHash {
  /// The hash of `bytes` under `key`.
  public static func hash(_ bytes: UnsafeRawBufferPointer, key: SipKey) -> UInt64 {
    var result: UInt64 = 0
    withUnsafeBytes(of: (key.low.littleEndian, key.high.littleEndian)) { key in
      withUnsafeMutableBytes(of: &result) { output in
        let status = crypto_shorthash_siphash24(
          output.baseAddress!.assumingMemoryBound(to: UInt8.self),
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count),
          key.baseAddress!.assumingMemoryBound(to: UInt8.self))
        precondition(status == 0, "libsodium refused SipHash of \(bytes.count) bytes")
      }
    }
    return UInt64(littleEndian: result)
  }

  /// The hash of `bytes` under `key`.
  public static func hash(_ bytes: [UInt8], key: SipKey) -> UInt64 {
    bytes.withUnsafeBytes { hash($0, key: key) }
  }
}
