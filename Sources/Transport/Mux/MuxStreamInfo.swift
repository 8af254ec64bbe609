import Networking
import Primitives

/// Names a stream within its connection. The initiator opens odd ones, the responder even ones,
/// each in rising order; none is used twice.
public struct StreamID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let number: UInt64

  public init(_ number: UInt64) { self.number = number }

  public var description: String { "stream \(number)" }
  public static func < (a: StreamID, b: StreamID) -> Bool { a.number < b.number }
}

/// Which way messages go on a stream.
public enum StreamKind: UInt8, Sendable, Hashable {
  /// Both ways: the opener asks, the other end answers.
  case exchange = 0
  /// From the opener only.
  case oneWay = 1
}

/// What the opener says of a stream.
public struct StreamInfo: Sendable, Hashable {
  public let traffic: TrafficClass
  public let kind: StreamKind
  /// What the messages are, such as the number of a request type or topic; opaque here.
  public let tag: UInt16

  public init(_ traffic: TrafficClass, _ kind: StreamKind, tag: UInt16) {
    self.traffic = traffic
    self.kind = kind
    self.tag = tag
  }
}

/// Why a stream was given up before its end.
public enum ResetCode: UInt8, Sendable, Hashable {
  /// The result is not wanted any longer.
  case cancelled = 0
  /// This is not served, or not now.
  case refused = 1
  /// A message is larger than is taken.
  case tooLarge = 2
}

/// Why a connection was ended by an end that says so.
public enum GoodbyeReason: UInt8, Sendable, Hashable {
  /// The node stops.
  case shutdown = 0
  /// There is no room for the connection.
  case full = 1
  /// The two ends have another connection, which stays.
  case duplicate = 2
  /// The other end broke the rules of this module.
  case violation = 3
  /// The other end broke the rules of a module above.
  case misbehaviour = 4
  /// The other end was silent or slow for too long.
  case unresponsive = 5
}
