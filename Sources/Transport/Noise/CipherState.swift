import CSodium

/// A key and its next nonce (Noise specification, section 5.1) for ChaCha20-Poly1305 (RFC 8439).
///
/// Cannot be copied: a copy would use nonces a second time.
public struct CipherState: ~Copyable {
  /// Bytes that a ciphertext is longer than its plaintext.
  public static let tagBytes = 16
  /// The nonce that only `rekey()` uses.
  private static let reservedNonce = UInt64.max

  private var key: SecretKey?
  /// The nonce of the next message.
  public private(set) var nonce: UInt64

  /// - Parameter key: nil until there is one; plaintext is then passed on as it is.
  public init(key: SecretKey?, nonce: UInt64 = 0) {
    self.key = key
    self.nonce = nonce
  }

  /// Whether what is written is encrypted.
  public var hasKey: Bool { key != nil }

  /// Encrypts `plaintext` and authenticates it together with `associated`; without a key gives it
  /// back. Throws `nonceExhausted`, and `tooLong` above `TransportLimits.recordBytesMax`.
  public mutating func encrypt(
    _ plaintext: ArraySlice<UInt8>, associated: [UInt8] = []
  ) throws(NoiseError) -> [UInt8] {
    guard let key else { return Array(plaintext) }
    guard nonce != Self.reservedNonce else { throw .nonceExhausted }
    let length = plaintext.count + Self.tagBytes
    guard length <= TransportLimits.recordBytesMax else {
      throw .tooLong(bytes: length, limit: TransportLimits.recordBytesMax)
    }
    defer { nonce += 1 }
    return Self.seal(plaintext, associated, nonce: nonce, key: key)
  }

  /// The plaintext of what `encrypt` wrote; without a key gives the bytes back. Throws
  /// `decryptFailed` naming `field` for anything else, and the nonce stays; `truncated`,
  /// `nonceExhausted`.
  public mutating func decrypt(
    _ ciphertext: ArraySlice<UInt8>, associated: [UInt8] = [], field: NoiseError.Field = .payload
  ) throws(NoiseError) -> [UInt8] {
    guard let key else { return Array(ciphertext) }
    guard nonce != Self.reservedNonce else { throw .nonceExhausted }
    guard ciphertext.count >= Self.tagBytes else {
      throw .truncated(field, bytes: ciphertext.count, needed: Self.tagBytes)
    }
    guard let plaintext = Self.open(ciphertext, associated, nonce: nonce, key: key) else {
      throw .decryptFailed(field)
    }
    nonce += 1
    return plaintext
  }

  /// Replaces the key by one made from it (Noise specification, section 4.2); the nonce goes on.
  /// Who learns the new key does not know the old one.
  public mutating func rekey() {
    guard let old = key else { return }
    let zeros = [UInt8](repeating: 0, count: SecretKey.byteCount)
    var sealed = Self.seal(zeros[...], [], nonce: Self.reservedNonce, key: old)
    key = SecretKey { target in
      for index in 0..<SecretKey.byteCount { target[index] = sealed[index] }
    }
    sodium_memzero(&sealed, sealed.count)
  }

  private static func seal(
    _ plaintext: ArraySlice<UInt8>, _ associated: [UInt8], nonce: UInt64, key: SecretKey
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: plaintext.count + tagBytes) { output, count in
      plaintext.withUnsafeBufferPointer { input in
        key.read { key in
          _ = crypto_aead_chacha20poly1305_ietf_encrypt(
            output.baseAddress!, nil, input.baseAddress, UInt64(input.count), associated,
            UInt64(associated.count), nil, nonceBytes(nonce), key)
        }
      }
      count = plaintext.count + tagBytes
    }
  }

  private static func open(
    _ ciphertext: ArraySlice<UInt8>, _ associated: [UInt8], nonce: UInt64, key: SecretKey
  ) -> [UInt8]? {
    var isAuthentic = false
    let plaintext = [UInt8](unsafeUninitializedCapacity: ciphertext.count) { output, count in
      ciphertext.withUnsafeBufferPointer { input in
        key.read { key in
          isAuthentic =
            crypto_aead_chacha20poly1305_ietf_decrypt(
              output.baseAddress!, nil, nil, input.baseAddress!, UInt64(input.count), associated,
              UInt64(associated.count), nonceBytes(nonce), key) == 0
        }
      }
      count = isAuthentic ? ciphertext.count - tagBytes : 0
    }
    return isAuthentic ? plaintext : nil
  }

  /// Four zero bytes and the nonce, little-endian (Noise specification, section 12.3).
  private static func nonceBytes(_ nonce: UInt64) -> [UInt8] {
    [0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: nonce >> (8 * $0)) }
  }
}
