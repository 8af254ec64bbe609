import Locking
import Networking
import Primitives
import Runtime
import Transport

/// A peer's view of a world over sockets: the transport with the names of the world, and answers
/// that can be changed or held up.
struct SocketEndpoint: Network {
  let local: PeerID
  let base: TransportNetwork
  let runtime: any Runtime
  /// The world's peers by the keys that they have in the transport.
  let names: @Sendable () -> [NodeIdentity: PeerID]
  let intercept: @Sendable (InterceptedMessage) -> InterceptAction

  private func name(_ peer: PeerID) -> PeerID { names()[peer.identity] ?? peer }

  private func inner(_ peer: PeerID) -> PeerID {
    let keys = names().first { $0.value == peer }
    return keys.map { PeerID(identity: $0.key, number: 0) } ?? peer
  }

  func connectedPeers() -> [PeerID] { base.connectedPeers().map(name).sorted() }

  func peerEvents() -> AsyncStream<PeerEvent> {
    let events = base.peerEvents()
    let (stream, continuation) = AsyncStream.makeStream(of: PeerEvent.self)
    let task = runtime.spawn("\(local) hears of peers") {
      for await event in events {
        switch event {
        case .joined(let peer): continuation.yield(.joined(name(peer)))
        case .left(let peer): continuation.yield(.left(name(peer)))
        }
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  func subscribe(_ topic: Topic) -> GossipSubscription {
    let messages = base.subscribe(topic)
    let renamed = GossipSubscription()
    runtime.spawn("\(local) hears of \(topic)") { [weak renamed] in
      for await message in messages {
        guard let renamed else { return }
        let named = GossipMessage(
          id: message.id, from: name(message.from), topic: topic, payload: message.payload)
        if renamed.offer(named) == .refused { base.report(message.id, .ignore) }
      }
      renamed?.finish()
    }
    return renamed
  }

  func publish(_ topic: Topic, _ payload: [UInt8]) async { await base.publish(topic, payload) }
  func report(_ id: GossipID, _ acceptance: Acceptance) { base.report(id, acceptance) }

  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    let end = runtime.now.advanced(by: timeout)
    let answer = try await base.send(
      type, payload, to: inner(peer), timeout: timeout, answerBytesMax: answerBytesMax)
    let message = InterceptedMessage(
      direction: .incoming, kind: .response(type), peer: peer, payload: answer)
    guard case .delay(let delay) = intercept(message) else { return answer }
    let arrival = runtime.now.advanced(by: delay)
    do throws(CancellationError) { try await runtime.sleep(until: min(arrival, end)) } catch {
      throw .cancelled
    }
    if arrival > end { throw .timeout }
    return answer
  }

  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    base.serve(type) { peer, payload in
      let answer = await handler(name(peer), payload)
      guard let answer else { return nil }
      let message = InterceptedMessage(
        direction: .outgoing, kind: .response(type), peer: name(peer), payload: answer)
      switch intercept(message) {
      case .pass, .delay: return answer
      case .replace(let changed): return changed
      case .drop:
        // Until whoever asks has given up for long.
        try? await runtime.sleep(for: .seconds(60))
        return nil
      }
    }
  }

  func disconnect(_ peer: PeerID, reason: String) {
    base.disconnect(inner(peer), reason: reason)
  }
}
