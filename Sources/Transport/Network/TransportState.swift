import Networking
import Primitives
import Runtime

/// A connection and what is known of it. Behind the lock of its network.
final class PeerConnection {
  let number: UInt64
  let byteLink: any ByteLink
  var link: PeerLink
  let direction: ConnectionDirection
  let address: SocketAddress
  /// What the plan dialled, and why; nil for a connection of somebody else, and for one that the
  /// network's owner dialled.
  let dialled: (address: PeerAddress, purpose: DialPlan.Purpose)?
  /// The other end, once its handshake is over and it was taken.
  var peer: PeerID?
  /// Whether the other end has shown its identity.
  var isProven = false

  init(
    _ number: UInt64, _ byteLink: any ByteLink, _ link: consuming PeerLink,
    _ direction: ConnectionDirection, _ address: SocketAddress,
    dialled: (address: PeerAddress, purpose: DialPlan.Purpose)?
  ) {
    self.number = number
    self.byteLink = byteLink
    self.link = link
    self.direction = direction
    self.address = address
    self.dialled = dialled
  }
}

/// What is to be done once the lock is free.
struct TransportEffects: Sendable {
  typealias Answer = Result<[UInt8], RequestError>

  var resumes: [(UnsafeContinuation<Answer, Never>, Answer)] = []
  var timers: [TimerTicket] = []
  var offers: [(GossipMessage, [GossipSubscription])] = []
  /// Messages that readers are to give back.
  var withdrawals: [(GossipID, [GossipSubscription])] = []
  var losses: [GossipSubscription] = []
  var finishes: [(any ByteLink, last: [UInt8])] = []
  var events: [TransportEvent] = []
  /// Peers to be asked for addresses.
  var curious: [PeerID] = []
}

/// All that a network over links knows. What it does not do itself it leaves in `TransportEffects`.
struct TransportState {
  typealias Handler = @Sendable (PeerID, [UInt8]) async -> [UInt8]?

  /// A request of ours that waits for its answer.
  struct PendingRequest {
    let peer: PeerID
    let continuation: UnsafeContinuation<TransportEffects.Answer, Never>
    let timer: TimerTicket
  }

  /// Where the answer to a request goes.
  struct ReturnPath: Sendable, Hashable {
    let connection: UInt64
    let stream: StreamID
  }

  let local: PeerID
  let clock: WallClock
  var number: UInt64 = 0
  var connections: [UInt64: PeerConnection] = [:]
  /// Connections with something to send.
  var dirty: [UInt64] = []
  var isFlushScheduled = false
  var table: ConnectionTable
  var directory: PeerDirectory
  var plan: DialPlan
  var bans: BanList
  var random: RandomStream

  /// Connections of peers that can be talked to.
  var peers: [PeerID: UInt64] = [:]
  var peerSubscriptions: [AsyncStream<PeerEvent>.Continuation] = []
  var topics: [UInt16: Topic] = [:]
  var subscriptions: [Topic: [HeldSubscription]] = [:]
  var gossip = GossipCache()
  var spread = GossipSpread()
  var types: [UInt16: RequestType] = [:]
  var servers: [RequestType: Handler] = [:]
  var serving = ServingQueue<ReturnPath>()
  var pending: [UInt64: PendingRequest] = [:]
  /// Extra bytes of the shared pool that connections have.
  var pools = SharedPool()
  /// Connections that hold some of it, while others wait.
  var slowSenders = SlowHolders()
  /// Connections that hold answers, while none is made for anybody.
  var slowReaders = SlowHolders()
  var addressLimiter = RateLimiter()
  /// When a peer was asked for addresses last.
  var curiousAt = Moment.start
  /// Where connections are taken; 0: nowhere.
  var port: UInt16 = 0
  /// Connections whose links do not run yet.
  var started: [ObjectIdentifier: UInt64] = [:]
  /// Of connections that are over, and of those that came to nothing.
  var totals = TransportTotals()
  var isStopped = false

  /// Seconds since the Unix epoch.
  var unixTime: UInt64 { clock.milliseconds / 1_000 }

  mutating func nextNumber() -> UInt64 {
    number += 1
    return number
  }

  /// What others may send, by its number.
  var messageLimits: TagLimits {
    TagLimits(
      exchanges: types.mapValues(\.requestBytesMax),
      oneWays: topics.mapValues(\.payloadBytesMax).merging(
        [PeerLink.wordTag: TransportWord.bytesMax]) { $1 })
  }

  /// Tells all connections what others may send now.
  mutating func messageLimitsChanged() {
    let limits = messageLimits
    for (_, connection) in connections.sorted(by: { $0.key < $1.key }) {
      connection.link.setMessageLimits(limits)
    }
  }

  func connection(to peer: PeerID) -> PeerConnection? {
    peers[peer].flatMap { connections[$0] }
  }

  /// Notes that a connection has something to send.
  mutating func touch(_ number: UInt64) {
    if !dirty.contains(number) { dirty.append(number) }
  }

  // Peer events are told behind the lock, so that all hear them in the order they happened.
  mutating func tell(_ event: PeerEvent) {
    peerSubscriptions.removeAll { stream in
      if case .terminated = stream.yield(event) { true } else { false }
    }
  }

  /// Ends a connection, with a word if there is one to say.
  mutating func end(
    _ number: UInt64, _ reason: PeerLinkEnd, at now: Moment, _ effects: inout TransportEffects
  ) {
    guard let connection = connections.removeValue(forKey: number) else { return }
    if let word = reason.word { connection.link.goodbye(word) }
    let last = try? connection.link.nextBytes(max: TransportLimits.writeBytesMax, now: now)
    effects.finishes.append((connection.byteLink, last ?? []))
    pools.ended(number)
    dirty.removeAll { $0 == number }
    totals.bytesIn += connection.link.life.bytesIn
    totals.bytesOut += connection.link.life.bytesOut
    if connection.peer == nil { totals.failedConnections += 1 }
    _ = table.ended(number)
    if let dialled = connection.dialled, !connection.isProven {
      failed(dialled.address, at: now)
    }
    let opened = connection.link.life.opened
    guard let peer = connection.peer else {
      if let dialled = connection.dialled, connection.isProven {
        plan.lost(dialled.address.identity, opened: opened, at: now, random: &random)
      }
      effects.events.append(.failed(connection.direction, connection.address, reason))
      return
    }
    serving.withdraw(of: peer) { $0.connection == number }
    failRequests(of: connection, &effects)
    guard peers[peer] == number else { return }
    peers[peer] = nil
    directory.disconnected(peer.identity)
    plan.lost(peer.identity.key, opened: opened, at: now, random: &random)
    effects.events.append(.disconnected(peer, reason))
    tell(.left(peer))
    perform(spread.left(peer, at: now))
  }

  mutating func failed(_ address: PeerAddress, at now: Moment) {
    plan.failed(address, at: now, random: &random)
  }

  /// Our requests on a connection end as disconnected.
  private mutating func failRequests(
    of connection: PeerConnection, _ effects: inout TransportEffects
  ) {
    let numbers = connection.link.openRequests
    for number in numbers { finish(number, .failure(.disconnected), &effects) }
  }

  /// Ends one of our requests, unless it has ended.
  mutating func finish(
    _ number: UInt64, _ answer: TransportEffects.Answer, _ effects: inout TransportEffects
  ) {
    guard let request = pending.removeValue(forKey: number) else { return }
    effects.timers.append(request.timer)
    effects.resumes.append((request.continuation, answer))
  }

  /// Does what gossip is to be sent.
  mutating func perform(_ orders: [GossipSpread.Order]) {
    for order in orders {
      switch order {
      case .push(let peer, let id):
        guard let held = spread.held[id], !send(held.message, to: peer) else { continue }
        // There is no room for it: the peer may want it later.
        spread.offer(id, to: peer)
        say(.announce(topic: held.message.topic.rawValue, id), to: peer)
      case .announce(let peer, let id):
        guard let topic = spread.held[id]?.message.topic else { continue }
        say(.announce(topic: topic.rawValue, id), to: peer)
      case .want(let peer, let id): say(.want(id), to: peer)
      }
    }
  }

  /// Bytes of messages that wait to be sent to all peers.
  var unsentBytes: Int { connections.values.reduce(0) { $0 + $1.link.outboundBytes } }

  /// Whether so many more may wait: one message beyond the limit, so that the largest can be sent.
  func hasRoom(for bytes: Int) -> Bool {
    unsentBytes + bytes <= TransportLimits.unsentBytesMax + TransportLimits.messageBytesMax
  }

  /// Sends a message of gossip; false if the peer has no room for it.
  mutating func send(_ message: GossipSpread.Message, to peer: PeerID) -> Bool {
    guard let connection = connection(to: peer), hasRoom(for: message.payload.count) else {
      return false
    }
    touch(connection.number)
    return connection.link.tell(
      message.topic.rawValue, message.topic.traffic, message.payload)
  }

  private mutating func say(_ word: TransportWord, to peer: PeerID) {
    guard let connection = connection(to: peer) else { return }
    _ = connection.link.tell(PeerLink.wordTag, .control, word.wireBytes)
    touch(connection.number)
  }
}
