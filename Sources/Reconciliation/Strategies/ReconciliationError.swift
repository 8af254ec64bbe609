import Primitives

/// Why a comparison ended early, and what was wrong where.
public struct ReconciliationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Whose fault it is.
  public enum Kind: Sendable, Hashable {
    /// The other side broke the protocol: bytes that nobody honest sends.
    case malformed
    /// The other side answers against its own proof: whoever sees both knows that it lies.
    case contradiction
    /// A named limit of this side was reached. An honest peer can cause it.
    case limitReached
    /// What was asked is not known or not held (any longer).
    case unavailable
  }

  public let kind: Kind
  /// What was wrong and where, for people.
  public let reason: String

  private init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// Bytes that break the protocol.
  public static func malformed(_ reason: String) -> ReconciliationError {
    ReconciliationError(.malformed, reason)
  }
  /// A message that is not in its wire form; `what` names the message.
  public static func malformed(_ what: String, _ error: WireError) -> ReconciliationError {
    ReconciliationError(.malformed, "\(what): \(error)")
  }
  /// An answer against the peer's own proof.
  public static func contradiction(_ reason: String) -> ReconciliationError {
    ReconciliationError(.contradiction, reason)
  }
  /// A limit of this side.
  public static func limitReached(_ reason: String) -> ReconciliationError {
    ReconciliationError(.limitReached, reason)
  }
  /// Something that is not held.
  public static func unavailable(_ reason: String) -> ReconciliationError {
    ReconciliationError(.unavailable, reason)
  }

  public var description: String { reason }
}
