/// The named limits of the transport. Units are part of the name.
///
/// Limits of the wire are the same at both ends: whoever changes one changes
/// `Preamble.version` too.
public enum TransportLimits {
  /// Largest Noise message on the wire, in bytes (Noise specification, section 3). Of the wire.
  public static let recordBytesMax = 65_535
  /// Largest message of the handshake, in bytes. Of the wire.
  public static let handshakeMessageBytesMax = 2_048
  /// Largest attachment of a handshake, in bytes. Of the wire.
  public static let attachmentBytesMax = 1_024
  /// Records sealed with one key before it is replaced. Of the wire.
  public static let rekeyRecords = 1 << 16
  /// Bytes of plaintext sealed with one key before it is replaced. Of the wire.
  public static let rekeyBytes = 1 << 30
}
