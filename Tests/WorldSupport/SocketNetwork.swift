import Locking
import LoopbackNetworking
import Networking
import Primitives
import Runtime
import TestSupport
import Transport

/// The network of a test's world over sockets of this host: each peer has a transport of its own,
/// and dials all who were there before it.
///
/// Peers keep the identities of the world: those of the transport, which have keys, are translated
/// at the border.
final class SocketNetwork: Sendable {
  private struct Peer {
    var transport: TransportNetwork
    var endpoint: SocketEndpoint
    var gate: SocketGate
    var address: PeerAddress
  }

  private static let chain = Blake2b256.hash(Array("a world of a test".utf8))

  private let runtime: WatchedRuntime
  private let loop: EventLoopRuntime
  private let peers = Lock<[PeerID: Peer]>([:])
  /// The world's peers by the keys that they have here.
  private let names = Lock<[NodeIdentity: PeerID]>([:])
  private let interceptors = Lock<[PeerID: LoopbackInterceptor]>([:])

  init(_ runtime: WatchedRuntime, _ loop: EventLoopRuntime) {
    self.runtime = runtime
    self.loop = loop
  }

  func endpoint(_ peer: PeerID) -> any Network {
    if let known = peers.withLock({ $0[peer]?.endpoint }) { return known }
    let keys = KeyPair(seed: Blake2b256.hash(peer.identity.key.raw.bytes))
    names.withLock { $0[NodeIdentity(key: keys.publicKey)] = peer }
    let earlier = peers.withLock { $0.values.map(\.address) }
    var configuration = TransportConfiguration(
      network: Self.chain, identity: keys,
      listen: [SocketAddress(.v4(0x7f00_0001), port: 0)], peers: earlier)
    configuration.limits.inboundMax = 256
    configuration.limits.outboundMax = 0
    let gate = SocketGate(SocketMaker(runtime: loop))
    let transport = TransportNetwork(configuration, runtime: runtime, links: gate)
    let bound = Blocking.result(on: loop) { try? transport.startHere().get() }
    guard let bound = bound?.first else { preconditionFailure("\(peer) cannot listen") }
    let endpoint = SocketEndpoint(
      local: peer, base: transport, runtime: runtime, names: { self.names.withLock { $0 } },
      intercept: { message in
        self.interceptors.withLock { $0[peer] }?(message) ?? .pass
      })
    peers.withLock {
      $0[peer] = Peer(
        transport: transport, endpoint: endpoint, gate: gate,
        address: PeerAddress(bound.host, port: bound.port, identity: keys.publicKey))
    }
    return endpoint
  }

  func join(_ peer: PeerID) { open(peer, true) }
  func leave(_ peer: PeerID) { open(peer, false) }

  private func open(_ peer: PeerID, _ isOpen: Bool) {
    guard let gate = peers.withLock({ $0[peer]?.gate }) else { return }
    loop.perform { gate.set(isOpen) }
  }

  func setInterceptor(_ interceptor: @escaping LoopbackInterceptor, for peer: PeerID) {
    interceptors.withLock { $0[peer] = interceptor }
  }

  func shutdown() {
    let transports = peers.withLock { $0.values.map(\.transport) }
    Blocking.result(on: loop) { for transport in transports { transport.stopHere() } }
  }
}
