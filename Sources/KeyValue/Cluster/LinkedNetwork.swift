import Locking
import Networking
import Transport

/// The network as sessions of reconciliation have it: only peers that have proven the cluster key
/// are there. All bytes of requests and answers are counted here.
final class LinkedNetwork: Network {
  typealias Count = @Sendable (_ sent: Int, _ received: Int, _ peer: NodeIdentity) -> Void

  private struct State {
    var linked: [NodeIdentity: PeerID] = [:]
    var subscriptions: [AsyncStream<PeerEvent>.Continuation] = []
    var count: Count = { _, _, _ in }
    var isProven: @Sendable (NodeIdentity) -> Bool = { _ in false }
  }

  private let network: TransportNetwork
  private let state = Lock(State())

  init(_ network: TransportNetwork) { self.network = network }

  /// Says how bytes of requests and answers are counted, and who is answered: a peer may have the
  /// link before this node has.
  func use(
    count: @escaping Count, isProven: @escaping @Sendable (NodeIdentity) -> Bool
  ) {
    state.withLock { ($0.count, $0.isProven) = (count, isProven) }
  }

  func link(_ peer: PeerID?) {
    guard let peer else { return }
    state.withLock { state in
      guard state.linked.updateValue(peer, forKey: peer.identity) == nil else { return }
      Self.tell(.joined(peer), &state)
    }
  }

  func unlink(_ identity: NodeIdentity) {
    state.withLock { state in
      guard let peer = state.linked.removeValue(forKey: identity) else { return }
      Self.tell(.left(peer), &state)
    }
  }

  private static func tell(_ event: PeerEvent, _ state: inout State) {
    state.subscriptions.removeAll { stream in
      if case .terminated = stream.yield(event) { true } else { false }
    }
  }

  private func isLinked(_ peer: PeerID) -> Bool {
    state.withLock { $0.linked[peer.identity] != nil }
  }

  private func count(_ sent: Int, _ received: Int, _ peer: PeerID) {
    state.withLock { $0.count }(sent, received, peer.identity)
  }

  var local: PeerID { network.local }

  func connectedPeers() -> [PeerID] { state.withLock { $0.linked.values.sorted() } }

  func peerEvents() -> AsyncStream<PeerEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: PeerEvent.self, bufferingPolicy: .bufferingOldest(NetworkingLimits.peerEventsMax))
    state.withLock { $0.subscriptions.append(continuation) }
    return stream
  }

  func subscribe(_ topic: Topic) -> GossipSubscription { network.subscribe(topic) }

  func publish(_ topic: Topic, _ payload: [UInt8]) async { await network.publish(topic, payload) }

  func report(_ id: GossipID, _ acceptance: Acceptance) { network.report(id, acceptance) }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    guard isLinked(peer) else { throw .disconnected }
    return try await sendToAny(
      type, payload, to: peer, timeout: timeout, answerBytesMax: answerBytesMax)
  }

  /// Sends to a peer that need not be linked yet.
  func sendToAny(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int? = nil
  ) async throws(RequestError) -> [UInt8] {
    let answer = try await network.send(
      type, payload, to: peer, timeout: timeout,
      answerBytesMax: answerBytesMax ?? type.responseBytesMax)
    count(payload.count, answer.count, peer)
    return answer
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    serveAny(type) { [weak self] peer, payload in
      guard let self, state.withLock({ $0.isProven })(peer.identity) else { return nil }
      return await handler(peer, payload)
    }
  }

  /// Answers also peers that have not proven the cluster key.
  func serveAny(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    network.serve(type) { [weak self] peer, payload in
      let answer = await handler(peer, payload)
      self?.count(answer?.count ?? 0, payload.count, peer)
      return answer
    }
  }

  func disconnect(_ peer: PeerID, reason: String) { network.hangUp(peer, reason: reason) }
}
