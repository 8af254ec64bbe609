import Primitives

/// A rule of the multiplexer that the other end broke. The connection cannot go on then.
public struct MuxViolation: Error, Equatable, Sendable, CustomStringConvertible {
  /// The rule.
  public enum Rule: Equatable, Sendable {
    /// A record has no frame.
    case emptyRecord
    /// The bytes are no frame, or one of an unknown kind.
    case malformed(WireError)
    /// The stream's number is for the other end to open.
    case wrongParity(StreamID)
    /// The stream's number is not above all that were opened before.
    case streamReused(StreamID)
    /// Nobody opened the stream, or it has ended.
    case unknownStream(StreamID)
    /// More streams are open than `TransportLimits.streamsMax`.
    case tooManyStreams(limit: Int)
    /// More bytes came than credit was given.
    case creditExceeded(StreamID, by: Int)
    /// More credit came than `TransportLimits.creditBytesMax`.
    case creditTooLarge(StreamID)
    /// A piece came without a message that it belongs to.
    case noMessageBegun(StreamID)
    /// The message has fewer bytes than came.
    case messageOverrun(StreamID, by: Int)
    /// A message begins, or the stream ends, within a message.
    case messageUnfinished(StreamID)
    /// A message came after the end of its sender's messages, or a second end.
    case afterEnd(StreamID)
    /// A message came against the direction of a one-way stream.
    case wrongDirection(StreamID)
    /// The stream's acceptor ended it before its opener.
    case earlyEnd(StreamID)
    /// No ping with this value waits.
    case unexpectedPong(UInt64)
    /// More pings wait than `TransportLimits.pingsPendingMax`.
    case tooManyPings(limit: Int)
    /// A frame came after a goodbye.
    case afterGoodbye
  }

  public let rule: Rule
  /// Offset in bytes from the start of the record's plaintext to the frame.
  public let offset: Int

  public init(rule: Rule, offset: Int) {
    self.rule = rule
    self.offset = offset
  }

  public var description: String { "\(rule) (frame at byte \(offset) of its record)" }
}

/// Why the multiplexer does not do what this end asks of it. Nothing has changed then.
public enum MuxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// This end has ended the connection, or the other end has, or broke a rule.
  case closed
  /// The stream is not open, or is being reset.
  case unknownStream(StreamID)
  /// This end has as many streams open as one may have.
  case tooManyStreams(limit: Int)
  /// This end has ended its messages on the stream.
  case ended(StreamID)
  /// The stream is a one-way stream of the other end.
  case wrongDirection(StreamID)
  /// No message may be so large.
  case messageTooLarge(bytes: Int, limit: Int)
  /// Too much waits to be sent: the other end is slow.
  case full(bytes: Int, limit: Int)
  /// Too many pings wait for their pongs.
  case tooManyPings(limit: Int)

  public var description: String {
    switch self {
    case .closed: "the connection is closed"
    case .unknownStream(let id): "\(id) is not open"
    case .tooManyStreams(let limit): "\(limit) streams are open"
    case .ended(let id): "\(id) was ended by this end"
    case .wrongDirection(let id): "\(id) goes the other way only"
    case .messageTooLarge(let bytes, let limit): "\(bytes) bytes are above the limit of \(limit)"
    case .full(let bytes, let limit): "\(bytes) bytes would wait, above the limit of \(limit)"
    case .tooManyPings(let limit): "\(limit) pings wait for their pongs"
    }
  }
}

/// What the other end did.
public enum MuxEvent: Sendable, Hashable {
  case opened(StreamID, StreamInfo)
  /// One more message of the stream is whole and can be taken.
  case message(StreamID)
  /// The other end sends no further messages on the stream.
  case ended(StreamID)
  /// The other end gave the stream up; nothing of it is left.
  case reset(StreamID, ResetCode)
  /// A message of `bytes` bytes was about to come and is not taken; this end has reset the stream.
  case tooLarge(StreamID, bytes: Int, limit: Int)
  case pong(UInt64)
  case goodbye(GoodbyeReason)
}
