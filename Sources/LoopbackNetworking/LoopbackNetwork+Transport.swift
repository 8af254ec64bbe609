import Networking
import Runtime

extension LoopbackNetwork {
  /// Lets a message leave, unless the two are not connected.
  func transmit(_ message: LoopbackMessage) {
    let (connection, interceptor) = state.withLock { state in
      let sender = state.peers[message.from]
      return (sender?.connected[message.to], sender?.interceptor)
    }
    guard let connection else { return lose() }
    var message = message
    message.connection = connection
    intercept(message, .outgoing, interceptor) { network, message in
      network.later(network.latency) { network.deliver(message.copied()) }
    }
  }

  /// Puts a message into the inbox of its receiver.
  private func deliver(_ message: LoopbackMessage) {
    let bytes = message.payload.count
    state.withLock { state in
      guard let receiver = state.peers[message.to],
        receiver.connected[message.from] == message.connection,
        receiver.inboxBytes == 0 || receiver.inboxBytes + bytes <= LoopbackLimits.inboxBytesMax,
        receiver.inbox.offer(message)
      else {
        state.lost += 1
        return
      }
      state.peers[message.to]?.inboxBytes += bytes
    }
  }

  /// A task of the receiver takes a message out of its inbox.
  func arrive(_ message: LoopbackMessage) {
    let (isConnected, interceptor) = state.withLock { state in
      let receiver = state.peers[message.to]
      state.peers[message.to]?.inboxBytes -= message.payload.count
      return (receiver?.connected[message.from] == message.connection, receiver?.interceptor)
    }
    guard isConnected else { return lose() }
    intercept(message, .incoming, interceptor) { $0.handOver($1) }
  }

  private func handOver(_ message: LoopbackMessage) {
    let isConnected = state.withLock {
      $0.peers[message.to]?.connected[message.from] == message.connection
    }
    guard isConnected else { return lose() }
    switch message.content {
    case .gossip(let id): receiveGossip(id, message)
    case .request(let number): receiveRequest(number, message)
    case .response(let number, let isRefusal):
      receiveResponse(number, message, isRefusal: isRefusal)
    }
  }

  /// Asks the interceptor of the peer at this end, and goes on as it says.
  private func intercept(
    _ message: LoopbackMessage, _ direction: TrafficDirection,
    _ interceptor: LoopbackInterceptor?,
    then proceed: @escaping @Sendable (LoopbackNetwork, LoopbackMessage) -> Void
  ) {
    guard let interceptor else { return proceed(self, message) }
    let seen = InterceptedMessage(
      direction: direction, kind: message.kind,
      peer: direction == .outgoing ? message.to : message.from, payload: message.payload)
    switch interceptor(seen) {
    case .pass: proceed(self, message)
    case .drop: lose()
    case .replace(let payload): proceed(self, message.replacing(payload))
    case .delay(let duration): later(duration) { proceed(self, message) }
    }
  }

  /// Does `action` now, or after a time.
  private func later(_ duration: Duration, _ action: @escaping @Sendable () -> Void) {
    guard duration > .zero else { return action() }
    let hasRoom = state.withLock { state in
      guard state.delayed < LoopbackLimits.delayedMessagesMax else {
        state.lost += 1
        return false
      }
      state.delayed += 1
      return true
    }
    guard hasRoom else { return }
    runtime.spawn("a message on its way") {
      let isOver = (try? await self.runtime.sleep(for: duration)) != nil
      self.state.withLock { $0.delayed -= 1 }
      if isOver { action() } else { self.lose() }
    }
  }

  /// Counts a message that came to nothing.
  func lose() {
    state.withLock { $0.lost += 1 }
  }
}
