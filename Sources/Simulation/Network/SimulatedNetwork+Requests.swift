import Networking
import Runtime

extension SimulatedNetwork {
  func send(
    _ type: RequestType, _ payload: [UInt8], from node: SimulatedNode, to peer: PeerID,
    timeout: Duration
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
          type: type, peer: peer, continuation: continuation, timer: timer)
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
    let capacity = node.capacity ?? configuration.capacity
    let request = SimulatedNode.WaitingRequest(
      link: link, type: type, payload: envelope.payload, number: number)
    if node.serving < capacity.servedConcurrentlyMax {
      startServing(request)
    } else if node.waiting.count < capacity.servedWaitingMax {
      node.waiting.append(request)
    } else {
      respond(to: request, nil)
    }
  }

  /// A response has arrived at the node that asked.
  func receiveResponse(
    _ number: UInt64, _ envelope: Envelope, isRefusal: Bool, on link: SimulatedLink
  ) {
    let node = link.to
    guard node.pending[number]?.peer == link.from.id else {
      return drop(envelope.kind, on: link, .late)
    }
    endRequest(number, of: node, isRefusal ? .failure(.refused) : .success(envelope.payload))
  }

  private func startServing(_ request: SimulatedNode.WaitingRequest) {
    let node = request.link.to
    guard let server = node.servers[request.type] else { return respond(to: request, nil) }
    let life = node.life
    node.serving += 1
    node.statistics.servedConcurrentlyPeak = max(
      node.statistics.servedConcurrentlyPeak, node.serving)
    runtime.spawn(server.taskName) {
      let response = await server.handle(request.link.from.id, request.payload)
      guard node.life == life else { return }
      node.serving -= 1
      self.respond(to: request, response)
      self.serveNext(node)
    }
  }

  private func serveNext(_ node: SimulatedNode) {
    let capacity = node.capacity ?? configuration.capacity
    while node.serving < capacity.servedConcurrentlyMax, !node.waiting.isEmpty {
      startServing(node.waiting.removeFirst())
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
