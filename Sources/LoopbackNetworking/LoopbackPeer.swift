import Networking
import Primitives
import Runtime

/// A message between two peers.
struct LoopbackMessage: Sendable {
  /// What the receiver needs to know besides the bytes.
  enum Content: Sendable {
    case gossip(GossipID)
    case request(UInt64)
    case response(UInt64, isRefusal: Bool)
  }

  var kind: MessageKind
  var payload: [UInt8]
  var content: Content
  var from: PeerID
  var to: PeerID
  /// The connection it goes over: it does not arrive on a later one.
  var connection: UInt64 = 0

  /// The message with other bytes; gossip is named by its bytes, so it becomes another message.
  func replacing(_ payload: [UInt8]) -> LoopbackMessage {
    var copy = self
    copy.payload = payload
    if case .gossip(let topic) = kind {
      copy.content = .gossip(GossipID(topic: topic, payload: payload))
    }
    return copy
  }

  /// The message with bytes of its own: peers share no memory, as over a wire.
  func copied() -> LoopbackMessage {
    var copy = self
    copy.payload = payload.withUnsafeBufferPointer { Array($0) }
    return copy
  }
}

/// One peer's side of the network. All of it is behind the network's lock.
struct LoopbackPeer {
  typealias Handler = @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  typealias Answer = Result<[UInt8], RequestError>

  /// A request that waits for its response.
  struct PendingRequest {
    var type: RequestType
    var peer: PeerID
    var answerBytesMax: Int
    /// Takes the answer; it has room for one.
    var answer: Mailbox<Answer>
  }

  /// A request that waits to be answered.
  struct WaitingRequest: Sendable {
    var from: PeerID
    var type: RequestType
    var payload: [UInt8]
    var number: UInt64
    /// What it is charged with.
    var bytes: Int { MemoryLayout<Self>.stride + payload.storageBytes }
  }

  /// Counts removals: endpoints and tasks of earlier lives no longer have a say.
  let life: Int
  var isJoined = false
  /// Whether an endpoint was asked for in this life.
  var wasEntered = false
  /// Connected peers and the numbers of the connections.
  var connected: [PeerID: UInt64] = [:]
  var gossip = GossipCache()
  var subscriptions: [Topic: [HeldSubscription]] = [:]
  var peerSubscriptions: [AsyncStream<PeerEvent>.Continuation] = []
  var servers: [RequestType: Handler] = [:]
  var pending: [UInt64: PendingRequest] = [:]
  var serving = 0
  var waiting: [WaitingRequest] = []
  /// Bytes of the requests that wait, by who sent them.
  var waitingBytes = ByteBudget<PeerID>(NetworkingLimits.servedWaitingBytes)
  var interceptor: LoopbackInterceptor?
  /// What arrived and is to be taken in.
  let inbox = Mailbox<LoopbackMessage>(capacity: LoopbackLimits.inboxMessagesMax)
  var inboxBytes = 0

  init(life: Int, interceptor: LoopbackInterceptor?) {
    self.life = life
    self.interceptor = interceptor
  }

  /// Subscriptions to `topic` that somebody still reads.
  mutating func readers(of topic: Topic) -> [GossipSubscription] {
    let alive = (subscriptions[topic] ?? []).filter { $0.subscription != nil }
    subscriptions[topic] = alive.isEmpty ? nil : alive
    return alive.compactMap(\.subscription)
  }

  mutating func tell(_ event: PeerEvent) {
    peerSubscriptions.removeAll { stream in
      if case .terminated = stream.yield(event) { true } else { false }
    }
  }

  /// Ends the pending requests to `peer`, or to all; each ends once.
  mutating func failRequests(to peer: PeerID? = nil) {
    for (number, request) in pending.sorted(by: { $0.key < $1.key })
    where peer == nil || request.peer == peer {
      request.answer.offer(.failure(.disconnected))
      pending[number] = nil
    }
  }

  /// Ends this life: what was subscribed, served and queued is gone.
  mutating func endLife() {
    failRequests()
    for (_, streams) in subscriptions.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      for stream in streams { stream.subscription?.finish() }
    }
    for stream in peerSubscriptions { stream.finish() }
    inbox.finish()
  }
}
