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

  /// Largest piece of a message in one frame, in bytes. Of the wire.
  public static let pieceBytesMax = 16 << 10
  /// Largest piece of a message that this end sends in a frame of the class `bulk`, in bytes.
  public static let bulkPieceBytesMax = 4 << 10
  /// Streams that one end may have opened at one time. Of the wire.
  public static let streamsMax = 64
  /// Bytes that may be sent on a new stream, each way, before any credit came. Of the wire.
  public static let initialCreditBytes = 16 << 10
  /// Bytes of credit that a message costs beside its own, so that empty ones are not free. Of the
  /// wire.
  public static let messageOverheadBytes = 64
  /// Credit that an end may have on one stream at one time, in bytes. Of the wire.
  public static let creditBytesMax = 1 << 30
  /// Pings of one end that wait for their pongs. Of the wire.
  public static let pingsPendingMax = 4

  /// Largest message, in bytes: above the largest answer of the protocol.
  public static let messageBytesMax = 18 << 20
  /// Bytes of incoming messages beyond the initial credit of their streams, of one connection.
  public static let inboundPoolBytes = messageBytesMax + messageOverheadBytes
  /// Bytes of messages that wait to be sent, of one connection.
  public static let outboundBytesMax = 20 << 20
  /// Bytes of these that only the classes `control` and `headers` may use.
  public static let outboundUrgentBytes = 1 << 20
  /// Fewest bytes that a caller can usefully offer at a time: fewer may yield nothing for ever.
  public static let emitBytesMin = 512
}
