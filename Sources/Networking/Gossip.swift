import Primitives

/// Names a gossip message by what it says: equal payloads on one topic are one message, whoever
/// sends them.
public struct GossipID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// BLAKE2b-256 of the topic (two bytes, most significant first) and the payload.
  public let hash: Hash256

  /// The message with a name that was told.
  public init(hash: Hash256) { self.hash = hash }

  /// The name of `payload` on `topic`.
  public init(topic: Topic, payload: [UInt8]) {
    var input: [UInt8] = []
    input.reserveCapacity(payload.count + 2)
    input.append(UInt8(truncatingIfNeeded: topic.rawValue >> 8))
    input.append(UInt8(truncatingIfNeeded: topic.rawValue))
    input.append(contentsOf: payload)
    hash = Blake2b256.hash(input)
  }

  public var description: String { hash.short }

  public static func < (a: GossipID, b: GossipID) -> Bool {
    a.hash < b.hash
  }
}

/// A gossip message as a subscriber gets it.
public struct GossipMessage: Sendable, Hashable {
  /// What to name when judging it.
  public let id: GossipID
  /// The neighbour that passed it on, which need not be who published it.
  public let from: PeerID
  public let topic: Topic
  public let payload: [UInt8]

  public init(id: GossipID, from: PeerID, topic: Topic, payload: [UInt8]) {
    self.id = id
    self.from = from
    self.topic = topic
    self.payload = payload
  }
}

extension GossipMessage: HeapSized {
  public var heapBytes: Int { payload.storageBytes }
}

/// The judgement of a gossip message.
public enum Acceptance: Sendable, Hashable, CaseIterable {
  /// Good and news: pass it on.
  case accept
  /// Neither provably bad nor worth passing on; nobody is blamed.
  case ignore
  /// Bad: do not pass it on, and count it against the neighbour that sent it.
  case reject
}
