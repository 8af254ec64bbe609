import Networking
import Runtime

extension SimulatedNetwork {
  /// Connects `peer` with all who are joined, but for those that nobody can dial if it is one.
  public func join(_ peer: PeerID) {
    runtime.requireHome("join")
    guard let node = nodes[peer], !node.isJoined else { return }
    node.isJoined = true
    isShapeStale = true
    for other in peers where other != peer && nodes[other]?.isJoined == true {
      connect(peer, other)
    }
  }

  /// Ends all connections of `peer`; its streams and handlers stay, and it may join again.
  public func leave(_ peer: PeerID) {
    runtime.requireHome("leave")
    guard let node = nodes[peer], node.isJoined else { return }
    for other in node.connected { disconnect(peer, other, reason: "left") }
    node.isJoined = false
    isShapeStale = true
  }

  /// Takes `peer` out as if its machine had stopped: all its connections, requests, streams and
  /// handlers are gone, and its endpoints are dead. A new endpoint begins a new life.
  public func remove(_ peer: PeerID) {
    runtime.requireHome("remove")
    guard let node = nodes[peer] else { return }
    leave(peer)
    failRequests(of: node) { _ in true }
    while let message = node.arriving.next() { giveUp(message, .disconnected) }
    node.endLife()
  }

  /// Opens a connection between two joined peers; nothing happens if there is one, or if neither
  /// can be dialled.
  public func connect(_ a: PeerID, _ b: PeerID) {
    runtime.requireHome("connect")
    guard let there = nodes[a]?.links[b], let back = nodes[b]?.links[a],
      there.from.isJoined, back.from.isJoined, !there.isConnected,
      !(undialable.contains(a) && undialable.contains(b))
    else { return }
    for link in [there, back] {
      link.isConnected = true
      link.connection += 1
      let list = link.from.connected
      let place = list.firstIndex { link.to.id < $0 } ?? list.endIndex
      link.from.connected.insert(link.to.id, at: place)
    }
    isShapeStale = true
    observer?(.connected(min(a, b), max(a, b)))
    tell(there.from, .joined(b))
    tell(back.from, .joined(a))
  }

  /// Closes the connection between two peers; requests between them fail as disconnected, and
  /// messages between them are lost.
  public func disconnect(_ a: PeerID, _ b: PeerID, reason: String) {
    runtime.requireHome("disconnect")
    guard let there = nodes[a]?.links[b], let back = nodes[b]?.links[a], there.isConnected
    else { return }
    for link in [there, back] {
      link.isConnected = false
      link.from.connected.removeAll { $0 == link.to.id }
    }
    isShapeStale = true
    carrier?.disconnected(a, b)
    observer?(.disconnected(a, b, reason: reason))
    failRequests(of: there.from) { $0 == b }
    failRequests(of: back.from) { $0 == a }
    tell(there.from, .left(b))
    tell(back.from, .left(a))
  }

  /// Ends the pending requests of `node` to the peers that match, in the order they were sent.
  private func failRequests(of node: SimulatedNode, where matches: (PeerID) -> Bool) {
    let numbers = node.pending.filter { matches($0.value.peer) }.keys.sorted()
    for number in numbers { endRequest(number, of: node, .failure(.disconnected)) }
  }

  private func tell(_ node: SimulatedNode, _ event: PeerEvent) {
    node.peerSubscriptions.removeAll { stream in
      switch stream.yield(event) {
      case .terminated:
        return true
      case .dropped:
        drops[.peerEventsFull] += 1
        return false
      default:
        return false
      }
    }
  }

  /// Chooses gossip neighbours anew if membership or connections have changed.
  ///
  /// The joined nodes that take gossip stand in a ring in random order; each is the neighbour of
  /// those 1, 2, 4, … places away. That keeps the graph connected (while no connection on the ring
  /// is closed), its degree bounded and its diameter logarithmic. Who only publishes sends to those
  /// that follow its own place.
  func refreshShape() {
    guard isShapeStale else { return }
    isShapeStale = false
    let joined = nodes.values.filter(\.isJoined).sorted {
      ($0.ringKey, $0.id) < ($1.ringKey, $1.id)
    }
    let ring = joined.filter(\.takesGossip)
    let isSmall = ring.count - 1 <= configuration.gossipDegreeMax
    var place = 0
    for node in joined {
      let others = isSmall ? ring : near(place, in: ring, isMember: node.takesGossip)
      if node.takesGossip { place += 1 }
      node.neighbours = others.compactMap { node.links[$0.id] }.filter(\.isConnected)
        .sorted { $0.to.id < $1.to.id }
    }
  }

  /// The neighbours of the node at `place`, or of one that stands before it and only publishes.
  private func near(_ place: Int, in ring: [SimulatedNode], isMember: Bool) -> [SimulatedNode] {
    if isMember { return chords(from: place, in: ring) }
    return (0..<configuration.gossipDegreeMax).map { ring[(place + $0) % ring.count] }
  }

  private func chords(from place: Int, in ring: [SimulatedNode]) -> [SimulatedNode] {
    var places: Set<Int> = []
    var distance = 1
    for _ in 0..<max(1, configuration.gossipDegreeMax / 2) where distance <= ring.count / 2 {
      places.insert((place + distance) % ring.count)
      places.insert((place + ring.count - distance) % ring.count)
      distance *= 2
    }
    return places.sorted().map { ring[$0] }
  }
}
