import Networking

extension SimulatedNetwork {
  func publish(_ topic: Topic, _ payload: [UInt8], by node: SimulatedNode) {
    guard payload.count <= topic.payloadBytesMax else { return }
    let id = GossipID(topic: topic, payload: payload)
    guard node.gossip.publish(id) else { return }
    spread(Envelope(kind: .gossip(topic), payload: payload, content: .gossip(id)), from: node)
  }

  func report(_ id: GossipID, _ acceptance: Acceptance, by node: SimulatedNode) {
    switch node.gossip.report(id, acceptance) {
    case .forward(let message, let knownBy):
      observer?(.judged(id, by: node.id, from: message.from, acceptance))
      let envelope = Envelope(
        kind: .gossip(message.topic), payload: message.payload, content: .gossip(id))
      spread(envelope, from: node, except: knownBy)
    case .drop(let sender):
      observer?(.judged(id, by: node.id, from: sender, acceptance))
    case .blame(let sender):
      nodes[sender]?.statistics.rejected += 1
      observer?(.judged(id, by: node.id, from: sender, acceptance))
    case .unknown:
      break
    }
  }

  func receiveGossip(_ id: GossipID, _ envelope: Envelope, on link: SimulatedLink) {
    guard case .gossip(let topic) = envelope.kind else { return }
    let node = link.to
    guard let streams = node.subscriptions[topic] else {
      return drop(envelope.kind, on: link, .notSubscribed)
    }
    guard envelope.payload.count <= topic.payloadBytesMax else {
      link.from.statistics.rejected += 1
      return drop(envelope.kind, on: link, .tooLarge)
    }
    let message = GossipMessage(
      id: id, from: link.from.id, topic: topic, payload: envelope.payload)
    let alive = streams.filter { $0.subscription != nil }
    node.subscriptions[topic] = alive.isEmpty ? nil : alive
    guard !alive.isEmpty else { return drop(envelope.kind, on: link, .notSubscribed) }
    switch node.gossip.receive(message) {
    case .repeated: drop(envelope.kind, on: link, .repeated)
    case .refused:
      drop(envelope.kind, on: link, .subscriptionFull)
      for stream in alive { stream.subscription?.noteLoss() }
    case .first(let givingWay):
      for id in givingWay { withdraw(id, from: node, on: link) }
      offer(message, to: alive.compactMap(\.subscription), on: link)
    }
  }

  /// What waits for judgement and had to give way is not to be read either.
  private func withdraw(_ id: GossipID, from node: SimulatedNode, on link: SimulatedLink) {
    for (topic, streams) in node.subscriptions.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      for stream in streams where stream.subscription?.withdraw(id) == true {
        drop(.gossip(topic), on: link, .subscriptionFull)
        stream.subscription?.noteLoss()
      }
    }
  }

  private func offer(
    _ message: GossipMessage, to subscriptions: [GossipSubscription], on link: SimulatedLink
  ) {
    var isTaken = false
    for subscription in subscriptions {
      switch subscription.offer(message) {
      case .refused: drop(.gossip(message.topic), on: link, .subscriptionFull)
      case .taken(let lost):
        isTaken = true
        for id in lost {
          drop(.gossip(message.topic), on: link, .subscriptionFull)
          link.to.gossip.giveUp(id)
        }
      }
    }
    if !isTaken { link.to.gossip.giveUp(message.id) }
  }

  private func spread(
    _ envelope: Envelope, from node: SimulatedNode, except knownBy: [PeerID] = []
  ) {
    refreshShape()
    for link in node.neighbours where !knownBy.contains(link.to.id) {
      transmit(envelope, on: link)
    }
  }
}
