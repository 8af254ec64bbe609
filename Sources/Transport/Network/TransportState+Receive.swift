import Networking
import Primitives
import Runtime

extension TransportState {
  /// Bytes of a connection have come.
  mutating func receive(
    _ bytes: ArraySlice<UInt8>, on number: UInt64, at now: Moment,
    _ effects: inout TransportEffects
  ) {
    guard let connection = connections[number] else { return }
    var events: [PeerLinkEvent] = []
    var failure: PeerLinkEnd?
    do throws(PeerLinkEnd) {
      try connection.link.receive(bytes, now: now, into: &events)
    } catch { failure = error }
    for event in events { handle(event, of: connection, at: now, &effects) }
    if let failure { return end(number, failure, at: now, &effects) }
    // What happened may have ended it: then it gets nothing more.
    guard connections[number] != nil else { return }
    sharePool(connection)
    if connection.link.hasBytes { touch(number) }
  }

  /// Gives a connection what it lacks of the shared pool, or takes back what it has too much; then
  /// those that wait get what there is, in turn.
  mutating func sharePool(_ connection: PeerConnection) {
    updatePool(connection)
    sharePool()
  }

  /// Gives those that wait for the shared pool what there is, in turn.
  mutating func sharePool() {
    while let next = pools.next, let connection = connections[next] {
      updatePool(connection)
      // It got nothing, so it is still the next.
      guard pools.next != next else { return }
    }
  }

  /// Brings the account of what a connection has of the shared pool up to date.
  mutating func updatePool(_ connection: PeerConnection) {
    guard let (used, wanted) = connection.link.inboundRoom else { return }
    guard wanted > 0 || pools.given[connection.number] != nil else { return }
    let bytes = pools.update(connection.number, used: used, wanted: wanted)
    connection.link.setInboundPool(bytes: bytes)
    if connection.link.hasBytes { touch(connection.number) }
  }

  private mutating func handle(
    _ event: PeerLinkEvent, of connection: PeerConnection, at now: Moment,
    _ effects: inout TransportEffects
  ) {
    if case .authenticated(let key, let attachment) = event {
      return authenticated(connection, as: key, attachment, at: now, &effects)
    }
    // What was sent before the other end knew that it is not taken.
    guard let peer = connection.peer, connections[connection.number] != nil else { return }
    switch event {
    case .authenticated: break
    case .request(let stream, let type, let payload):
      receiveRequest(peer, connection, stream, type, payload)
    case .withdrawn(let stream):
      let gone = ReturnPath(connection: connection.number, stream: stream)
      serving.withdraw(of: peer) { $0 == gone }
    case .answered(let number, let answer): finish(number, answer, &effects)
    case .gossip(let topic, let payload):
      receiveGossip(topic, payload, from: peer, &effects)
    case .word(let bytes): receiveWord(bytes, from: peer, connection, at: now, &effects)
    }
  }

  private mutating func authenticated(
    _ connection: PeerConnection, as key: PublicKey, _ attachment: [UInt8], at now: Moment,
    _ effects: inout TransportEffects
  ) {
    let (identity, number) = (NodeIdentity(key: key), connection.number)
    let greeting = PeerGreeting(attachment: attachment)
    func refuse(_ reason: GoodbyeReason, _ detail: String) {
      end(number, .local(reason, detail), at: now, &effects)
    }
    guard !bans.contains(identity, at: unixTime) else { return refuse(.misbehaviour, "banned") }
    connection.isProven = true
    if let dialled = connection.dialled {
      plan.succeeded(dialled.address)
      if dialled.purpose == .test { return refuse(.shutdown, "tested") }
    } else if greeting?.isTest ?? false {
      return refuse(.shutdown, "tested")
    }
    switch table.authenticated(number, as: identity) {
    case .refused(let reason, let detail, let stays):
      if let stays, let other = connections[stays] {
        other.link.probe(now: now)
        touch(stays)
      }
      refuse(reason, detail)
    case .taken(let ending, let reason):
      if let peer = directory.connected(identity) {
        take(connection, peer, greeting, at: now, &effects)
      } else {
        refuse(.full, "no more peers can be told apart")
      }
      if let ending { end(ending, .local(reason, "gave way"), at: now, &effects) }
    }
  }

  private mutating func take(
    _ connection: PeerConnection, _ peer: PeerID, _ greeting: PeerGreeting?, at now: Moment,
    _ effects: inout TransportEffects
  ) {
    connection.peer = peer
    let isNew = peers.updateValue(connection.number, forKey: peer) == nil
    if connection.dialled != nil {
      // Whom this end chose is asked for others: who came by itself may want to fill the book.
      effects.curious.append(peer)
      curiousAt = now
    } else if connection.direction == .inbound, table.limits.outboundMax > 0, let greeting,
      greeting.port != 0
    {
      // A node that chooses nobody by itself needs to know nobody.
      plan.met(
        PeerAddress(connection.address.host, port: greeting.port, identity: peer.identity.key))
    }
    effects.events.append(.connected(peer, connection.direction, connection.address))
    guard isNew else { return }
    spread.joined(peer, isOutbound: connection.direction == .outbound)
    tell(.joined(peer))
  }

  private mutating func receiveRequest(
    _ peer: PeerID, _ connection: PeerConnection, _ stream: StreamID, _ type: UInt16,
    _ payload: [UInt8]
  ) {
    guard let type = types[type], servers[type] != nil else {
      connection.link.answer(stream, nil)
      return touch(connection.number)
    }
    let path = ReturnPath(connection: connection.number, stream: stream)
    let request = WaitingRequest(from: peer, type: type, payload: payload, ticket: path)
    for refused in serving.arrive(request) { answer(refused.ticket, nil) }
  }

  /// Sends an answer on its way; nil refuses, and so does too much that waits. Does nothing if the
  /// connection is over.
  mutating func answer(_ path: ReturnPath, _ payload: [UInt8]?) {
    guard let connection = connections[path.connection] else { return }
    connection.link.answer(path.stream, payload.flatMap { hasRoom(for: $0.count) ? $0 : nil })
    touch(path.connection)
  }

  private mutating func receiveGossip(
    _ topic: UInt16, _ payload: [UInt8], from peer: PeerID, _ effects: inout TransportEffects
  ) {
    guard let topic = topics[topic] else { return }
    let message = GossipMessage(
      id: GossipID(topic: topic, payload: payload), from: peer, topic: topic, payload: payload)
    spread.arrived(message.id, from: peer)
    let readers = readers(of: topic)
    guard !readers.isEmpty else { return }
    switch gossip.receive(message) {
    case .repeated: break
    case .refused: effects.losses += readers
    case .first(let givingWay):
      if !givingWay.isEmpty {
        let all = allSubscriptions
        effects.withdrawals += givingWay.map { ($0, all) }
      }
      effects.offers.append((message, readers))
    }
  }

  /// Subscriptions to `topic` that somebody still reads.
  mutating func readers(of topic: Topic) -> [GossipSubscription] {
    let alive = (subscriptions[topic] ?? []).filter { $0.subscription != nil }
    subscriptions[topic] = alive.isEmpty ? nil : alive
    return alive.compactMap(\.subscription)
  }

  /// All subscriptions that somebody still reads, in the order of their topics.
  var allSubscriptions: [GossipSubscription] {
    subscriptions.sorted { $0.key.rawValue < $1.key.rawValue }
      .flatMap(\.value).compactMap(\.subscription)
  }

  private mutating func receiveWord(
    _ bytes: [UInt8], from peer: PeerID, _ connection: PeerConnection, at now: Moment,
    _ effects: inout TransportEffects
  ) {
    do throws(WireError) {
      switch try TransportWord(wireBytes: bytes) {
      case .announce(let topic, let id):
        guard let topic = topics[topic], !gossip.hasSeen(id), !readers(of: topic).isEmpty else {
          return
        }
        perform(spread.announced(id, topic, by: peer, at: now))
      case .want(let id):
        if let held = spread.wanted(id, by: peer) { _ = send(held, to: peer) }
      }
    } catch {
      end(
        connection.number, .local(.violation, "a word of the transport: \(error)"), at: now,
        &effects)
    }
  }
}
