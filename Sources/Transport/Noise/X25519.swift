import CSodium
import Primitives

/// An X25519 public key (RFC 7748), 32 bytes. Any 32 bytes are one.
public struct AgreementKey: Sendable, Hashable, CustomStringConvertible {
  /// The u-coordinate, little-endian.
  public let raw: Hash256

  /// Length in bytes.
  public static let byteCount = 32

  public init(raw: Hash256) { self.raw = raw }

  public var description: String { raw.hex }
}

/// An X25519 key pair (RFC 7748) of one end of a handshake.
public struct AgreementKeyPair: Sendable {
  public let publicKey: AgreementKey
  private let secret: SecretKey

  /// The pair of a secret of 32 random bytes, which the caller draws.
  public init(secret: SecretKey) {
    self.secret = secret
    var bytes = [UInt8](repeating: 0, count: AgreementKey.byteCount)
    let status = secret.read { crypto_scalarmult_curve25519_base(&bytes, $0) }
    precondition(status == 0, "libsodium refused a 32-byte secret")
    publicKey = AgreementKey(raw: bytes.withUnsafeBytes { Hash256(loading: $0) })
  }

  /// The shared secret with `key`, or nil if it is all zero: `key` is then a point of small order,
  /// which no honest end has.
  public func agree(with key: AgreementKey) -> SecretKey? {
    var status: Int32 = -1
    let shared = SecretKey { target in
      status = secret.read { crypto_scalarmult_curve25519(target, $0, key.raw.bytes) }
    }
    return status == 0 ? shared : nil
  }
}
