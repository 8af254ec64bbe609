/// Why a Noise message cannot be written or read.
public enum NoiseError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A part of a message.
  public enum Field: String, Sendable, Hashable {
    case ephemeralKey = "ephemeral key"
    case staticKey = "static key"
    case payload
  }

  /// The message ends within `field`, which needs `needed` bytes and has `bytes`.
  case truncated(Field, bytes: Int, needed: Int)
  /// The message has, or would have, `bytes` bytes.
  case tooLong(bytes: Int, limit: Int)
  /// The field is not what the other end encrypted with this key: it was changed, or the ends do
  /// not agree on prologue or keys.
  case decryptFailed(Field)
  /// The other end's key makes the shared secret of this step all zero.
  case zeroSecret(HandshakeToken)
  /// All 2^64 - 1 nonces of a key are used up.
  case nonceExhausted
  /// It is the other end's turn, or the handshake is over or not over yet.
  case outOfTurn

  public var description: String {
    switch self {
    case .truncated(let field, let bytes, let needed):
      "the \(field.rawValue) has \(bytes) of at least \(needed) bytes"
    case .tooLong(let bytes, let limit): "\(bytes) bytes are above the limit of \(limit)"
    case .decryptFailed(let field): "the \(field.rawValue) cannot be decrypted"
    case .zeroSecret(let token): "the shared secret of \(token.rawValue) is zero"
    case .nonceExhausted: "the nonces of the key are used up"
    case .outOfTurn: "it is not the turn of this message"
    }
  }
}
