/// A subject of gossip: who subscribes gets every message published on it.
///
/// Whoever defines what is published defines its topic; nothing here knows any. Two topics with one
/// number are one topic.
public struct Topic: Sendable {
  /// Part of the identity of a message.
  public let rawValue: UInt16
  /// A stable name for the event log.
  public let name: String
  /// Largest payload of a message, in bytes.
  public let payloadBytesMax: Int
  /// How urgent a message is. Those of `control` and `headers` are sent to neighbours at once,
  /// others may be announced first.
  public let traffic: TrafficClass

  /// - Parameter name: `topic_` and the number if nil.
  public init(
    _ rawValue: UInt16, name: String? = nil,
    payloadBytesMax: Int = NetworkingLimits.payloadBytesMax,
    traffic: TrafficClass = .blocks
  ) {
    self.rawValue = rawValue
    self.name = name ?? "topic_\(rawValue)"
    self.payloadBytesMax = payloadBytesMax
    self.traffic = traffic
  }
}

extension Topic: Hashable, CustomStringConvertible {
  public var description: String { name }

  public static func == (a: Topic, b: Topic) -> Bool { a.rawValue == b.rawValue }
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
