import Runtime

/// A message whose first byte is at the receiver, where it waits for the downlink.
struct ArrivingMessage {
  let envelope: Envelope
  let link: SimulatedLink
  /// That of the link when it was sent.
  let connection: Int
  /// Bytes on the line.
  let bytes: Int
  /// When the uplink has sent all of it and the link has brought it.
  let lastByte: Moment

  /// Whether it answers a request that its receiver waits for no longer.
  var isGivenUp: Bool {
    guard case .response(let number, _) = envelope.content else { return false }
    return link.to.pending[number] == nil
  }
}

/// What waits for the downlink of one node, first come, first served.
struct DownlinkQueue {
  /// The first `head` places were taken.
  private var messages: [ArrivingMessage?] = []
  private var head = 0
  /// Of all that waits.
  private(set) var bytes = 0

  var isEmpty: Bool { head == messages.count }

  mutating func append(_ message: ArrivingMessage) {
    messages.append(message)
    bytes += message.bytes
  }

  mutating func next() -> ArrivingMessage? {
    guard head < messages.count, let message = messages[head] else { return nil }
    messages[head] = nil
    head += 1
    bytes -= message.bytes
    if isEmpty || head > messages.count / 2 {
      messages.removeFirst(head)
      head = 0
    }
    return message
  }
}
