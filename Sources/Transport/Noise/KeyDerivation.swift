import CSodium

/// HKDF of the Noise specification (section 4.3), which is RFC 5869 with HMAC-SHA256 (RFC 2104) and
/// an empty info.
enum KeyDerivation {
  /// Two keys from a chaining key and input key material; nil stands for empty material.
  static func derive(
    from chainingKey: SecretKey, _ material: SecretKey?
  ) -> (first: SecretKey, second: SecretKey) {
    let extracted = SecretKey { target in
      authenticate(chainingKey, into: target) { state in
        material?.read {
          _ = crypto_auth_hmacsha256_update(&state, $0, UInt64(SecretKey.byteCount))
        }
      }
    }
    let first = SecretKey { target in
      authenticate(extracted, into: target) { _ = crypto_auth_hmacsha256_update(&$0, [1], 1) }
    }
    let second = SecretKey { target in
      authenticate(extracted, into: target) { state in
        first.read { _ = crypto_auth_hmacsha256_update(&state, $0, UInt64(SecretKey.byteCount)) }
        _ = crypto_auth_hmacsha256_update(&state, [2], 1)
      }
    }
    return (first, second)
  }

  private static func authenticate(
    _ key: SecretKey, into target: UnsafeMutablePointer<UInt8>,
    _ feed: (inout crypto_auth_hmacsha256_state) -> Void
  ) {
    var state = crypto_auth_hmacsha256_state()
    key.read { _ = crypto_auth_hmacsha256_init(&state, $0, SecretKey.byteCount) }
    feed(&state)
    crypto_auth_hmacsha256_final(&state, target)
    sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
  }
}
