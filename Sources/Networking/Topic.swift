/// A subject of gossip: who subscribes gets every message published on it.
public struct Topic: Hashable, Sendable, CustomStringConvertible {
  /// Part of the identity of a message.
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// Headers with justification of new blocks.
  public static let blockHeader = Topic(rawValue: 1)
  /// Bodies of new blocks.
  public static let blockBody = Topic(rawValue: 2)

  public var description: String {
    switch self {
    case .blockHeader: "block_header"
    case .blockBody: "block_body"
    default: "topic_\(rawValue)"
    }
  }
}
