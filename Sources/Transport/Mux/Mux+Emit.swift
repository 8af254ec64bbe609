import Networking
import Primitives

extension Mux {
  /// Whether `nextBytes` has something to give, if it is asked for enough bytes.
  public var hasBytes: Bool {
    switch ending {
    case .none: !control.isEmpty || queues.contains { !$0.isEmpty }
    case .goodbye: true
    case .closed: false
    }
  }

  /// Whole frames of at most `max` bytes, most urgent first: the plaintext of one record. Empty if
  /// there is nothing to send, or the first frame does not fit.
  /// - Parameter max: bytes that the caller can hand on now. With at least
  ///   `TransportLimits.emitBytesMin` there is always a frame that fits.
  public mutating func nextBytes(max: Int) -> [UInt8] {
    switch ending {
    case .closed: return []
    case .goodbye(let reason):
      let bytes = MuxFrame.goodbye(reason).wireBytes
      guard bytes.count <= max else { return [] }
      ending = .closed
      return bytes
    case .none: break
    }
    var bytes: [UInt8] = []
    guard appendControl(to: &bytes, max: max) else { return bytes }
    while appendMessageFrame(to: &bytes, max: max) {}
    return bytes
  }

  /// Returns whether all of it was appended.
  private mutating func appendControl(to bytes: inout [UInt8], max: Int) -> Bool {
    var sent = 0
    defer { control.removeFirst(sent) }
    for item in control {
      if let frame = frame(of: item) {
        let form = frame.wireBytes
        guard bytes.count + form.count <= max else { return false }
        bytes += form
        note(item)
      }
      sent += 1
    }
    return true
  }

  /// The frame of an item, nil if nothing is to be said any longer.
  private func frame(of item: Control) -> MuxFrame? {
    switch item {
    case .open(let id): streams[id].map { .open(id, $0.info) }
    case .credit(let id):
      streams[id].flatMap { stream in
        stream.phase == .active
          ? .credit(id, bytes: stream.inbound.granted - stream.inbound.announced) : nil
      }
    case .reset(let id, let code): .reset(id, code)
    case .ping(let value): .ping(value)
    case .pong(let value): .pong(value)
    }
  }

  /// Notes that the frame of an item is on its way.
  private mutating func note(_ item: Control) {
    switch item {
    case .open, .ping: break
    case .credit(let id):
      streams[id]?.isCreditQueued = false
      streams[id]?.inbound.announceAll()
    case .reset(let id, _):
      if streams[id]?.phase == .acknowledging {
        remove(id)
      } else {
        streams[id]?.phase = .resetting(isSent: true)
      }
    case .pong: pongsQueued -= 1
    }
  }

  /// Appends the next frame of a message, or the end of a stream. Returns whether one fitted.
  private mutating func appendMessageFrame(to bytes: inout [UInt8], max: Int) -> Bool {
    while let traffic = scheduler.next(ready: { !queues[Int($0.rawValue)].isEmpty }),
      let id = queues[Int(traffic.rawValue)].first
    {
      guard streams[id]?.canSend ?? false else {
        dequeue(id, traffic)
        continue
      }
      guard let frame = nextFrame(of: id, traffic, room: max - bytes.count) else { return false }
      let form = frame.wireBytes
      bytes += form
      scheduler.charge(form.count, to: traffic)
      // To the end of its class, so that streams take turns.
      dequeue(id, traffic)
      removeIfFinished(id)
      enqueue(id)
      return true
    }
    return false
  }

  private mutating func dequeue(_ id: StreamID, _ traffic: TrafficClass) {
    queues[Int(traffic.rawValue)].removeFirst()
    streams[id]?.isQueued = false
  }

  private mutating func nextFrame(
    of id: StreamID, _ traffic: TrafficClass, room: Int
  ) -> MuxFrame? {
    if streams[id]?.outbound.canSendPiece ?? false {
      guard let (frame, freed) = streams[id]?.outbound.nextPiece(id, traffic, room: room) else {
        return nil
      }
      outboundBytes -= freed ?? 0
      return frame
    }
    let frame = MuxFrame.end(id)
    guard frame.wireBytes.count <= room else { return nil }
    streams[id]?.outbound.isEndSent = true
    return frame
  }
}
