import Networking

extension LoopbackNetwork {
  func publish(_ topic: Topic, _ payload: [UInt8], by local: PeerID, life: Int) {
    guard payload.count <= topic.payloadBytesMax else { return }
    let id = GossipID(topic: topic, payload: payload)
    let isNews = state.withLock { state in
      state.peers[local]?.life == life && state.peers[local]?.gossip.publish(id) == true
    }
    if isNews { spread(id, topic, payload, from: local) }
  }

  func report(_ id: GossipID, _ acceptance: Acceptance, by local: PeerID, life: Int) {
    let judgement = state.withLock { state in
      state.peers[local]?.life == life ? state.peers[local]?.gossip.report(id, acceptance) : nil
    }
    guard case .forward(let message, let knownBy)? = judgement else { return }
    spread(id, message.topic, message.payload, from: local, except: knownBy)
  }

  func receiveGossip(_ id: GossipID, _ message: LoopbackMessage) {
    guard case .gossip(let topic) = message.kind,
      message.payload.count <= topic.payloadBytesMax
    else { return lose() }
    let gossip = GossipMessage(id: id, from: message.from, topic: topic, payload: message.payload)
    let (arrival, readers, all) = state.withLock { state in
      guard let readers = state.peers[message.to]?.readers(of: topic), !readers.isEmpty,
        let arrival = state.peers[message.to]?.gossip.receive(gossip)
      else { return (GossipCache.Arrival.repeated, [], [[]]) as Found }
      let all = state.peers[message.to]?.subscriptions.values.map { $0.compactMap(\.subscription) }
      return (arrival, readers, all ?? [])
    }
    switch arrival {
    case .repeated: lose()
    case .refused:
      lose()
      for reader in readers { reader.noteLoss() }
    case .first(let givingWay):
      // What waits for judgement and had to give way is not to be read either.
      for id in givingWay {
        for reader in all.joined() where reader.withdraw(id) {
          lose()
          reader.noteLoss()
        }
      }
      offer(gossip, to: readers, of: message.to)
    }
  }

  private typealias Found = (GossipCache.Arrival, [GossipSubscription], [[GossipSubscription]])

  private func offer(
    _ message: GossipMessage, to readers: [GossipSubscription], of peer: PeerID
  ) {
    var isTaken = false
    for reader in readers {
      switch reader.offer(message) {
      case .refused: lose()
      case .taken(let lost):
        isTaken = true
        for id in lost {
          lose()
          state.withLock { $0.peers[peer]?.gossip.giveUp(id) }
        }
      }
    }
    if !isTaken { state.withLock { $0.peers[peer]?.gossip.giveUp(message.id) } }
  }

  private func spread(
    _ id: GossipID, _ topic: Topic, _ payload: [UInt8], from peer: PeerID,
    except knownBy: [PeerID] = []
  ) {
    let neighbours = state.withLock { ($0.peers[peer]?.connected ?? [:]).keys.sorted() }
    for neighbour in neighbours where !knownBy.contains(neighbour) {
      transmit(
        LoopbackMessage(
          kind: .gossip(topic), payload: payload, content: .gossip(id), from: peer,
          to: neighbour))
    }
  }
}
