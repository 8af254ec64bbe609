/// One step of a handshake message (Noise specification, section 7.1).
public enum HandshakeToken: String, Sendable, Hashable {
  /// The sender's ephemeral key.
  case e
  /// The sender's static key, encrypted as soon as there is a key.
  case s
  /// Both ephemeral keys agree on a secret.
  case ee
  /// The initiator's ephemeral and the responder's static key do.
  case es
  /// The initiator's static and the responder's ephemeral key do.
  case se
  /// Both static keys do.
  case ss
}

/// Which keys are sent and agree in which message. The initiator sends the first one, then they
/// take turns. Patterns where an end knows the other's key beforehand are not represented.
public struct HandshakePattern: Sendable, Hashable {
  /// Name of the pattern in the protocol's name, such as `XX`.
  public let name: String
  public let messages: [[HandshakeToken]]

  public init(name: String, messages: [[HandshakeToken]]) {
    self.name = name
    self.messages = messages
  }

  /// Both ends send their static keys encrypted; the initiator's is shown to nobody else, even if
  /// the other end is not who it should be.
  public static let xx = HandshakePattern(
    name: "XX", messages: [[.e], [.e, .ee, .s, .es], [.s, .se]])
}

/// Which end of a connection this is: who dialled is the initiator.
public enum HandshakeRole: Sendable, Hashable {
  case initiator
  case responder
}
