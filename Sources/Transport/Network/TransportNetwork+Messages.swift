import Networking
import Primitives
import Runtime

extension TransportNetwork {
  public func subscribe(_ topic: Topic) -> GossipSubscription {
    precondition(
      topic.rawValue < TransportLimits.ownTagsFrom, "topic \(topic) is the transport's own")
    let subscription = GossipSubscription()
    let isStopped = state.withLock { state in
      guard !state.isStopped else { return true }
      state.subscriptions[topic, default: []].append(HeldSubscription(subscription))
      if state.topics.updateValue(topic, forKey: topic.rawValue) == nil {
        state.messageLimitsChanged()
      }
      return false
    }
    if isStopped { subscription.finish() }
    return subscription
  }

  public func publish(_ topic: Topic, _ payload: [UInt8]) async {
    guard payload.count <= topic.payloadBytesMax else { return }
    let id = GossipID(topic: topic, payload: payload)
    runtime.perform { [self] in
      change { state, now, effects in
        guard state.gossip.publish(id) else { return }
        state.spread.arrived(id, from: nil)
        state.perform(state.spread.spread(id, topic, payload, knownBy: []))
      }
    }
  }

  public func report(_ id: GossipID, _ acceptance: Acceptance) {
    runtime.perform { [self] in
      change { state, now, effects in
        guard case .forward(let message, let knownBy) = state.gossip.report(id, acceptance) else {
          return
        }
        state.perform(
          state.spread.spread(id, message.topic, message.payload, knownBy: knownBy))
      }
    }
  }

  /// Gives readers a message; if none has room it may come again.
  func offer(_ message: GossipMessage, to readers: [GossipSubscription]) {
    var isTaken = false
    var lost: [GossipID] = []
    for reader in readers {
      guard case .taken(let others) = reader.offer(message) else { continue }
      isTaken = true
      lost += others
    }
    if !isTaken { lost.append(message.id) }
    guard !lost.isEmpty else { return }
    state.withLock { state in
      for id in lost { state.gossip.giveUp(id) }
    }
  }

  /// Whether a request was given up before it began. `@unchecked Sendable`: touched on the
  /// runtime's thread only.
  private final class Asking: @unchecked Sendable {
    var number: UInt64?
    var isCancelled = false
  }

  public func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    let asking = Asking()
    let answer: TransportEffects.Answer = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        runtime.perform { [self] in
          guard !asking.isCancelled, !Task.isCancelled else {
            return continuation.resume(returning: .failure(.cancelled))
          }
          change { state, now, effects in
            let request = WaitingAsk(
              number: state.nextNumber(), type: type, payload: payload,
              answerBytesMax: answerBytesMax)
            asking.number = request.number
            ask(request, peer, now.advanced(by: timeout), continuation, &state, &effects)
          }
        }
      }
    } onCancel: {
      runtime.perform { [self] in
        asking.isCancelled = true
        if let number = asking.number { giveUp(number, .cancelled) }
      }
    }
    return try answer.get()
  }

  private func ask(
    _ request: WaitingAsk, _ peer: PeerID, _ end: Moment,
    _ continuation: UnsafeContinuation<TransportEffects.Answer, Never>,
    _ state: inout TransportState, _ effects: inout TransportEffects
  ) {
    guard let connection = state.connection(to: peer) else {
      return effects.resumes.append((continuation, .failure(.disconnected)))
    }
    guard state.pending.count < NetworkingLimits.pendingRequestsMax else {
      return effects.resumes.append((continuation, .failure(.tooManyPending)))
    }
    let timer = runtime.schedule(at: end) { self.giveUp(request.number, .timeout) }
    state.pending[request.number] = TransportState.PendingRequest(
      peer: peer, continuation: continuation, timer: timer)
    connection.link.ask(request)
    state.touch(connection.number)
  }

  private func giveUp(_ number: UInt64, _ error: RequestError) {
    change { state, _, effects in
      guard let peer = state.pending[number]?.peer else { return }
      state.finish(number, .failure(error), &effects)
      guard let connection = state.connection(to: peer) else { return }
      connection.link.withdraw(number)
      state.touch(connection.number)
    }
  }

  public func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.servers[type] = handler
      if state.types.updateValue(type, forKey: type.rawValue) == nil {
        state.messageLimitsChanged()
      }
    }
  }

  /// Starts to answer requests that wait, as many at a time as may be.
  func serveNext() {
    while let (request, handler) = state.withLock({ $0.nextToServe() }) {
      runtime.spawn(request.type.name) { [self] in
        let answer = await handler(request.from, request.payload)
        runtime.perform { self.served(request, answer) }
      }
    }
  }

  private func served(
    _ request: WaitingRequest<TransportState.ReturnPath>, _ answer: [UInt8]?
  ) {
    change { state, _, _ in
      state.serving.finished(request.from)
      state.answer(request.ticket, answer)
    }
  }

  /// Asks a peer that this end chose for addresses of others.
  func askAddresses(_ peer: PeerID) {
    runtime.spawn("asks for addresses") { [self] in
      // Whoever does not tell any need not: there are others to ask.
      let told = try? await request(
        PeerAddressesRequest(), to: peer, timeout: TransportLimits.addressesTimeout)
      if let told { state.withLock { $0.heard(told, from: peer) } }
    }
  }
}

extension TransportState {
  /// The next request to answer, if one may be answered now: not for a peer that has not taken
  /// earlier answers, and not while too much waits to be sent to all.
  mutating func nextToServe() -> (WaitingRequest<ReturnPath>, Handler)? {
    guard serving.waitingCount > 0 else { return nil }
    guard unsentBytes < TransportLimits.unsentBytesMax else { return nil }
    let (peers, connections) = (peers, connections)
    let request = serving.next { peer in
      let connection = peers[peer].flatMap { connections[$0] }
      return (connection?.link.outboundBytes ?? 0) < NetworkingLimits.unsentBytesMax
    }
    guard let request, let handler = servers[request.type] else { return nil }
    return (request, handler)
  }
}
