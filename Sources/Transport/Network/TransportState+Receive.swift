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
    do throws(PeerLinkEnd) {
      for event in try connection.link.receive(bytes, now: now) {
        handle(event, of: connection, at: now, &effects)
      }
      sharePool(connection)
      if connection.link.hasBytes { touch(number) }
    } catch {
      end(number, error, at: now, &effects)
    }
  }

  /// Gives a connection what it lacks of the shared pool, or takes back what it has too much.
  mutating func sharePool(_ connection: PeerConnection) {
    guard let (used, wanted) = connection.link.inboundRoom else { return }
    guard wanted > 0 || pools.given[connection.number] != nil else { return }
    let bytes = pools.update(connection.number, used: used, wanted: wanted)
    connection.link.setInboundPool(bytes: bytes)
    if let next = pools.next, next != connection.number, let other = connections[next],
      let (used, wanted) = other.link.inboundRoom
    {
      other.link.setInboundPool(bytes: pools.update(next, used: used, wanted: wanted))
      touch(next)
    }
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
    func refuse(_ reason: GoodbyeReason, _ detail: String) {
      end(number, .local(reason, detail), at: now, &effects)
    }
    guard !bans.contains(identity, at: unixTime) else { return refuse(.misbehaviour, "banned") }
    if let dialled = connection.dialled, dialled.purpose == .test {
      plan.succeeded(dialled.address)
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
      guard let peer = directory.connected(identity) else {
        return refuse(.full, "no more peers can be told apart")
      }
      take(connection, peer, attachment, at: now, &effects)
      if let ending { end(ending, .local(reason, "gave way"), at: now, &effects) }
    }
  }

  private mutating func take(
    _ connection: PeerConnection, _ peer: PeerID, _ attachment: [UInt8], at now: Moment,
    _ effects: inout TransportEffects
  ) {
    connection.peer = peer
    let isNew = peers.updateValue(connection.number, forKey: peer) == nil
    if let dialled = connection.dialled {
      plan.succeeded(dialled.address)
      if dialled.purpose == .fill { effects.curious.append(peer) }
    } else if let greeting = PeerGreeting(attachment: attachment), greeting.port != 0 {
      let address = PeerAddress(
        connection.address.host, port: greeting.port, identity: peer.identity.key)
      plan.heard(address, from: address)
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

  /// Sends an answer on its way; nil refuses. Does nothing if the connection is over.
  mutating func answer(_ path: ReturnPath, _ payload: [UInt8]?) {
    guard let connection = connections[path.connection] else { return }
    connection.link.answer(path.stream, payload)
    touch(path.connection)
  }

  private mutating func receiveGossip(
    _ topic: UInt16, _ payload: [UInt8], from peer: PeerID, _ effects: inout TransportEffects
  ) {
    guard let topic = topics[topic] else { return }
    let message = GossipMessage(
      id: GossipID(topic: topic, payload: payload), from: peer, topic: topic, payload: payload)
    spread.arrived(message.id)
    let readers = readers(of: topic)
    guard !readers.isEmpty else { return }
    switch gossip.receive(message) {
    case .repeated: break
    case .refused: effects.losses += readers
    case .first(let givingWay):
      if !givingWay.isEmpty {
        let all = Array(subscriptions.values.joined()).compactMap(\.subscription)
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
      case .want(let id): push(id, to: peer)
      }
    } catch {
      end(
        connection.number, .local(.violation, "a word of the transport: \(error)"), at: now,
        &effects)
    }
  }
}

extension PeerGreeting {
  /// The greeting at the beginning of an attachment; nil if there is none.
  init?(attachment: [UInt8]) {
    var decoder = WireDecoder(attachment)
    guard let greeting = try? PeerGreeting(from: &decoder) else { return nil }
    self = greeting
  }
}
