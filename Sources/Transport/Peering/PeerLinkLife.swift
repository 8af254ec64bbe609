import Runtime

/// The times of a connection: whether the other end is alive, and how far away it is.
struct PeerLinkLife: Sendable {
  let opened: Moment
  private(set) var heardAt: Moment
  private(set) var bytesIn = 0
  private(set) var bytesOut = 0
  /// When this end could hand on bytes last, or had none.
  private var progressAt: Moment
  private var pingedAt: Moment?
  private var lastPing: Moment
  private(set) var nextPing: UInt64 = 0
  /// The latest time of a ping to its pong; nil before the first.
  private(set) var roundTrip: Duration?

  init(now: Moment) {
    (opened, heardAt, progressAt, lastPing) = (now, now, now, now)
  }

  /// Until when a byte must have come, if that is sooner than usual.
  private var probedUntil: Moment?

  var isPinging: Bool { pingedAt != nil }

  mutating func heard(_ count: Int, at now: Moment) {
    heardAt = now
    probedUntil = nil
    bytesIn += count
  }

  mutating func gave(_ count: Int, hasMore: Bool, at now: Moment) {
    bytesOut += count
    if count > 0 || !hasMore { progressAt = now }
  }

  mutating func pinged(at now: Moment) {
    pingedAt = now
    lastPing = now
    nextPing += 1
  }

  /// A sign of life is wanted soon.
  mutating func probed(at now: Moment) {
    if probedUntil == nil { probedUntil = now.advanced(by: TransportLimits.probeWait) }
  }

  mutating func ponged(at now: Moment) {
    if let pingedAt { roundTrip = pingedAt.duration(to: now) }
    pingedAt = nil
  }

  func isHandshakeOver(at now: Moment) -> Bool {
    opened.duration(to: now) >= TransportLimits.handshakeTimeout
  }

  /// Any byte is a sign of life: behind a large answer a pong may take long.
  func isSilent(at now: Moment) -> Bool {
    if let probedUntil, probedUntil <= now { return true }
    guard let pingedAt else { return false }
    return max(pingedAt, heardAt).duration(to: now)
      >= TransportLimits.silenceMax - TransportLimits.pingInterval
  }

  func isStalled(at now: Moment) -> Bool {
    progressAt.duration(to: now) >= TransportLimits.writeStallMax
  }

  func isPingDue(at now: Moment) -> Bool {
    lastPing.duration(to: now) >= TransportLimits.pingInterval
  }
}
