import Networking
import Runtime

/// The way of a message: interceptor, uplink, link, downlink, interceptor, receiver.
extension SimulatedNetwork {
  /// Sends a message off, past the sender's interceptor.
  func transmit(_ envelope: Envelope, on link: SimulatedLink) {
    guard link.isConnected else { return drop(envelope.kind, on: link, .disconnected) }
    intercept(envelope, on: link, .outgoing) { network, envelope in
      network.enterUplink(envelope, on: link)
    }
  }

  private func enterUplink(_ envelope: Envelope, on link: SimulatedLink) {
    guard link.isConnected else { return drop(envelope.kind, on: link, .disconnected) }
    let sender = link.from
    let bytes = envelope.payload.count + configuration.overheadBytes
    let capacity = sender.capacity ?? configuration.capacity
    let slot = sender.uplink.admit(
      bytes, at: runtime.now, rate: capacity.uploadBytesPerSecond,
      queueBytesMax: capacity.queueBytesMax)
    guard let slot else { return drop(envelope.kind, on: link, .uplinkFull) }
    sender.statistics.noteSent(envelope.kind, bytes)
    link.sent.add(bytes)
    observer?(.sent(envelope.kind, from: sender.id, to: link.to.id, bytes: bytes))
    let conditions = link.conditions ?? linkConditions
    // Every message draws for loss and duplication, so that blocking a link moves no other draw.
    let isLost = random.chance(perMillion: conditions.lossPerMillion)
    let isDoubled = random.chance(perMillion: conditions.duplicatePerMillion)
    launch(envelope, on: link, slot, conditions, isLost: isLost)
    if isDoubled { launch(envelope, on: link, slot, conditions, isLost: isLost) }
  }

  /// Lets one copy of a message cross the link.
  private func launch(
    _ envelope: Envelope, on link: SimulatedLink, _ slot: SerialLine.Slot,
    _ conditions: LinkConditions, isLost: Bool
  ) {
    let delay = conditions.latency + random.exponential(mean: conditions.jitterMean)
    if link.isBlocked { return drop(envelope.kind, on: link, .partition) }
    if isLost { return drop(envelope.kind, on: link, .loss) }
    guard let envelope = carried(envelope, on: link) else {
      return drop(envelope.kind, on: link, .disconnected)
    }
    let connection = link.connection
    let firstByte = slot.start.advanced(by: delay)
    let lastByte = slot.end.advanced(by: delay)
    messagesInFlight += 1
    if (link.to.capacity ?? configuration.capacity).downloadBytesPerSecond == nil {
      runtime.schedule(at: lastByte) { self.arrive(envelope, on: link, connection) }
    } else {
      runtime.schedule(at: firstByte) {
        self.enterDownlink(envelope, on: link, connection, lastByte: lastByte)
      }
    }
  }

  /// The downlink takes the message in while it still comes out of the uplink: the slower of the
  /// two decides.
  private func enterDownlink(
    _ envelope: Envelope, on link: SimulatedLink, _ connection: Int, lastByte: Moment
  ) {
    let receiver = link.to
    let message = ArrivingMessage(
      envelope: envelope, link: link, connection: connection,
      bytes: envelope.payload.count + configuration.overheadBytes, lastByte: lastByte)
    if receiver.arriving.isEmpty, receiver.downlink.isFree(at: runtime.now) {
      return takeIn(message)
    }
    let capacity = receiver.capacity ?? configuration.capacity
    let rest = receiver.downlink.waitingBytes(
      at: runtime.now, rate: capacity.downloadBytesPerSecond)
    guard rest + receiver.arriving.bytes + message.bytes <= capacity.queueBytesMax else {
      return giveUp(message, .downlinkFull)
    }
    let isFirst = receiver.arriving.isEmpty
    receiver.arriving.append(message)
    if isFirst { takeNextWhenFree(receiver) }
  }

  private func takeNextWhenFree(_ node: SimulatedNode) {
    let life = node.life
    runtime.schedule(at: max(runtime.now, node.downlink.freeAt)) {
      if node.life == life { self.takeNext(node) }
    }
  }

  /// The downlink is free: it carries what waits first. The answer to a request that has ended
  /// waits at its sender in a real network, which hears of the end and does not send it.
  private func takeNext(_ node: SimulatedNode) {
    while let message = node.arriving.next() {
      guard !message.isGivenUp else {
        giveUp(message, .late)
        continue
      }
      takeIn(message)
      if !node.arriving.isEmpty { takeNextWhenFree(node) }
      return
    }
  }

  /// Lets the downlink, which is free, carry a message.
  private func takeIn(_ message: ArrivingMessage) {
    let capacity = message.link.to.capacity ?? configuration.capacity
    let end = message.link.to.downlink.carry(
      message.bytes, at: runtime.now, rate: capacity.downloadBytesPerSecond)
    runtime.schedule(at: max(end, message.lastByte)) {
      self.arrive(message.envelope, on: message.link, message.connection)
    }
  }

  /// A message that waits for a downlink comes to nothing.
  func giveUp(_ message: ArrivingMessage, _ reason: DropReason) {
    messagesInFlight -= 1
    drop(message.envelope.kind, on: message.link, reason)
  }

  /// The whole message is at the receiver.
  private func arrive(_ envelope: Envelope, on link: SimulatedLink, _ connection: Int) {
    messagesInFlight -= 1
    guard link.isConnected, link.connection == connection else {
      return drop(envelope.kind, on: link, .disconnected)
    }
    let bytes = envelope.payload.count + configuration.overheadBytes
    link.to.statistics.noteReceived(envelope.kind, bytes)
    link.delivered.add(bytes)
    observer?(.delivered(envelope.kind, from: link.from.id, to: link.to.id, bytes: bytes))
    intercept(envelope, on: link, .incoming) { network, envelope in
      guard link.isConnected, link.connection == connection else {
        return network.drop(envelope.kind, on: link, .disconnected)
      }
      network.handOver(envelope, on: link)
    }
  }

  private func handOver(_ envelope: Envelope, on link: SimulatedLink) {
    switch envelope.content {
    case .gossip(let id):
      receiveGossip(id, envelope, on: link)
    case .request(let number):
      receiveRequest(number, envelope, on: link)
    case .response(let number, let isRefusal):
      receiveResponse(number, envelope, isRefusal: isRefusal, on: link)
    }
  }

  /// Asks the interceptor of the node at this end of the link, and goes on as it says.
  private func intercept(
    _ envelope: Envelope, on link: SimulatedLink, _ direction: TrafficDirection,
    then proceed: @escaping (SimulatedNetwork, Envelope) -> Void
  ) {
    let (node, peer) = direction == .outgoing ? (link.from, link.to) : (link.to, link.from)
    guard let interceptor = node.interceptor else { return proceed(self, envelope) }
    let message = InterceptedMessage(
      direction: direction, kind: envelope.kind, peer: peer.id, payload: envelope.payload)
    switch interceptor(message) {
    case .pass:
      proceed(self, envelope)
    case .drop:
      drop(envelope.kind, on: link, .intercepted)
    case .replace(let payload):
      proceed(self, envelope.replacing(payload))
    case .delay(let duration):
      runtime.schedule(after: duration) { proceed(self, envelope) }
    }
  }
}

extension SimulatedNetwork {
  /// The message as the carrier gives it to the other end; nil if it does not.
  private func carried(_ envelope: Envelope, on link: SimulatedLink) -> Envelope? {
    guard let carrier else { return envelope }
    let (from, to) = (link.from.id, link.to.id)
    switch (envelope.content, envelope.kind) {
    case (.gossip, .gossip(let topic)):
      return carrier.gossip(topic, envelope.payload, from: from, to: to).map(envelope.replacing)
    case (.request(let number), .request(let type)):
      let pending = link.from.pending[number]
      let payload = carrier.request(
        number, type, envelope.payload,
        answerBytesMax: pending?.answerBytesMax ?? type.responseBytesMax, from: from, to: to)
      // It has ended while something held it back.
      if pending == nil { carrier.ended(number, from: from, to: to) }
      return payload.map(envelope.replacing)
    case (.response(let number, let isRefusal), _):
      let answer = carrier.response(
        number, isRefusal ? .refused : .given(envelope.payload), from: from, to: to)
      return answer.map { answer in
        var copy = envelope
        copy.payload = answer.payload ?? []
        copy.content = .response(number, isRefusal: answer == .refused)
        return copy
      }
    default: preconditionFailure("\(envelope.kind) is no \(envelope.content)")
    }
  }
}

extension Envelope {
  /// The message with other bytes; gossip is named by its bytes, so it becomes another message.
  fileprivate func replacing(_ payload: [UInt8]) -> Envelope {
    var copy = self
    copy.payload = payload
    if case .gossip(let topic) = kind {
      copy.content = .gossip(GossipID(topic: topic, payload: payload))
    }
    return copy
  }
}
