import Runtime

/// Bytes a second over the last `MonitoringLimits.rateWindow`, from totals. A core.
package struct RateMeter: Sendable {
  private struct Sample: Sendable {
    let at: Moment
    let received: UInt64
    let sent: UInt64
  }

  private var samples: [Sample] = []

  package init() {}

  /// Takes totals; they come in the order of time. Totals that fall begin anew.
  package mutating func add(
    received: UInt64, sent: UInt64, at now: Moment
  ) -> (in: Double, out: Double) {
    if let last = samples.last, received < last.received || sent < last.sent { samples = [] }
    samples.append(Sample(at: now, received: received, sent: sent))
    // One sample from before the window is kept, so that it is measured as a whole.
    while samples.count > 2,
      samples[1].at.duration(to: now) >= MonitoringLimits.rateWindow
    { samples.removeFirst() }
    let first = samples[0]
    let seconds = Double(first.at.duration(to: now).wholeNanoseconds) / 1e9
    guard seconds > 0 else { return (0, 0) }
    return (Double(received - first.received) / seconds, Double(sent - first.sent) / seconds)
  }
}
