/// The limits of one connection that an end chooses for itself; those of the wire are fixed.
public struct MuxSettings: Sendable, Hashable {
  /// Largest message that is taken on a stream of the other end, or of ours if it says nothing
  /// else, and largest that is sent, in bytes.
  public var messageBytesMax: Int
  /// Bytes of incoming messages beyond the initial credit of their streams.
  public var inboundPoolBytes: Int
  /// Bytes of messages that wait to be sent.
  public var outboundBytesMax: Int
  /// Bytes of these that only urgent classes may use.
  public var outboundUrgentBytes: Int

  public init(
    messageBytesMax: Int = TransportLimits.messageBytesMax,
    inboundPoolBytes: Int = TransportLimits.inboundPoolBytes,
    outboundBytesMax: Int = TransportLimits.outboundBytesMax,
    outboundUrgentBytes: Int = TransportLimits.outboundUrgentBytes
  ) {
    self.messageBytesMax = messageBytesMax
    self.inboundPoolBytes = inboundPoolBytes
    self.outboundBytesMax = outboundBytesMax
    self.outboundUrgentBytes = outboundUrgentBytes
  }
}
