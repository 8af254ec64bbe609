import Runtime
import Transport

/// What both ends of a link have in common.
final class SimulatedLink {
  private let fault: LinkFault?
  /// Bytes that both ends have sent.
  private var sentBytes = 0
  /// Nothing is carried any longer.
  var isSilent = false
  /// What is sent from now on comes to nothing.
  private(set) var isOver = false

  init(fault: LinkFault?) { self.fault = fault }

  /// Notes bytes that an end sends; gives the fault that strikes in them, and before which byte.
  func send(_ bytes: Int) -> (fault: LinkFault, at: Int)? {
    defer { sentBytes += bytes }
    guard let fault, (sentBytes..<sentBytes + bytes).contains(fault.bytes) else { return nil }
    isOver = true
    return (fault, fault.bytes - sentBytes)
  }
}

/// One end of a simulated link.
///
/// What it sends leaves in segments, as its host's line has room and the other end has taken what
/// came before; it comes in order, and is handed on in pieces of all lengths, often byte by byte.
///
/// `@unchecked Sendable`: only the simulation's thread touches it.
final class SimulatedEnd: ByteLink, @unchecked Sendable {
  private enum State { case idle, open, finishing, closed }

  private enum Segment {
    case bytes([UInt8])
    /// Nothing more follows.
    case end
    /// The link is gone.
    case reset
  }

  private let link: SimulatedLink
  private unowned let host: SimulatedHost
  private var other: SimulatedEnd?
  private var state = State.idle
  private var user: (any ByteLinkUser)?

  /// Bytes that the user gave when it ended the link.
  private var last: ArraySlice<UInt8> = []
  /// Bytes that were sent and not acknowledged, and since when nothing was.
  private var inFlight = 0
  private var waitsSince = Moment.start
  private var isWatched = false
  /// Segments on their way here, in order, with the moment at which each is due.
  private var coming: [(due: Moment, segment: Segment)] = []
  /// Segments of `coming` that wait for the end of a block.
  private var isHeldUp = false
  /// Acknowledged bytes that the other end does not know of, for the same reason.
  private var heldAcknowledged = 0
  /// What came before there was a user; at most a window.
  private var early: [UInt8] = []
  private var endedEarly: LinkFailure?
  /// Bytes handed on so far.
  private var handedBytes = 0

  init(_ link: SimulatedLink, at host: SimulatedHost) {
    self.link = link
    self.host = host
    host.add(self)
  }

  var isClosed: Bool { state == .closed }
  private var internet: SimulatedInternet { host.internet }
  private var runtime: SimulatedRuntime { host.internet.runtime }

  /// Ties the two ends together.
  func join(_ end: SimulatedEnd) {
    other = end
    end.other = self
  }

  func start(_ user: any ByteLinkUser) {
    guard state == .idle else { return }
    self.user = user
    state = .open
    let bytes = early
    early = []
    hand(bytes)
    if let endedEarly { fail(endedEarly) }
    host.wants(self)
  }

  func flush() { host.wants(self) }

  func finish(with last: [UInt8]) {
    guard state == .open else { return abort() }
    state = .finishing
    user = nil
    self.last = last[...]
    runtime.schedule(after: TransportLimits.lingerTimeout) { self.abort() }
    host.wants(self)
  }

  func abort() {
    guard state != .closed else { return }
    close()
    send(.end)
  }

  private func close() {
    state = .closed
    user = nil
    (last, early) = ([], [])
    host.forget(self)
    // As long as the other end is open it has to be answered.
    if let other, other.isClosed { other.other = nil }
  }

  /// The whole network is gone.
  func letGo() {
    close()
    other = nil
  }

  private func fail(_ reason: LinkFailure) {
    guard state != .closed else { return }
    guard state != .idle else {
      endedEarly = endedEarly ?? reason
      return
    }
    let user = user
    close()
    user?.ended(reason)
  }

  // MARK: Sending

  /// Sends what is next, if there is something and room for it; gives the bytes that the line
  /// carries for it.
  /// - Parameter time: how long the line takes for so many bytes.
  func sendSegment(_ time: (Int) -> Duration) -> Int? {
    guard state == .open || state == .finishing, let other else { return nil }
    let room = host.windowBytes(to: other.host) - inFlight
    guard room >= TransportLimits.emitBytesMin else { return nil }
    let most = min(
      room,
      internet.random.number(in: TransportLimits.emitBytesMin...host.segmentBytesMax))
    var bytes: [UInt8] = []
    if state == .open { bytes = user?.nextBytes(max: most) ?? [] }
    // The user may have ended the link when it was asked.
    if bytes.isEmpty, state == .finishing {
      bytes = Array(last.prefix(most))
      last = last.dropFirst(bytes.count)
      if bytes.isEmpty {
        abort()
        return nil
      }
    }
    guard !bytes.isEmpty else { return nil }
    if inFlight == 0 { waitsSince = runtime.now }
    inFlight += bytes.count
    watch()
    launch(bytes, after: time(bytes.count))
    return bytes.count
  }

  private func launch(_ bytes: [UInt8], after time: Duration) {
    // Nothing may come after a gap.
    guard !link.isOver else { return }
    guard let (fault, place) = link.send(bytes.count) else {
      return send(.bytes(bytes), after: time)
    }
    if place > 0 { send(.bytes(Array(bytes.prefix(place))), after: time) }
    switch fault {
    case .fallsSilent:
      // What was sent before still arrives.
      runtime.schedule(after: time + internet.delay()) { [self] in fallSilent() }
    case .breaks:
      runtime.schedule(after: time) { [self] in breakNow() }
    }
  }

  private func send(_ segment: Segment, after time: Duration = .zero) {
    guard let other else { return }
    var delay = time + internet.delay()
    if internet.random.chance(perMillion: internet.conditions.lossPerMillion) {
      delay += internet.conditions.latency * 2 + SimulatedLinksLimits.resendPause
    }
    let due = max(runtime.now.advanced(by: delay), other.coming.last?.due ?? .start)
    other.coming.append((due, segment))
    runtime.schedule(at: due) { other.arrive() }
  }

  /// The kernel gives a link up whose other end takes nothing for so long.
  private func watch() {
    guard !isWatched else { return }
    isWatched = true
    runtime.schedule(at: waitsSince.advanced(by: TransportLimits.writeStallMax)) { [self] in
      isWatched = false
      guard state != .closed, inFlight > 0 else { return }
      guard waitsSince.duration(to: runtime.now) < TransportLimits.writeStallMax else {
        return fail(.system(call: "send", code: SimulatedMaker.Code.timedOut))
      }
      watch()
    }
  }

  private func acknowledged(_ bytes: Int) {
    inFlight -= bytes
    waitsSince = runtime.now
    if state != .closed { host.wants(self) }
  }

  // MARK: Receiving

  /// Whether bytes come here now.
  private var isReachable: Bool {
    guard let other else { return false }
    return !link.isSilent && internet.isOpen(from: other.host, to: host)
  }

  /// Takes the segments that are due off the way.
  private func arrive() {
    while let first = coming.first, first.due <= runtime.now {
      guard isReachable else {
        isHeldUp = true
        return
      }
      coming.removeFirst()
      switch first.segment {
      case .bytes(let bytes):
        runtime.schedule(at: host.admit(bytes.count)) { [self] in take(bytes) }
      case .end:
        runtime.schedule(at: host.admit(0)) { [self] in fail(.closedByPeer) }
      case .reset:
        runtime.schedule(at: host.admit(0)) { [self] in reset() }
      }
    }
  }

  /// What is between the hosts has changed: what waited goes on.
  func pathChanged() {
    guard isHeldUp || heldAcknowledged > 0 else { return }
    let pause = internet.random.duration(in: .zero...SimulatedLinksLimits.resumePauseMax)
    runtime.schedule(after: pause) { [self] in
      isHeldUp = false
      arrive()
      acknowledge(0)
    }
  }

  private func take(_ bytes: [UInt8]) {
    guard let other else { return }
    guard state != .closed else {
      // The operating system answers for a process that is gone.
      if isReachable { send(.reset) }
      return
    }
    internet.noteDelivered(bytes.count, from: other.host, to: host)
    // While it finishes, what comes is only taken off the line.
    if state != .finishing { hand(bytes) }
    acknowledge(bytes.count)
  }

  private func acknowledge(_ bytes: Int) {
    heldAcknowledged += bytes
    guard let other, heldAcknowledged > 0 else { return }
    guard !link.isSilent, internet.isOpen(from: host, to: other.host) else { return }
    let count = heldAcknowledged
    heldAcknowledged = 0
    runtime.schedule(after: internet.conditions.latency) { other.acknowledged(count) }
  }

  /// Hands bytes to the user in pieces.
  private func hand(_ bytes: [UInt8]) {
    if state == .idle {
      early += bytes
      return
    }
    let limits = SimulatedLinksLimits.self
    let isSingle =
      internet.random.chance(perMillion: limits.singlePerMillion)
      && bytes.count <= limits.singleBytesMax
    var rest = bytes[...]
    while !rest.isEmpty, state == .open {
      var length = 1
      if !isSingle, handedBytes >= limits.singleBytesFirst {
        length += internet.random.below(1 << internet.random.below(limits.pieceDoublings))
      }
      let piece = rest.prefix(length)
      rest = rest.dropFirst(length)
      handedBytes += piece.count
      user?.received(piece)
    }
  }

  // MARK: Faults

  /// Nothing is carried any longer, and nobody is told.
  func fallSilent() { link.isSilent = true }

  /// The link breaks here; the other end hears of it a little later.
  func breakNow() {
    guard state != .closed else { return }
    send(.reset)
    reset()
  }

  /// The link breaks, and both ends know.
  func breakAtBothEnds() {
    other?.reset()
    reset()
  }

  private func reset() { fail(.system(call: "recv", code: SimulatedMaker.Code.reset)) }
}
