import Networking

extension SimulatedNetwork {
  func publish(_ topic: Topic, _ payload: [UInt8], by node: SimulatedNode) {
    guard payload.count <= NetworkingLimits.payloadBytesMax(topic) else { return }
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
    guard envelope.payload.count <= NetworkingLimits.payloadBytesMax(topic) else {
      link.from.statistics.rejected += 1
      return drop(envelope.kind, on: link, .tooLarge)
    }
    let message = GossipMessage(
      id: id, from: link.from.id, topic: topic, payload: envelope.payload)
    guard node.gossip.receive(message) == .first else {
      return drop(envelope.kind, on: link, .repeated)
    }
    var alive: [AsyncStream<GossipMessage>.Continuation] = []
    for stream in streams {
      switch stream.yield(message) {
      case .terminated:
        continue
      case .dropped:
        drop(envelope.kind, on: link, .subscriptionFull)
      default:
        break
      }
      alive.append(stream)
    }
    if alive.count < streams.count {
      node.subscriptions[topic] = alive.isEmpty ? nil : alive
    }
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
