/// How long a connection waits for the other end.
public struct TransportTimes: Sendable, Hashable {
  /// From the first byte to the end of the handshake.
  public var handshake = TransportLimits.handshakeTimeout
  /// Between pings.
  public var ping = TransportLimits.pingInterval
  /// Without a byte, though a ping was sent: longer than `ping`.
  public var silence = TransportLimits.silenceMax
  /// Without anything taken of what is sent.
  public var stall = TransportLimits.writeStallMax
  /// For a sign of life when somebody else shows the same key.
  public var probe = TransportLimits.probeWait

  public init() {}
}
