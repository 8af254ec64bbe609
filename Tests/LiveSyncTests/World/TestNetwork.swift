import Locking
import Networking
import Primitives
import Runtime

/// A network in memory: every connected pair can talk, messages take `latency`, and answers of
/// chosen peers can be changed on their way.
final class TestNetwork: Sendable {
  typealias Handler = @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  /// Changes an answer; nil = the peer never answers.
  typealias Tamper = @Sendable ([UInt8]) -> [UInt8]?

  struct Endpoint: Hashable {
    var peer: PeerID
    var type: RequestType
  }

  struct State {
    var connected: Set<PeerID> = []
    var handlers: [Endpoint: Handler] = [:]
    var tampers: [Endpoint: Tamper] = [:]
    var delays: [Endpoint: Duration] = [:]
    var gossip: [PeerID: [Topic: GossipSubscription]] = [:]
    var events: [PeerID: AsyncStream<PeerEvent>.Continuation] = [:]
    var reports: [Acceptance] = []
    var disconnects: [PeerID: String] = [:]
  }

  let runtime: SimulatedRuntime
  let latency: Duration
  let state = Lock(State())

  init(runtime: SimulatedRuntime, latency: Duration = .milliseconds(20)) {
    self.runtime = runtime
    self.latency = latency
  }

  func endpoint(_ peer: PeerID) -> TestEndpoint { TestEndpoint(local: peer, network: self) }

  /// Why the node under test disconnected a peer.
  func disconnectReason(_ peer: PeerID) -> String? {
    state.withLock { $0.disconnects[peer] }
  }

  func tamper(_ peer: PeerID, _ type: RequestType, _ change: @escaping Tamper) {
    state.withLock { $0.tampers[Endpoint(peer: peer, type: type)] = change }
  }

  /// The peer's answers take so much longer.
  func delay(_ peer: PeerID, _ type: RequestType, _ time: Duration) {
    state.withLock { $0.delays[Endpoint(peer: peer, type: type)] = time }
  }

  func join(_ peer: PeerID) {
    notify(.joined(peer), except: peer) { $0.connected.insert(peer).inserted }
  }

  func leave(_ peer: PeerID) {
    notify(.left(peer), except: peer) { $0.connected.remove(peer) != nil }
  }

  private func notify(
    _ event: PeerEvent, except peer: PeerID, _ change: (inout State) -> Bool
  ) {
    let streams = state.withLock { state -> [AsyncStream<PeerEvent>.Continuation] in
      guard change(&state) else { return [] }
      return state.events.filter { $0.key != peer }.sorted { $0.key < $1.key }.map(\.value)
    }
    for stream in streams { stream.yield(event) }
  }
}

struct TestEndpoint: Network {
  let local: PeerID
  let network: TestNetwork

  func connectedPeers() -> [PeerID] {
    network.state.withLock { $0.connected.subtracting([local]).sorted() }
  }

  func peerEvents() -> AsyncStream<PeerEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: PeerEvent.self)
    network.state.withLock { $0.events[local] = continuation }
    return stream
  }

  func subscribe(_ topic: Topic) -> GossipSubscription {
    let subscription = GossipSubscription()
    network.state.withLock { $0.gossip[local, default: [:]][topic] = subscription }
    return subscription
  }

  func publish(_ topic: Topic, _ payload: [UInt8]) async {
    let message = GossipMessage(
      id: GossipID(topic: topic, payload: payload), from: local, topic: topic, payload: payload)
    let network = network
    network.runtime.spawn("gossip") {
      try? await network.runtime.sleep(for: network.latency)
      let streams = network.state.withLock { state in
        state.gossip.filter { $0.key != message.from }.sorted { $0.key < $1.key }
          .compactMap { $0.value[topic] }
      }
      for stream in streams { _ = stream.offer(message) }
    }
  }

  func report(_ id: GossipID, _ acceptance: Acceptance) {
    network.state.withLock { $0.reports.append(acceptance) }
  }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    let network = network
    let local = local
    let endpoint = TestNetwork.Endpoint(peer: peer, type: type)
    let answer = await network.runtime.withTimeout(timeout) { () -> Result<[UInt8], RequestError> in
      try? await network.runtime.sleep(for: network.latency)
      let (handler, isConnected) = network.state.withLock {
        ($0.handlers[endpoint], $0.connected.contains(peer))
      }
      guard isConnected, let handler else { return .failure(.disconnected) }
      guard let answer = await handler(local, payload) else { return .failure(.refused) }
      var changed: [UInt8]? = answer
      if let tamper = network.state.withLock({ $0.tampers[endpoint] }) { changed = tamper(answer) }
      guard let changed else {
        try? await network.runtime.sleep(for: .seconds(3_600))
        return .failure(.timeout)
      }
      let delay = network.state.withLock { $0.delays[endpoint] ?? .zero }
      try? await network.runtime.sleep(for: network.latency + delay)
      return .success(changed)
    }
    if Task.isCancelled { throw .cancelled }
    guard let answer else { throw .timeout }
    switch answer {
    case .success(let bytes):
      if bytes.count > answerBytesMax {
        throw .tooLarge(bytes: bytes.count, limit: answerBytesMax)
      }
      return bytes
    case .failure(let error): throw error
    }
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    network.state.withLock {
      $0.handlers[TestNetwork.Endpoint(peer: local, type: type)] = handler
    }
  }

  func disconnect(_ peer: PeerID, reason: String) {
    network.state.withLock { $0.disconnects[peer] = reason }
    network.leave(peer)
  }
}
