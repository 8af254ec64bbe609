import Networking
import Primitives
import Runtime

/// How messages of gossip reach the neighbours: small urgent ones are pushed to a few of them at
/// once and announced to the others; large ones are announced to all, and sent to whoever wants
/// them. So a large message comes once, from the first that had it, and a lost push costs one more
/// round trip (after Leitão, Pereira and Rodrigues, "Epidemic Broadcast Trees", 2007).
///
/// A value without I/O; what it holds is bounded in bytes.
package struct GossipSpread: Sendable {
  /// What is to be sent to a neighbour.
  package enum Order: Sendable, Hashable {
    case push(PeerID, GossipID)
    case announce(PeerID, GossipID)
    case want(PeerID, GossipID)
  }

  /// A message that can be sent to neighbours.
  package struct Message: Sendable, Hashable {
    package let topic: Topic
    package let payload: [UInt8]
  }

  /// A message that is kept for neighbours that want it.
  package struct Held: Sendable {
    package let message: Message
    /// Numbers of the neighbours that it was announced to and that have not wanted it: each gets it
    /// once.
    package fileprivate(set) var offered: [UInt32] = []
    /// What it is charged.
    fileprivate var bytes: Int
  }

  package private(set) var held: [GossipID: Held] = [:]
  /// In order of arrival.
  private var order: [GossipID] = []
  package private(set) var heldBytes = 0
  private let heldBytesMax: Int
  /// Neighbours in the order they came, and whether this end made the connection.
  private var neighbours: [(peer: PeerID, isOutbound: Bool)] = []
  /// Neighbours that urgent messages are pushed to.
  package private(set) var eager: [PeerID] = []
  private var promises = GossipPromises()

  package init(heldBytesMax: Int = TransportLimits.gossipHeldBytes) {
    self.heldBytesMax = heldBytesMax
  }

  /// Promised messages that have not come.
  package var promiseCount: Int { promises.count }

  package mutating func joined(_ peer: PeerID, isOutbound: Bool) {
    neighbours.append((peer, isOutbound))
    promises.joined(peer, isOutbound: isOutbound)
    chooseEager()
  }

  /// A neighbour is gone; gives what is asked of others now.
  package mutating func left(_ peer: PeerID, at now: Moment) -> [Order] {
    neighbours.removeAll { $0.peer == peer }
    chooseEager()
    return promises.left(peer, at: now)
  }

  /// Neighbours that this end chose come first: others cannot crowd them out by their number.
  private mutating func chooseEager() {
    let chosen = neighbours.filter(\.isOutbound).prefix(TransportLimits.gossipDegree / 2)
    let rest = neighbours.filter { peer, _ in !chosen.contains { $0.peer == peer } }
    eager = (chosen + rest).prefix(TransportLimits.gossipDegree).map(\.peer)
  }

  /// A message that is good: gives what goes to whom.
  /// - Parameter knownBy: neighbours that have it, sorted.
  package mutating func spread(
    _ id: GossipID, _ topic: Topic, _ payload: [UInt8], knownBy: [PeerID]
  ) -> [Order] {
    hold(id, Message(topic: topic, payload: payload))
    let isUrgent = topic.traffic.isUrgent
    return neighbours.map(\.peer).filter { !knownBy.contains($0) }.map { peer in
      if isUrgent, eager.contains(peer) { return .push(peer, id) }
      offer(id, to: peer)
      return .announce(peer, id)
    }
  }

  /// A neighbour is told that a message is held: it may want it, once.
  package mutating func offer(_ id: GossipID, to peer: PeerID) {
    #if MUTANTS
      if Mutant.isOn(.announcedNotOffered) { return }
    #endif
    held[id]?.offered.append(peer.number)
  }

  /// A neighbour wants what was announced to it; nil if it was not, or is not held any longer.
  package mutating func wanted(_ id: GossipID, by peer: PeerID) -> Message? {
    guard let place = held[id]?.offered.firstIndex(of: peer.number) else { return nil }
    held[id]?.offered.remove(at: place)
    return held[id]?.message
  }

  /// A neighbour has announced a message that did not come yet.
  package mutating func announced(
    _ id: GossipID, _ topic: Topic, by peer: PeerID, at now: Moment
  ) -> [Order] {
    promises.announced(id, isPushed: topic.traffic.isUrgent, by: peer, at: now)
  }

  /// The message has come; nil: it was made here.
  package mutating func arrived(_ id: GossipID, from peer: PeerID?) {
    promises.arrived(id, from: peer)
  }

  /// Looks at the clock: who has not kept a promise is passed over.
  /// - Parameter heard: when a byte came of a neighbour last.
  package mutating func tick(at now: Moment, heard: (PeerID) -> Moment?) -> [Order] {
    promises.tick(at: now, heard: heard)
  }

  private mutating func hold(_ id: GossipID, _ message: Message) {
    guard held[id] == nil else { return }
    let bytes =
      message.payload.count + TransportLimits.gossipOverheadBytes
      + neighbours.count * TransportLimits.gossipOfferBytes
    held[id] = Held(message: message, bytes: bytes)
    order.append(id)
    heldBytes += bytes
    var dropped = 0
    while heldBytes > heldBytesMax, dropped < order.count - 1 {
      heldBytes -= held.removeValue(forKey: order[dropped])?.bytes ?? 0
      dropped += 1
    }
    order.removeFirst(dropped)
  }
}
