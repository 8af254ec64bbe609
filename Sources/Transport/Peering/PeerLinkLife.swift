import Runtime

/// The times of a connection: whether the other end is alive, and how far away it is.
package struct PeerLinkLife: Sendable {
  package let opened: Moment
  package private(set) var heardAt: Moment
  package private(set) var bytesIn = 0
  package private(set) var bytesOut = 0
  /// When this end could hand on bytes last, or had none.
  private var progressAt: Moment
  private var pingedAt: Moment?
  private var lastPing: Moment
  package private(set) var nextPing: UInt64 = 0
  /// The latest time of a ping to its pong; nil before the first.
  package private(set) var roundTrip: Duration?

  private let times: TransportTimes

  package init(now: Moment, times: TransportTimes = TransportTimes()) {
    (opened, heardAt, progressAt, lastPing) = (now, now, now, now)
    self.times = times
  }

  /// Until when a byte must have come, if that is sooner than usual.
  private var probedUntil: Moment?

  package var isPinging: Bool { pingedAt != nil }

  package mutating func heard(_ count: Int, at now: Moment) {
    heardAt = now
    probedUntil = nil
    bytesIn += count
  }

  package mutating func gave(_ count: Int, hasMore: Bool, at now: Moment) {
    bytesOut += count
    if count > 0 || !hasMore { progressAt = now }
  }

  /// There is nothing to hand on.
  package mutating func hadNothing(at now: Moment) { progressAt = now }

  package mutating func pinged(at now: Moment) {
    pingedAt = now
    lastPing = now
    nextPing += 1
  }

  /// A sign of life is wanted soon.
  package mutating func probed(at now: Moment) {
    if probedUntil == nil { probedUntil = now.advanced(by: times.probe) }
  }

  package mutating func ponged(at now: Moment) {
    if let pingedAt { roundTrip = pingedAt.duration(to: now) }
    pingedAt = nil
  }

  package func isHandshakeOver(at now: Moment) -> Bool {
    opened.duration(to: now) >= times.handshake
  }

  /// Any byte is a sign of life: behind a large answer a pong may take long.
  package func isSilent(at now: Moment) -> Bool {
    if let probedUntil, probedUntil <= now { return true }
    guard let pingedAt else { return false }
    return max(pingedAt, heardAt).duration(to: now) >= times.silence - times.ping
  }

  package func isStalled(at now: Moment) -> Bool {
    progressAt.duration(to: now) >= times.stall
  }

  package func isPingDue(at now: Moment) -> Bool {
    lastPing.duration(to: now) >= times.ping
  }
}
