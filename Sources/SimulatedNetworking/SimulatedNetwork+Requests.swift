import Networking
import Runtime

extension SimulatedNetwork {
  func send(
    _ type: RequestType, _ payload: [UInt8], from node: SimulatedNode, to peer: PeerID,
    timeout: Duration, answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    guard let link = node.links[peer], link.isConnected else { throw .disconnected }
    guard node.pending.count < configuration.pendingRequestsMax else { throw .tooManyPending }
    requestNumber += 1
    let number = requestNumber
    node.statistics.requests += 1
    let result: Result<[UInt8], RequestError> = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        if Task.isCancelled {
          continuation.resume(returning: .failure(.cancelled))
          return
        }
        let timer = runtime.schedule(after: timeout) {
          self.endRequest(number, of: node, .failure(.timeout))
        }
        node.pending[number] = SimulatedNode.PendingRequest(
          type: type, peer: peer, answerBytesMax: answerBytesMax, continuation: continuation,
          timer: timer)
        let envelope = Envelope(
          kind: .request(type), payload: payload, content: .request(number))
        transmit(envelope, on: link)
      }
    } onCancel: {
      runtime.requireHome("cancel")
      endRequest(number, of: node, .failure(.cancelled))
    }
    return try result.get()
  }

  /// Ends a request, unless it has ended: each ends exactly once.
  func endRequest(
    _ number: UInt64, of node: SimulatedNode, _ result: Result<[UInt8], RequestError>
  ) {
    guard let request = node.pending.removeValue(forKey: number) else { return }
    runtime.cancel(request.timer)
    carrier?.ended(number, from: node.id, to: request.peer)
    var failure: RequestError?
    if case .failure(let error) = result { failure = error }
    if failure == .timeout { node.statistics.timeouts += 1 }
    observer?(.requestEnded(request.type, from: node.id, to: request.peer, error: failure))
    request.continuation.resume(returning: result)
  }

  /// A request has arrived at the node that shall answer it.
  func receiveRequest(_ number: UInt64, _ envelope: Envelope, on link: SimulatedLink) {
    guard case .request(let type) = envelope.kind else { return }
    let node = link.to
    let request = SimulatedNode.WaitingRequest(
      link: link, type: type, payload: envelope.payload, number: number)
    guard node.servers[type] != nil else { return respond(to: request, nil) }
    if node.waiting.isEmpty, canServe(node) {
      startServing(request)
    } else {
      keepWaiting(request, atFront: false)
    }
  }

  /// Whether one more answer may be made: few enough are, and few enough bytes wait to be sent.
  private func canServe(_ node: SimulatedNode) -> Bool {
    let capacity = node.capacity ?? configuration.capacity
    return node.serving < capacity.servedConcurrentlyMax && unsentBytes(of: node) == 0
  }

  /// Bytes at the uplink above the limit for what waits to be sent.
  private func unsentBytes(of node: SimulatedNode) -> Int {
    let capacity = node.capacity ?? configuration.capacity
    let waiting = node.uplink.waitingBytes(at: runtime.now, rate: capacity.uploadBytesPerSecond)
    return max(0, waiting - NetworkingLimits.unsentBytesMax)
  }

  /// Lets a request wait until it can be answered; refuses it if too much waits.
  private func keepWaiting(_ request: SimulatedNode.WaitingRequest, atFront: Bool) {
    let node = request.link.to
    let capacity = node.capacity ?? configuration.capacity
    let peer = request.link.from.id
    guard node.waiting.count < capacity.servedWaitingMax || atFront else {
      return respond(to: request, nil)
    }
    while case .makeRoom(let largest) = node.waitingBytes.admission(of: request.bytes, for: peer) {
      guard let newest = node.waiting.lastIndex(where: { $0.link.from.id == largest }) else {
        preconditionFailure("\(largest) has bytes at \(node.id), but no request waits")
      }
      let victim = node.waiting.remove(at: newest)
      node.waitingBytes.release(victim.bytes, of: largest)
      respond(to: victim, nil)
    }
    guard node.waitingBytes.admission(of: request.bytes, for: peer) == .fits else {
      return respond(to: request, nil)
    }
    node.waitingBytes.charge(request.bytes, to: peer)
    node.waiting.insert(request, at: atFront ? 0 : node.waiting.endIndex)
    serveNext(node)
  }

  /// A response has arrived at the node that asked.
  func receiveResponse(
    _ number: UInt64, _ envelope: Envelope, isRefusal: Bool, on link: SimulatedLink
  ) {
    let node = link.to
    guard node.pending[number]?.peer == link.from.id else {
      return drop(envelope.kind, on: link, .late)
    }
    let (bytes, most) = (envelope.payload.count, node.pending[number]?.answerBytesMax ?? 0)
    if isRefusal {
      endRequest(number, of: node, .failure(.refused))
    } else if bytes > most {
      endRequest(number, of: node, .failure(.tooLarge(bytes: bytes, limit: most)))
    } else {
      endRequest(number, of: node, .success(envelope.payload))
    }
  }

  private func startServing(_ request: SimulatedNode.WaitingRequest) {
    let node = request.link.to
    guard let server = node.servers[request.type] else { return respond(to: request, nil) }
    let life = node.life
    node.serving += 1
    node.statistics.servedConcurrentlyPeak = max(
      node.statistics.servedConcurrentlyPeak, node.serving)
    runtime.spawn(server.taskName) {
      // Answers that were made at the same moment may have filled the uplink.
      guard node.life == life, self.unsentBytes(of: node) == 0 else {
        if node.life == life {
          node.serving -= 1
          self.keepWaiting(request, atFront: true)
        }
        return
      }
      let response = await server.handle(request.link.from.id, request.payload)
      guard node.life == life else { return }
      node.serving -= 1
      self.respond(to: request, response)
      self.serveNext(node)
    }
  }

  private func serveNext(_ node: SimulatedNode) {
    while canServe(node), !node.waiting.isEmpty {
      let request = node.waiting.removeFirst()
      node.waitingBytes.release(request.bytes, of: request.link.from.id)
      startServing(request)
    }
    lookAgain(node)
  }

  /// If requests wait for the uplink only, nothing else will come back to them.
  private func lookAgain(_ node: SimulatedNode) {
    let excess = unsentBytes(of: node)
    guard excess > 0, !node.waiting.isEmpty, !node.awaitsUplink else { return }
    let capacity = node.capacity ?? configuration.capacity
    let rate = capacity.uploadBytesPerSecond ?? .max
    let life = node.life
    node.awaitsUplink = true
    runtime.schedule(after: SerialLine.time(for: excess, rate: rate)) {
      node.awaitsUplink = false
      if node.life == life { self.serveNext(node) }
    }
  }

  /// Sends the response on its way back; nil refuses.
  private func respond(to request: SimulatedNode.WaitingRequest, _ payload: [UInt8]?) {
    let node = request.link.to
    guard let back = node.links[request.link.from.id] else { return }
    if payload == nil { node.statistics.refusals += 1 }
    let envelope = Envelope(
      kind: .response(request.type), payload: payload ?? [],
      content: .response(request.number, isRefusal: payload == nil))
    transmit(envelope, on: back)
  }
}
