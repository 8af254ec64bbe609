import Networking

/// Why a message did not reach its receiver, or was of no use there.
public enum DropReason: Int, Sendable, Hashable, CaseIterable {
  /// The link lost it.
  case loss
  /// A partition was in its way.
  case partition
  /// The connection was gone on arrival.
  case disconnected
  /// The sender's uplink queue was full.
  case uplinkFull
  /// The receiver's downlink queue was full.
  case downlinkFull
  /// An interceptor dropped it.
  case intercepted
  /// A gossip message the receiver had seen before.
  case repeated
  /// A gossip message on a topic the receiver does not subscribe to.
  case notSubscribed
  /// A gossip message a subscriber had no room for.
  case subscriptionFull
  /// A gossip message above the limit of its topic.
  case tooLarge
  /// A response after its request had ended.
  case late
  /// A peer event a subscriber had no room for.
  case peerEventsFull

  /// A stable name for the event log.
  public var name: String {
    switch self {
    case .loss: "loss"
    case .partition: "partition"
    case .disconnected: "disconnected"
    case .uplinkFull: "uplink_full"
    case .downlinkFull: "downlink_full"
    case .intercepted: "intercepted"
    case .repeated: "repeated"
    case .notSubscribed: "not_subscribed"
    case .subscriptionFull: "subscription_full"
    case .tooLarge: "too_large"
    case .late: "late"
    case .peerEventsFull: "peer_events_full"
    }
  }
}

/// Messages and their bytes on the wire.
public struct TrafficCount: Sendable, Hashable {
  public var messages = 0
  public var bytes = 0

  public init(messages: Int = 0, bytes: Int = 0) {
    self.messages = messages
    self.bytes = bytes
  }

  mutating func add(_ bytes: Int) {
    messages += 1
    self.bytes += bytes
  }
}

/// Messages and bytes in both directions. Sent counts what left the uplink, lost or not; received
/// counts what came through the downlink.
public struct Traffic: Sendable, Hashable {
  public var sent = TrafficCount()
  public var received = TrafficCount()

  public init() {}
}

/// What one node has sent, received and suffered so far.
public struct NodeStatistics: Sendable, Hashable {
  /// All messages.
  public package(set) var total = Traffic()
  /// By kind of message.
  public package(set) var byKind: [MessageKind: Traffic] = [:]
  /// Gossip messages this node sent that a neighbour rejected.
  public package(set) var rejected = 0
  /// Requests this node sent.
  public package(set) var requests = 0
  /// Requests of this node that ended in a timeout.
  public package(set) var timeouts = 0
  /// Requests this node refused.
  public package(set) var refusals = 0
  /// Most requests this node answered at one time.
  public package(set) var servedConcurrentlyPeak = 0

  public init() {}

  package mutating func noteSent(_ kind: MessageKind, _ bytes: Int) {
    total.sent.add(bytes)
    byKind[kind, default: Traffic()].sent.add(bytes)
  }

  package mutating func noteReceived(_ kind: MessageKind, _ bytes: Int) {
    total.received.add(bytes)
    byKind[kind, default: Traffic()].received.add(bytes)
  }
}

/// Counts of dropped messages by reason.
public struct DropCounts: Sendable, Hashable {
  private var counts = [Int](repeating: 0, count: DropReason.allCases.count)

  public init() {}

  public internal(set) subscript(reason: DropReason) -> Int {
    get { counts[reason.rawValue] }
    set { counts[reason.rawValue] = newValue }
  }

  /// All drops together.
  public var total: Int { counts.reduce(0, +) }
}
