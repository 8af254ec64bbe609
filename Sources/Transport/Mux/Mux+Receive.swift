import Primitives

extension Mux {
  /// Takes the frames of a record.
  /// - Returns: what they did, in order.
  /// - Throws: the first rule that they break. The connection is over then: what `nextBytes` still
  ///   gives is a goodbye, and later calls throw the same.
  public mutating func receive(_ record: [UInt8]) throws(MuxViolation) -> [MuxEvent] {
    var events: [MuxEvent] = []
    try receive(record, into: &events)
    return events
  }

  /// Takes the frames of a record. If it throws, `events` has what the frames before did.
  mutating func receive(
    _ record: [UInt8], into events: inout [MuxEvent]
  ) throws(MuxViolation) {
    if let violation { throw violation }
    var decoder = WireDecoder(record)
    repeat {
      let offset = decoder.offset
      do throws(Broken) {
        guard !record.isEmpty else { throw Broken(.emptyRecord) }
        try handle(try Self.frame(from: &decoder), &events)
      } catch {
        let violation = MuxViolation(rule: error.rule, offset: offset)
        self.violation = violation
        goodbye(.violation)
        throw violation
      }
    } while decoder.remaining > 0
  }

  /// A rule that a frame breaks, before it is known where the frame stands.
  struct Broken: Error {
    let rule: MuxViolation.Rule

    init(_ rule: MuxViolation.Rule) { self.rule = rule }
  }

  private static func frame(from decoder: inout WireDecoder) throws(Broken) -> MuxFrame {
    do throws(WireError) {
      return try decoder.value()
    } catch { throw Broken(.malformed(error)) }
  }

  private mutating func handle(
    _ frame: MuxFrame, _ events: inout [MuxEvent]
  ) throws(Broken) {
    guard !hasTheirGoodbye else { throw Broken(.afterGoodbye) }
    if case .goodbye(let reason) = frame {
      (hasTheirGoodbye, ending) = (true, .closed)
      events.append(.goodbye(reason))
      return
    }
    // After our goodbye nothing is answered or held any longer.
    guard ending == .none else { return }
    switch frame {
    case .open(let id, let info): try open(id, info, &events)
    case .begin(let id, let length, let piece): try begin(id, length, piece, &events)
    case .more(let id, let piece): try append(id, piece, &events)
    case .end(let id): try end(id, &events)
    case .credit(let id, let bytes): try addCredit(id, bytes)
    case .reset(let id, let code): try reset(id, code, &events)
    case .ping(let value): try answer(value)
    case .pong(let value):
      guard pings.first == value else { throw Broken(.unexpectedPong(value)) }
      pings.removeFirst()
      events.append(.pong(value))
    case .goodbye: break
    }
  }

  private mutating func open(
    _ id: StreamID, _ info: StreamInfo, _ events: inout [MuxEvent]
  ) throws(Broken) {
    guard id.number % 2 == theirParity else { throw Broken(.wrongParity(id)) }
    guard id.number > highestTheirs else { throw Broken(.streamReused(id)) }
    guard theirsCount < TransportLimits.streamsMax else {
      throw Broken(.tooManyStreams(limit: TransportLimits.streamsMax))
    }
    highestTheirs = id.number
    accept(id, info)
    events.append(.opened(id, info))
  }

  private mutating func begin(
    _ id: StreamID, _ length: Int, _ piece: [UInt8], _ events: inout [MuxEvent]
  ) throws(Broken) {
    let (phase, limit) = try sender(id)
    guard streams[id]?.inbound.partial == nil else { throw Broken(.messageUnfinished(id)) }
    try count(piece.count + TransportLimits.messageOverheadBytes, of: id)
    guard phase == .active else { return }
    guard length <= limit else {
      giveUp(id, .tooLarge)
      events.append(.tooLarge(id, bytes: length, limit: limit))
      return
    }
    if streams[id]?.inbound.begin(length: length, piece: piece) ?? false {
      events.append(.message(id))
    } else if streams[id]?.inbound.lacksCredit ?? false {
      wait(id)
    }
  }

  private mutating func append(
    _ id: StreamID, _ piece: [UInt8], _ events: inout [MuxEvent]
  ) throws(Broken) {
    let (phase, _) = try sender(id)
    try count(piece.count, of: id)
    guard phase == .active else { return }
    guard let excess = streams[id]?.inbound.excess(of: piece) else {
      throw Broken(.noMessageBegun(id))
    }
    guard excess == 0 else { throw Broken(.messageOverrun(id, by: excess)) }
    if streams[id]?.inbound.append(piece) ?? false { events.append(.message(id)) }
  }

  /// What is to be known of a stream on which the other end sends a message, if it may. Not the
  /// stream itself: while there is a copy of it, every change copies its messages.
  private func sender(
    _ id: StreamID
  ) throws(Broken) -> (phase: MuxStream.Phase, messageBytesMax: Int) {
    guard let stream = streams[id], stream.phase != .acknowledging else {
      throw Broken(.unknownStream(id))
    }
    guard stream.takesMessages else { throw Broken(.wrongDirection(id)) }
    guard !stream.inbound.hasEnded else { throw Broken(.afterEnd(id)) }
    return (stream.phase, stream.inbound.messageBytesMax)
  }

  /// Counts bytes against the credit that the other end knows of.
  private mutating func count(_ bytes: Int, of id: StreamID) throws(Broken) {
    let unused = streams[id].map { $0.inbound.announced - $0.inbound.received } ?? 0
    guard bytes <= unused else { throw Broken(.creditExceeded(id, by: bytes - unused)) }
    streams[id]?.inbound.received += bytes
  }

  private mutating func end(_ id: StreamID, _ events: inout [MuxEvent]) throws(Broken) {
    guard let stream = streams[id], stream.phase != .acknowledging else {
      throw Broken(.unknownStream(id))
    }
    guard !stream.inbound.hasEnded else { throw Broken(.afterEnd(id)) }
    guard stream.inbound.partial == nil else { throw Broken(.messageUnfinished(id)) }
    guard !stream.isOurs || stream.outbound.isEndSent else { throw Broken(.earlyEnd(id)) }
    streams[id]?.inbound.hasEnded = true
    if stream.phase == .active {
      events.append(.ended(id))
      removeIfFinished(id)
      enqueue(id)
    } else if stream.isOurs {
      // The acceptor has ended before our reset comes to it, and will not acknowledge that.
      dropReset(id)
      remove(id)
    }
  }

  private mutating func addCredit(_ id: StreamID, _ bytes: Int) throws(Broken) {
    guard let stream = streams[id] else { return try late(id) }
    guard stream.outbound.credit + bytes <= TransportLimits.creditBytesMax else {
      throw Broken(.creditTooLarge(id))
    }
    streams[id]?.outbound.credit += bytes
    enqueue(id)
  }

  private mutating func reset(
    _ id: StreamID, _ code: ResetCode, _ events: inout [MuxEvent]
  ) throws(Broken) {
    guard let stream = streams[id] else { return try late(id) }
    switch stream.phase {
    case .active:
      dropMessages(of: id)
      streams[id]?.phase = .acknowledging
      control.append(.reset(id, code))
      events.append(.reset(id, code))
      grantWaiting()
    case .resetting(let isSent):
      // Both gave it up; each takes the other's reset for the acknowledgement.
      if isSent { remove(id) } else { streams[id]?.phase = .acknowledging }
    case .acknowledging: throw Broken(.unknownStream(id))
    }
  }

  /// Credit or a reset for a stream that ended here while it was on its way.
  private func late(_ id: StreamID) throws(Broken) {
    guard id.number % 2 == theirParity, id.number <= highestTheirs, id.number > 0 else {
      throw Broken(.unknownStream(id))
    }
  }

  private mutating func answer(_ value: UInt64) throws(Broken) {
    guard pongsQueued < TransportLimits.pingsPendingMax else {
      throw Broken(.tooManyPings(limit: TransportLimits.pingsPendingMax))
    }
    pongsQueued += 1
    control.append(.pong(value))
  }

  private mutating func dropReset(_ id: StreamID) {
    control.removeAll { item in
      if case .reset(id, _) = item { true } else { false }
    }
  }
}
