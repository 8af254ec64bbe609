import Networking
import Primitives
import Runtime
import SimulatedNetworking
import Transport

/// A node's view of its transport, which counts messages and lets answers be changed.
struct LinkedEndpoint: Network {
  private let machine: LinkedMachine
  private let base: TransportNetwork
  private let runtime: SimulatedRuntime

  init(_ machine: LinkedMachine, _ base: TransportNetwork, _ runtime: SimulatedRuntime) {
    self.machine = machine
    self.base = base
    self.runtime = runtime
  }

  var local: PeerID { base.local }

  func connectedPeers() -> [PeerID] { base.connectedPeers() }
  func peerEvents() -> AsyncStream<PeerEvent> { base.peerEvents() }
  func subscribe(_ topic: Topic) -> GossipSubscription { base.subscribe(topic) }
  func report(_ id: GossipID, _ acceptance: Acceptance) { base.report(id, acceptance) }
  func disconnect(_ peer: PeerID, reason: String) { base.disconnect(peer, reason: reason) }

  func publish(_ topic: Topic, _ payload: [UInt8]) async {
    for peer in connectedPeers() {
      noteSent(.gossip(topic), payload.count)
      // It is only seen: what is published is announced by its name, which follows from its bytes.
      _ = intercept(.gossip(topic), peer, payload)
    }
    await base.publish(topic, payload)
  }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    machine.statistics.requests += 1
    noteSent(.request(type), payload.count)
    do throws(RequestError) {
      let answer = try await base.send(
        type, payload, to: peer, timeout: timeout, answerBytesMax: answerBytesMax)
      noteReceived(.response(type), answer.count)
      return answer
    } catch {
      if error == .timeout { machine.statistics.timeouts += 1 }
      throw error
    }
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    base.serve(type) { peer, payload in
      noteReceived(.request(type), payload.count)
      guard var answer = await handler(peer, payload) else { return nil }
      switch intercept(.response(type), peer, answer) {
      case .pass, .delay: break
      case .replace(let changed): answer = changed
      case .drop:
        // Whoever asks has given up by then.
        try? await runtime.sleep(for: SimulationLimits.silenceTime)
        return nil
      }
      noteSent(.response(type), answer.count)
      return answer
    }
  }

  /// The interceptor calls peers by the names of the run.
  private func intercept(_ kind: MessageKind, _ peer: PeerID, _ payload: [UInt8]) -> InterceptAction
  {
    let message = InterceptedMessage(
      direction: .outgoing, kind: kind, peer: PeerID(peer.number), payload: payload)
    return machine.interceptor?(message) ?? .pass
  }

  private func noteSent(_ kind: MessageKind, _ bytes: Int) {
    machine.statistics.noteSent(kind, bytes + SimulatedNetworkLimits.overheadBytes)
  }

  private func noteReceived(_ kind: MessageKind, _ bytes: Int) {
    machine.statistics.noteReceived(kind, bytes + SimulatedNetworkLimits.overheadBytes)
  }
}
