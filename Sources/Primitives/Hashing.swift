import CBlake2
import CSodium

/// A hash function with a 32-byte result, for code that works over more than one (Merkle trees).
public protocol HashFunction: Sendable {
  /// The hash of all of `bytes`.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> Hash256
}

extension HashFunction {
  /// The hash of all of `bytes`.
  @inlinable
  public static func hash(_ bytes: [UInt8]) -> Hash256 {
    bytes.withUnsafeBytes { hash($0) }
  }

  /// The hash of all of `bytes`.
  @inlinable
  public static func hash(_ bytes: ArraySlice<UInt8>) -> Hash256 {
    bytes.withUnsafeBytes { hash($0) }
  }
}

/// BLAKE2b with a 32-byte result and no key (RFC 7693), the chain's hash, computed by libb2.
public enum Blake2b256: HashFunction {
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { output in
      let status = blake2b(
        output.baseAddress!.assumingMemoryBound(to: UInt8.self), bytes.baseAddress, nil, 32,
        bytes.count, 0)
      precondition(status == 0, "libb2 refused BLAKE2b-256 of \(bytes.count) bytes")
      return Hash256(loading: UnsafeRawBufferPointer(output))
    }
  }
}

/// SHA-256 (FIPS 180-4), computed by libsodium; used where public vectors ask for it.
public enum Sha256: HashFunction {
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { output in
      let status = crypto_hash_sha256(
        output.baseAddress!.assumingMemoryBound(to: UInt8.self),
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
      precondition(status == 0, "libsodium refused SHA-256 of \(bytes.count) bytes")
      return Hash256(loading: UnsafeRawBufferPointer(output))
    }
  }
}
