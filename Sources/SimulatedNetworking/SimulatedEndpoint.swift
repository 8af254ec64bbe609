import Networking
import Runtime

/// One node's view of a simulated network, for one life of the node.
struct SimulatedEndpoint: Network {
  let network: SimulatedNetwork
  let node: SimulatedNode
  let life: Int

  var local: PeerID { node.id }

  /// Whether the node was not removed since this endpoint was made.
  private func isAlive(_ action: StaticString) -> Bool {
    network.runtime.requireHome(action)
    return node.life == life
  }

  func connectedPeers() -> [PeerID] {
    isAlive("connectedPeers") ? node.connected : []
  }

  func peerEvents() -> AsyncStream<PeerEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: PeerEvent.self, bufferingPolicy: .bufferingOldest(NetworkingLimits.peerEventsMax))
    if isAlive("peerEvents") {
      node.peerSubscriptions.append(continuation)
    } else {
      continuation.finish()
    }
    return stream
  }

  func subscribe(_ topic: Topic) -> GossipSubscription {
    let subscription = GossipSubscription()
    if isAlive("subscribe") {
      node.subscriptions[topic, default: []].append(HeldSubscription(subscription))
    } else {
      subscription.finish()
    }
    return subscription
  }

  func publish(_ topic: Topic, _ payload: [UInt8]) async {
    if isAlive("publish") { network.publish(topic, payload, by: node) }
  }

  func report(_ id: GossipID, _ acceptance: Acceptance) {
    if isAlive("report") { network.report(id, acceptance, by: node) }
  }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    guard isAlive("send") else { throw .disconnected }
    return try await network.send(
      type, payload, from: node, to: peer, timeout: timeout, answerBytesMax: answerBytesMax)
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    guard isAlive("serve") else { return }
    node.servers[type] = SimulatedNode.Server(
      taskName: "\(node.id) serves \(type)", handle: handler)
  }

  func disconnect(_ peer: PeerID, reason: String) {
    if isAlive("disconnect") { network.disconnect(node.id, peer, reason: reason) }
  }
}
