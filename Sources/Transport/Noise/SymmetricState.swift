import CSodium
import Primitives

/// The keys and the transcript of a handshake (Noise specification, section 5.2).
struct SymmetricState: ~Copyable {
  private var cipher = CipherState(key: nil)
  private var chainingKey: SecretKey
  /// The hash of all that both ends have seen so far.
  private(set) var hash: Hash256

  /// - Parameter protocolName: ASCII, such as `Noise_XX_25519_ChaChaPoly_SHA256`.
  init(protocolName: String) {
    let name = Array(protocolName.utf8)
    var start = Self.digest([name])
    if name.count <= Hash256.byteCount {
      let padding = [UInt8](repeating: 0, count: Hash256.byteCount - name.count)
      start = (name + padding).withUnsafeBytes { Hash256(loading: $0) }
    }
    hash = start
    chainingKey = SecretKey { start.store(to: $0) }
  }

  /// Bytes that an encrypted field is longer than its plaintext at present.
  var tagBytes: Int { cipher.hasKey ? CipherState.tagBytes : 0 }

  mutating func mix(key material: SecretKey) {
    let (next, key) = KeyDerivation.derive(from: chainingKey, material)
    chainingKey = next
    cipher = CipherState(key: key)
  }

  mutating func mix(hash bytes: some Sequence<UInt8>) {
    hash = Self.digest([hash.bytes, Array(bytes)])
  }

  mutating func encryptAndHash(_ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
    let ciphertext = try cipher.encrypt(plaintext[...], associated: hash.bytes)
    mix(hash: ciphertext)
    return ciphertext
  }

  mutating func decryptAndHash(
    _ ciphertext: ArraySlice<UInt8>, _ field: NoiseError.Field
  ) throws(NoiseError) -> [UInt8] {
    let plaintext = try cipher.decrypt(ciphertext, associated: hash.bytes, field: field)
    mix(hash: ciphertext)
    return plaintext
  }

  /// The keys of the messages after the handshake: the initiator's and the responder's.
  func split() -> (initiator: SecretKey, responder: SecretKey) {
    let (first, second) = KeyDerivation.derive(from: chainingKey, nil)
    return (first, second)
  }

  private static func digest(_ pieces: [[UInt8]]) -> Hash256 {
    var stream = Sha256Stream()
    for piece in pieces { stream.append(piece) }
    return stream.hash
  }
}
