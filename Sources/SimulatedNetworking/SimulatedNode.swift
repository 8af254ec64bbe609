import Networking
import Primitives
import Runtime

/// One node's side of the simulated network.
///
/// `@unchecked Sendable`: only the simulation's thread touches it; endpoint calls check that.
final class SimulatedNode: @unchecked Sendable {
  /// A request that waits for its response.
  struct PendingRequest {
    var type: RequestType
    var peer: PeerID
    var answerBytesMax: Int
    var continuation: UnsafeContinuation<Result<[UInt8], RequestError>, Never>
    var timer: TimerTicket
  }

  /// Who answers requests of one type.
  struct Server {
    /// Name of the tasks that answer, for reports of pending work.
    var taskName: String
    var handle: @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  }

  /// A request that waits to be answered.
  struct WaitingRequest {
    var link: SimulatedLink
    var type: RequestType
    var payload: [UInt8]
    var number: UInt64
    /// What it is charged with.
    var bytes: Int { MemoryLayout<Self>.stride + payload.storageBytes }
  }

  let id: PeerID
  /// Place of the node in the random order that shapes the gossip graph.
  let ringKey: UInt64
  /// Counts removals: endpoints and tasks of earlier lives no longer have a say.
  var life = 0
  var isJoined = false
  /// Whether neighbours send it gossip.
  var takesGossip = true
  /// Whether an endpoint was asked for in this life.
  var wasEntered = false
  var capacity: NodeCapacity?
  /// Links to every other node, connected or not.
  var links: [PeerID: SimulatedLink] = [:]
  /// Connected peers, sorted.
  var connected: [PeerID] = []
  /// Links to gossip neighbours, sorted by peer.
  var neighbours: [SimulatedLink] = []
  var uplink = SerialLine()
  var downlink = SerialLine()
  /// What waits for the downlink; while that is not empty, a timer runs to its end.
  var arriving = DownlinkQueue()
  var gossip = GossipCache()
  var subscriptions: [Topic: [HeldSubscription]] = [:]
  var peerSubscriptions: [AsyncStream<PeerEvent>.Continuation] = []
  var servers: [RequestType: Server] = [:]
  var pending: [UInt64: PendingRequest] = [:]
  var serving = 0
  var waiting: [WaitingRequest] = []
  /// Bytes of the requests that wait, by who sent them.
  var waitingBytes = ByteBudget<PeerID>(NetworkingLimits.servedWaitingBytes)
  /// Whether a timer will look at what waits once the uplink has sent enough.
  var awaitsUplink = false
  var interceptor: Interceptor?
  var statistics = NodeStatistics()

  init(id: PeerID, ringKey: UInt64) {
    self.id = id
    self.ringKey = ringKey
  }

  /// Ends the present life: what was subscribed, served and queued is gone.
  func endLife() {
    life += 1
    wasEntered = false
    // Finishing wakes readers, so the order matters.
    for (_, streams) in subscriptions.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      for stream in streams { stream.subscription?.finish() }
    }
    for stream in peerSubscriptions { stream.finish() }
    subscriptions = [:]
    peerSubscriptions = []
    servers = [:]
    serving = 0
    waiting = []
    waitingBytes = ByteBudget(NetworkingLimits.servedWaitingBytes)
    gossip = GossipCache()
    uplink.clear()
    downlink.clear()
  }
}

/// A link in one direction. `@unchecked Sendable` for the same reason as `SimulatedNode`.
final class SimulatedLink: @unchecked Sendable {
  unowned let from: SimulatedNode
  unowned let to: SimulatedNode
  var isConnected = false
  /// Counts connections, so that what was sent on an earlier one does not arrive on this one.
  var connection = 0
  /// A partition lets nothing through, without anybody noticing.
  var isBlocked = false
  var conditions: LinkConditions?
  /// What left `from` for `to`, and what of it arrived.
  var sent = TrafficCount()
  var delivered = TrafficCount()

  init(from: SimulatedNode, to: SimulatedNode) {
    self.from = from
    self.to = to
  }
}

/// A message on its way.
struct Envelope {
  /// What the receiver needs to know besides the bytes.
  enum Content {
    case gossip(GossipID)
    case request(UInt64)
    case response(UInt64, isRefusal: Bool)
  }

  var kind: MessageKind
  var payload: [UInt8]
  var content: Content
}
