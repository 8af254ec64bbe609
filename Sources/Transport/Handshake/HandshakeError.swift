import Primitives

/// Why a handshake failed. The connection is of no use then.
public enum HandshakeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A step of the handshake at which something came from the other end.
  public enum Step: String, Sendable, Hashable {
    case preamble
    case first = "first message"
    case second = "second message"
    case third = "third message"
  }

  /// The other end does not speak this protocol.
  case notThisProtocol
  /// The other end has another version of the protocol.
  case otherVersion(theirs: UInt16, ours: UInt16)
  /// The other end belongs to another network.
  case otherNetwork(theirs: Hash256, ours: Hash256)
  /// The bytes end within a step: `bytes` of `needed` are there.
  case truncated(Step, bytes: Int, needed: Int)
  /// A message has `bytes` bytes, or an attachment of ours has.
  case tooLong(Step, bytes: Int, limit: Int)
  /// A message cannot be decrypted: it was changed on the way, or the ends saw different preambles.
  case decryptFailed(Step)
  /// The other end's key makes a shared secret all zero.
  case zeroSecret(Step)
  /// A payload can be decrypted but has another form.
  case malformed(Step, WireError)
  /// The identity did not sign the key of this handshake.
  case badSignature(PublicKey)
  /// The other end has our own identity: we have dialled ourselves.
  case ownIdentity
  /// The other end is not the one that was dialled.
  case otherIdentity(found: PublicKey, expected: PublicKey)
  /// The handshake has ended or failed before.
  case over

  init(_ error: NoiseError, at step: Step) {
    self =
      switch error {
      case .truncated(_, let bytes, let needed): .truncated(step, bytes: bytes, needed: needed)
      case .tooLong(let bytes, let limit): .tooLong(step, bytes: bytes, limit: limit)
      case .decryptFailed: .decryptFailed(step)
      case .zeroSecret: .zeroSecret(step)
      case .nonceExhausted, .outOfTurn: .over
      }
  }

  public var description: String {
    switch self {
    case .notThisProtocol: "the other end speaks another protocol"
    case .otherVersion(let theirs, let ours): "the other end has version \(theirs), not \(ours)"
    case .otherNetwork(let theirs, let ours):
      "the other end is in network \(theirs.short), not \(ours.short)"
    case .truncated(let step, let bytes, let needed):
      "the \(step.rawValue) has \(bytes) of \(needed) bytes"
    case .tooLong(let step, let bytes, let limit):
      "the \(step.rawValue) has \(bytes) bytes, above the limit of \(limit)"
    case .decryptFailed(let step): "the \(step.rawValue) cannot be decrypted"
    case .zeroSecret(let step): "the key in the \(step.rawValue) gives a zero secret"
    case .malformed(let step, let error): "the payload of the \(step.rawValue): \(error)"
    case .badSignature(let identity): "\(identity.raw.short) did not sign the key of the handshake"
    case .ownIdentity: "the other end has our own identity"
    case .otherIdentity(let found, let expected):
      "the other end is \(found.raw.short), not \(expected.raw.short)"
    case .over: "the handshake is over"
    }
  }
}
