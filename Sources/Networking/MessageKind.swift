/// What a message is, for accounting, interception and observation.
public enum MessageKind: Sendable, Hashable, Comparable, CustomStringConvertible {
  case gossip(Topic)
  case request(RequestType)
  case response(RequestType)

  public var description: String {
    switch self {
    case .gossip(let topic): "gossip.\(topic)"
    case .request(let type): "request.\(type)"
    case .response(let type): "response.\(type)"
    }
  }

  private var rank: (Int, UInt16) {
    switch self {
    case .gossip(let topic): (0, topic.rawValue)
    case .request(let type): (1, type.rawValue)
    case .response(let type): (2, type.rawValue)
    }
  }

  public static func < (a: MessageKind, b: MessageKind) -> Bool {
    a.rank < b.rank
  }
}
