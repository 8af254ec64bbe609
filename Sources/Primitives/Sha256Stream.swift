import CSodium

/// SHA-256 (FIPS 180-4) of bytes that come in pieces. A copy goes on on its own.
public struct Sha256Stream: Sendable {
  private var state = crypto_hash_sha256_state()

  public init() {
    crypto_hash_sha256_init(&state)
  }

  /// Adds bytes at the end.
  public mutating func append(_ bytes: [UInt8]) {
    crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count))
  }

  /// The hash of all bytes so far; more can be added afterwards.
  public var hash: Hash256 {
    var copy = state
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { output in
      crypto_hash_sha256_final(&copy, output.baseAddress!.assumingMemoryBound(to: UInt8.self))
      return Hash256(loading: UnsafeRawBufferPointer(output))
    }
  }
}
