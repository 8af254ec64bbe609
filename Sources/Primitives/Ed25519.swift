import CSodium

/// libsodium must be initialised before its first use; a lazy global does it once, thread-safely.
private let sodiumIsReady: Bool = sodium_init() >= 0

/// An Ed25519 public key (RFC 8032), 32 bytes.
public struct PublicKey: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The compressed curve point.
  public let raw: Hash256

  /// Length of a public key in bytes.
  public static let byteCount = 32

  /// Takes the 32 bytes as they are; whether they are a valid point shows when verifying.
  public init(raw: Hash256) { self.raw = raw }

  /// True if `signature` is this key's signature of `message` (strict RFC 8032 verification).
  public func verify(_ signature: Signature, of message: [UInt8]) -> Bool {
    precondition(sodiumIsReady, "libsodium could not be initialised")
    return crypto_sign_verify_detached(
      signature.bytes, message, UInt64(message.count), raw.bytes) == 0
  }

  public var description: String { raw.hex }
  public static func < (a: PublicKey, b: PublicKey) -> Bool { a.raw < b.raw }
}

/// An Ed25519 signature (RFC 8032), 64 bytes.
public struct Signature: Sendable, Hashable, CustomStringConvertible {
  /// The first half (the point R).
  public let r: Hash256
  /// The second half (the scalar s).
  public let s: Hash256

  /// Length of a signature in bytes.
  public static let byteCount = 64
  /// Sixty-four zero bytes: never valid, used where a block is not signed yet.
  public static let zero = Signature(r: .zero, s: .zero)

  public init(r: Hash256, s: Hash256) {
    self.r = r
    self.s = s
  }

  /// The signature held by exactly 64 bytes, or nil for any other count.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, let r = Hash256(bytes: bytes[..<32]),
      let s = Hash256(bytes: bytes[32...])
    else { return nil }
    self.init(r: r, s: s)
  }

  public var bytes: [UInt8] { r.bytes + s.bytes }
  public var description: String { r.hex + s.hex }
}

/// An Ed25519 key pair made from a 32-byte seed. The secret is overwritten when the last copy of
/// the pair is gone.
public struct KeyPair: Sendable {
  public let publicKey: PublicKey
  private let secret: SigningSecret

  /// The pair that belongs to `seed`; the same seed gives the same pair.
  public init(seed: Hash256) {
    precondition(sodiumIsReady, "libsodium could not be initialised")
    var publicBytes = [UInt8](repeating: 0, count: 32)
    var seedBytes = seed.bytes
    var status: Int32 = -1
    secret = SigningSecret { secret in
      status = crypto_sign_seed_keypair(&publicBytes, secret, seedBytes)
    }
    Secrets.wipe(&seedBytes)
    precondition(status == 0, "libsodium refused a 32-byte seed")
    publicKey = PublicKey(raw: Hash256(bytes: publicBytes)!)
  }

  /// This key's signature of `message`; the same message gives the same signature.
  public func sign(_ message: [UInt8]) -> Signature {
    var signature = [UInt8](repeating: 0, count: Signature.byteCount)
    let status = crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret.bytes)
    precondition(status == 0, "libsodium refused to sign \(message.count) bytes")
    return Signature(bytes: signature)!
  }
}

extension PublicKey: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(raw) }
  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(raw: try decoder.hash())
  }
}

extension Signature: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(r)
    encoder.append(s)
  }
  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(r: try decoder.hash(), s: try decoder.hash())
  }
}
