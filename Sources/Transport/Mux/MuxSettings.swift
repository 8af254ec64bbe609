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

/// Largest messages by what they are: what nobody takes has no bytes.
public struct TagLimits: Sendable, Hashable {
  /// Bytes of the opener's messages on an exchange, by tag.
  public var exchanges: [UInt16: Int]
  /// Bytes of the messages on a one-way stream, by tag.
  public var oneWays: [UInt16: Int]

  public init(exchanges: [UInt16: Int] = [:], oneWays: [UInt16: Int] = [:]) {
    self.exchanges = exchanges
    self.oneWays = oneWays
  }

  /// Largest message of the other end on a stream that it opened.
  func limit(of info: StreamInfo) -> Int {
    (info.kind == .exchange ? exchanges[info.tag] : oneWays[info.tag]) ?? 0
  }
}
