import Networking
import Runtime

extension LoopbackNetwork {
  func send(
    _ type: RequestType, _ payload: [UInt8], from local: PeerID, life: Int, to peer: PeerID,
    timeout: Duration, answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    let answer = Mailbox<LoopbackPeer.Answer>(capacity: 1)
    let started: Result<UInt64, RequestError> = state.withLock { state in
      guard let own = state.peers[local], own.life == life, own.connected[peer] != nil else {
        return .failure(.disconnected)
      }
      guard own.pending.count < NetworkingLimits.pendingRequestsMax else {
        return .failure(.tooManyPending)
      }
      let number = state.nextNumber()
      state.peers[local]?.pending[number] = LoopbackPeer.PendingRequest(
        type: type, peer: peer, answerBytesMax: answerBytesMax, answer: answer)
      return .success(number)
    }
    let number = try started.get()
    transmit(
      LoopbackMessage(
        kind: .request(type), payload: payload, content: .request(number), from: local, to: peer))
    let outcome = await runtime.withTimeout(timeout) { await answer.next() }
    state.withLock { $0.peers[local]?.pending[number] = nil }
    switch outcome {
    case .some(.some(let result)): return try result.get()
    case .some(.none): throw .cancelled
    case .none:
      // An answer may have come between the end of the time and the end of the request.
      guard let result = answer.poll() else { throw .timeout }
      return try result.get()
    }
  }

  /// A response has arrived at the peer that asked.
  func receiveResponse(_ number: UInt64, _ message: LoopbackMessage, isRefusal: Bool) {
    state.withLock { state in
      guard let request = state.peers[message.to]?.pending[number], request.peer == message.from
      else {
        state.lost += 1
        return
      }
      state.peers[message.to]?.pending[number] = nil
      let (bytes, most) = (message.payload.count, request.answerBytesMax)
      if isRefusal {
        request.answer.offer(.failure(.refused))
      } else if bytes > most {
        request.answer.offer(.failure(.tooLarge(bytes: bytes, limit: most)))
      } else {
        request.answer.offer(.success(message.payload))
      }
    }
  }

  /// A request has arrived at the peer that shall answer it.
  func receiveRequest(_ number: UInt64, _ message: LoopbackMessage) {
    guard case .request(let type) = message.kind else { return }
    let request = LoopbackPeer.WaitingRequest(
      from: message.from, type: type, payload: message.payload, number: number)
    let refused = state.withLock { state in
      state.peers[message.to]?.servers[type] == nil
        ? [request] : state.peers[message.to]?.keepWaiting(request) ?? []
    }
    for request in refused { respond(to: request, by: message.to, nil) }
    serveNext(message.to)
  }

  /// Starts to answer requests that wait, as many at a time as may be.
  private func serveNext(_ peer: PeerID) {
    while let (request, handler, life) = state.withLock({ $0.peers[peer]?.takeNext() ?? nil }) {
      runtime.spawn("\(peer) serves \(request.type)") {
        let response = await handler(request.from, request.payload)
        let isAlive = self.state.withLock { state in
          guard state.peers[peer]?.life == life else { return false }
          state.peers[peer]?.serving -= 1
          return true
        }
        guard isAlive else { return }
        self.respond(to: request, by: peer, response)
        self.serveNext(peer)
      }
    }
  }

  /// Sends the response on its way back; nil refuses.
  private func respond(
    to request: LoopbackPeer.WaitingRequest, by peer: PeerID, _ payload: [UInt8]?
  ) {
    transmit(
      LoopbackMessage(
        kind: .response(request.type), payload: payload ?? [],
        content: .response(request.number, isRefusal: payload == nil), from: peer,
        to: request.from))
  }
}

extension LoopbackPeer {
  /// Lets a request wait until it can be answered; gives those to refuse, since too much waits.
  fileprivate mutating func keepWaiting(_ request: WaitingRequest) -> [WaitingRequest] {
    guard waiting.count < NetworkingLimits.servedWaitingMax else { return [request] }
    var refused: [WaitingRequest] = []
    while case .makeRoom(let largest) = waitingBytes.admission(of: request.bytes, for: request.from)
    {
      guard let newest = waiting.lastIndex(where: { $0.from == largest }) else {
        preconditionFailure("\(largest) has bytes here, but no request waits")
      }
      let victim = waiting.remove(at: newest)
      waitingBytes.release(victim.bytes, of: largest)
      refused.append(victim)
    }
    guard waitingBytes.admission(of: request.bytes, for: request.from) == .fits else {
      return refused + [request]
    }
    waitingBytes.charge(request.bytes, to: request.from)
    waiting.append(request)
    return refused
  }

  /// The next request to answer, if one more may be answered now.
  fileprivate mutating func takeNext() -> (WaitingRequest, Handler, Int)? {
    guard serving < NetworkingLimits.servedConcurrentlyMax, let request = waiting.first,
      let handler = servers[request.type]
    else { return nil }
    waiting.removeFirst()
    waitingBytes.release(request.bytes, of: request.from)
    serving += 1
    return (request, handler, life)
  }
}
