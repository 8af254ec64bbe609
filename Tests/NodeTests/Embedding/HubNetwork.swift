import Locking
import Networking

/// Where the nodes of one process meet.
final class Hub: Sendable {
  typealias Handler = @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  private let directory = Lock(PeerDirectory())
  private let handlers = Lock<[PeerID: [RequestType: Handler]]>([:])

  /// The network of the node with this key; nil if there are too many nodes. Within one process
  /// nobody has to prove that the key is theirs.
  func network(for identity: NodeIdentity) -> HubNetwork? {
    let peer = directory.withLock { $0.connected(identity) }
    return peer.map { HubNetwork(local: $0, hub: self) }
  }

  var peers: [PeerID] { handlers.withLock { $0.keys.sorted() } }
  func handler(_ peer: PeerID, _ type: RequestType) -> Handler? {
    handlers.withLock { $0[peer]?[type] }
  }
  func serve(_ peer: PeerID, _ type: RequestType, _ handler: @escaping Handler) {
    handlers.withLock { $0[peer, default: [:]][type] = handler }
  }
}

/// The least that a node needs of a network: somebody to ask. Nobody comes or goes, and nothing is
/// published; blocks are learned of by asking for heads.
struct HubNetwork: Network {
  let local: PeerID
  let hub: Hub

  func connectedPeers() -> [PeerID] { hub.peers.filter { $0 != local } }
  func peerEvents() -> AsyncStream<PeerEvent> { AsyncStream { _ in } }
  func subscribe(_ topic: Topic) -> GossipSubscription { GossipSubscription() }
  func publish(_ topic: Topic, _ payload: [UInt8]) async {}
  func report(_ id: GossipID, _ acceptance: Acceptance) {}
  func disconnect(_ peer: PeerID, reason: String) {}
  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    hub.serve(local, type, handler)
  }
  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    guard let handler = hub.handler(peer, type) else { throw .disconnected }
    guard let answer = await handler(local, payload) else { throw .refused }
    if answer.count > answerBytesMax {
      throw .tooLarge(bytes: answer.count, limit: answerBytesMax)
    }
    return answer
  }
}
