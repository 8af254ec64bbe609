import Networking
import Primitives
import Runtime

/// How messages of gossip reach the neighbours: small urgent ones are pushed to a few of them at
/// once and announced to the others; large ones are announced to all, and sent to whoever wants
/// them. So a large message comes once, from the first that had it, and a lost push costs one more
/// round trip (after Leitão, Pereira and Rodrigues, "Epidemic Broadcast Trees", 2007).
///
/// A value without I/O; what it holds is bounded in bytes.
struct GossipSpread: Sendable {
  /// What is to be sent to a neighbour.
  enum Order: Sendable, Hashable {
    case push(PeerID, GossipID)
    case announce(PeerID, GossipID)
    case want(PeerID, GossipID)
  }

  /// A message that can be sent to neighbours.
  struct Held: Sendable {
    let topic: Topic
    let payload: [UInt8]
  }

  /// A message that a neighbour has promised by its announcement.
  private struct Promise: Sendable {
    var from: PeerID
    /// Whether it was asked for: what is likely pushed by somebody else is waited for a little.
    var isAsked = true
    var since: Moment
    var until: Moment
    /// Others that have announced it since.
    var others: [PeerID] = []
  }

  private(set) var held: [GossipID: Held] = [:]
  /// In order of arrival.
  private var order: [GossipID] = []
  private(set) var heldBytes = 0
  private let heldBytesMax: Int
  /// Neighbours in the order they came, and whether this end made the connection.
  private var neighbours: [(peer: PeerID, isOutbound: Bool)] = []
  /// Neighbours that urgent messages are pushed to.
  private(set) var eager: [PeerID] = []
  private var promises: [GossipID: Promise] = [:]
  /// Promises that were not kept, by neighbour.
  private(set) var broken: [PeerID: Int] = [:]

  init(heldBytesMax: Int = TransportLimits.gossipHeldBytes) { self.heldBytesMax = heldBytesMax }

  /// Promised messages that have not come.
  var promiseCount: Int { promises.count }

  mutating func joined(_ peer: PeerID, isOutbound: Bool) {
    neighbours.append((peer, isOutbound))
    chooseEager()
  }

  /// A neighbour is gone; gives what is asked of others now.
  mutating func left(_ peer: PeerID, at now: Moment) -> [Order] {
    neighbours.removeAll { $0.peer == peer }
    broken[peer] = nil
    chooseEager()
    for id in promises.keys.sorted() { promises[id]?.others.removeAll { $0 == peer } }
    let lost = promises.keys.sorted().filter { promises[$0]?.from == peer }
    return lost.compactMap { askNext($0, at: now) }
  }

  /// Neighbours that this end chose come first: others cannot crowd them out by their number.
  private mutating func chooseEager() {
    let chosen = neighbours.filter(\.isOutbound).prefix(TransportLimits.gossipDegree / 2)
    let rest = neighbours.filter { peer, _ in !chosen.contains { $0.peer == peer } }
    eager = (chosen + rest).prefix(TransportLimits.gossipDegree).map(\.peer)
  }

  /// A message that is good: gives what goes to whom.
  /// - Parameter knownBy: neighbours that have it, sorted.
  mutating func spread(
    _ id: GossipID, _ topic: Topic, _ payload: [UInt8], knownBy: [PeerID]
  ) -> [Order] {
    hold(id, Held(topic: topic, payload: payload))
    let isUrgent = isUrgent(topic)
    return neighbours.map(\.peer).filter { !knownBy.contains($0) }.map { peer in
      isUrgent && eager.contains(peer) ? .push(peer, id) : .announce(peer, id)
    }
  }

  /// A neighbour has announced a message that did not come yet.
  mutating func announced(
    _ id: GossipID, _ topic: Topic, by peer: PeerID, at now: Moment
  ) -> [Order] {
    if promises[id] != nil {
      if let promise = promises[id], promise.from != peer, !promise.others.contains(peer),
        promise.others.count < TransportLimits.announcersMax
      {
        promises[id]?.others.append(peer)
      }
      return []
    }
    guard promises.count < TransportLimits.promisesMax,
      promises.values.count(where: { $0.from == peer }) < TransportLimits.promisesPerPeerMax
    else { return [] }
    guard !isUrgent(topic) else {
      promises[id] = Promise(
        from: peer, isAsked: false, since: now, until: now.advanced(by: TransportLimits.pushWait))
      return []
    }
    return [ask(peer, for: id, others: [], at: now)]
  }

  private func isUrgent(_ topic: Topic) -> Bool {
    topic.traffic == .control || topic.traffic == .headers
  }

  private mutating func ask(
    _ peer: PeerID, for id: GossipID, others: [PeerID], at now: Moment
  ) -> Order {
    promises[id] = Promise(
      from: peer, since: now, until: now.advanced(by: TransportLimits.promiseWait), others: others)
    return .want(peer, id)
  }

  /// The message has come, from whomever.
  mutating func arrived(_ id: GossipID) { promises[id] = nil }

  /// A neighbour wants what was announced to it; nil if it is not held any longer.
  func wanted(_ id: GossipID) -> Held? { held[id] }

  /// Looks at the clock: who has not kept a promise is passed over.
  /// - Parameter heard: when a byte came of a neighbour last. A large message takes time on a slow
  ///   line, so as long as bytes come its time is not over, up to `TransportLimits.promiseMax`.
  mutating func tick(at now: Moment, heard: (PeerID) -> Moment?) -> [Order] {
    var orders: [Order] = []
    for id in promises.keys.sorted() {
      guard let promise = promises[id], promise.until <= now else { continue }
      guard promise.isAsked else {
        orders.append(ask(promise.from, for: id, others: promise.others, at: now))
        continue
      }
      let isComing =
        heard(promise.from).map { $0.duration(to: now) < TransportLimits.promiseWait } ?? false
      if isComing, promise.since.duration(to: now) < TransportLimits.promiseMax {
        promises[id]?.until = now.advanced(by: TransportLimits.promiseWait)
        continue
      }
      broken[promise.from, default: 0] += 1
      if let order = askNext(id, at: now) { orders.append(order) }
    }
    return orders
  }

  /// Asks the next neighbour that has announced the message; forgets it if there is none.
  private mutating func askNext(_ id: GossipID, at now: Moment) -> Order? {
    guard let others = promises[id]?.others, let next = others.first else {
      promises[id] = nil
      return nil
    }
    return ask(next, for: id, others: Array(others.dropFirst()), at: now)
  }

  private mutating func hold(_ id: GossipID, _ message: Held) {
    guard held.updateValue(message, forKey: id) == nil else { return }
    order.append(id)
    heldBytes += message.payload.count + TransportLimits.gossipOverheadBytes
    var dropped = 0
    while heldBytes > heldBytesMax, dropped < order.count - 1 {
      if let gone = held.removeValue(forKey: order[dropped]) {
        heldBytes -= gone.payload.count + TransportLimits.gossipOverheadBytes
      }
      dropped += 1
    }
    order.removeFirst(dropped)
  }
}
