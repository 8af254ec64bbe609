import Locking
import LoopbackNetworking
import Networking
import Runtime
import SimulatedNetworking

/// The network of a test's world, simulated or of real threads: every connected pair can talk, and
/// answers of chosen peers can be changed or held up on their way.
package final class WorldNetwork: Sendable {
  /// Changes an answer; nil = the peer never answers.
  package typealias Tamper = @Sendable ([UInt8]) -> [UInt8]?

  private enum Base {
    case simulated(SimulatedNetwork)
    case loopback(LoopbackNetwork)
    case sockets(SocketNetwork)
  }

  private struct Answers: Hashable {
    var peer: PeerID
    var type: RequestType
  }

  private struct Rules {
    var tampers: [Answers: Tamper] = [:]
    var delays: [Answers: Duration] = [:]
    var reasons: [PeerID: String] = [:]
  }

  private let base: Base
  private let rules = Lock(Rules())

  package init(_ runtime: SimulatedRuntime, latency: Duration) {
    // All hear each other's gossip at first hand.
    base = .simulated(
      SimulatedNetwork(
        runtime: runtime,
        configuration: NetworkConfiguration(
          link: LinkConditions(latency: latency), gossipDegreeMax: 1_024)))
  }

  package init(_ runtime: any Runtime, latency: Duration) {
    base = .loopback(LoopbackNetwork(runtime: runtime, latency: latency))
  }

  package init(_ runtime: WatchedRuntime, _ loop: EventLoopRuntime) {
    base = .sockets(SocketNetwork(runtime, loop))
  }

  /// The network as `peer` sees it; it has to join.
  package func endpoint(_ peer: PeerID) -> any Network {
    let endpoint: any Network
    switch base {
    case .simulated(let network):
      endpoint = network.endpoint(for: peer, joined: false)
      network.setInterceptor({ self.intercept($0, at: peer) }, for: peer)
    case .loopback(let network):
      endpoint = network.endpoint(for: peer, joined: false)
      network.setInterceptor({ [weak self] in self?.intercept($0, at: peer) ?? .pass }, for: peer)
    case .sockets(let network):
      endpoint = network.endpoint(peer)
      network.setInterceptor({ [weak self] in self?.intercept($0, at: peer) ?? .pass }, for: peer)
    }
    return WatchedEndpoint(network: endpoint) { other, reason in
      self.rules.withLock { $0.reasons[other] = reason }
    }
  }

  package func join(_ peer: PeerID) {
    switch base {
    case .simulated(let network): network.join(peer)
    case .loopback(let network): network.join(peer)
    case .sockets(let network): network.join(peer)
    }
  }

  package func leave(_ peer: PeerID) {
    switch base {
    case .simulated(let network): network.leave(peer)
    case .loopback(let network): network.leave(peer)
    case .sockets(let network): network.leave(peer)
    }
  }

  package func shutdown() {
    switch base {
    case .simulated(let network): network.shutdown()
    case .loopback(let network): network.shutdown()
    case .sockets(let network): network.shutdown()
    }
  }

  /// Changes the answers of `peer` to requests of a type.
  package func tamper(_ peer: PeerID, _ type: RequestType, _ change: @escaping Tamper) {
    rules.withLock { $0.tampers[Answers(peer: peer, type: type)] = change }
  }

  /// The peer's answers take so much longer.
  package func delay(_ peer: PeerID, _ type: RequestType, _ time: Duration) {
    rules.withLock { $0.delays[Answers(peer: peer, type: type)] = time }
  }

  /// Why somebody disconnected a peer.
  package func disconnectReason(_ peer: PeerID) -> String? {
    rules.withLock { $0.reasons[peer] }
  }

  /// An answer is changed where it leaves and held up where it arrives.
  private func intercept(_ message: InterceptedMessage, at peer: PeerID) -> InterceptAction {
    guard case .response(let type) = message.kind, !message.payload.isEmpty else { return .pass }
    switch message.direction {
    case .outgoing:
      guard let tamper = rules.withLock({ $0.tampers[Answers(peer: peer, type: type)] }) else {
        return .pass
      }
      guard let changed = tamper(message.payload) else { return .drop }
      return changed == message.payload ? .pass : .replace(changed)
    case .incoming:
      let delay = rules.withLock { $0.delays[Answers(peer: message.peer, type: type)] }
      return delay.map { .delay($0) } ?? .pass
    }
  }
}

/// A view of a network that tells of disconnections.
private struct WatchedEndpoint: Network {
  let network: any Network
  let disconnected: @Sendable (PeerID, String) -> Void

  var local: PeerID { network.local }

  func connectedPeers() -> [PeerID] { network.connectedPeers() }

  func peerEvents() -> AsyncStream<PeerEvent> { network.peerEvents() }

  func subscribe(_ topic: Topic) -> GossipSubscription { network.subscribe(topic) }

  func publish(_ topic: Topic, _ payload: [UInt8]) async { await network.publish(topic, payload) }

  func report(_ id: GossipID, _ acceptance: Acceptance) { network.report(id, acceptance) }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    try await network.send(
      type, payload, to: peer, timeout: timeout, answerBytesMax: answerBytesMax)
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    network.serve(type, handler)
  }

  func disconnect(_ peer: PeerID, reason: String) {
    disconnected(peer, reason)
    network.disconnect(peer, reason: reason)
  }
}
