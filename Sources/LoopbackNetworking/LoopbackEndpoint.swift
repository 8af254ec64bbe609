import Networking

/// One peer's view of a loopback network, for one life of the peer.
struct LoopbackEndpoint: Network {
  let network: LoopbackNetwork
  let local: PeerID
  let life: Int

  /// Changes the peer if it was not removed since this endpoint was made; nil if it was.
  private func change<Output: Sendable>(
    _ body: (inout LoopbackPeer) -> sending Output
  ) -> Output? {
    network.state.withLock { state in
      guard var peer = state.peers[local], peer.life == life else { return nil }
      defer { state.peers[local] = peer }
      return body(&peer)
    }
  }

  func connectedPeers() -> [PeerID] {
    change { $0.connected.keys.sorted() } ?? []
  }

  func peerEvents() -> AsyncStream<PeerEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: PeerEvent.self, bufferingPolicy: .bufferingOldest(NetworkingLimits.peerEventsMax))
    let isHeld = change {
      $0.peerSubscriptions.append(continuation)
      return true
    }
    if isHeld == nil { continuation.finish() }
    return stream
  }

  func subscribe(_ topic: Topic) -> GossipSubscription {
    let subscription = GossipSubscription()
    let isHeld = change {
      $0.subscriptions[topic, default: []].append(HeldSubscription(subscription))
      return true
    }
    if isHeld == nil { subscription.finish() }
    return subscription
  }

  func publish(_ topic: Topic, _ payload: [UInt8]) async {
    network.publish(topic, payload, by: local, life: life)
  }

  func report(_ id: GossipID, _ acceptance: Acceptance) {
    network.report(id, acceptance, by: local, life: life)
  }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    try await network.send(
      type, payload, from: local, life: life, to: peer, timeout: timeout,
      answerBytesMax: answerBytesMax)
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    _ = change { $0.servers[type] = handler }
  }

  func disconnect(_ peer: PeerID, reason: String) {
    if change({ _ in true }) == true { network.disconnect(local, peer) }
  }
}
