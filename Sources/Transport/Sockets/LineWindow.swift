import Runtime

/// What the operating system knows of the line under a connection.
package struct LineReading: Sendable, Hashable {
  /// Bytes a second that the other end took lately; 0 if that is not known.
  package var bytesPerSecond: Int
  /// The shortest round trip that was seen.
  package var least: Duration
  /// The present round trip, smoothed.
  package var present: Duration

  package init(bytesPerSecond: Int, least: Duration, present: Duration) {
    self.bytesPerSecond = bytesPerSecond
    self.least = least
    self.present = present
  }
}

/// How many bytes of a connection may be on their way, so that few of them wait where nothing can
/// overtake them: in the kernel, and in the buffers of the routers on the way.
///
/// Kernels that look for losses fill these buffers, which can hold a second and more. So once a
/// line is seen to be full, by round trips longer than the shortest, no more is on its way than the
/// line takes in the shortest and `TransportLimits.lineQueueMax` more; a little more as long as
/// round trips are short, so that a line that has become faster is noticed (after LEDBAT, RFC 6817,
/// and BBR, Cardwell et al. 2016). A value without a clock.
package struct LineWindow: Sendable {
  /// Share of a new rate in the average.
  private static let rateShare = 0.125
  /// Largest factor for a line that may have become faster, and its step in a round trip.
  private static let gainMax = 1.5
  private static let gainStep = 0.25

  /// Bytes that may be on their way; nil: as many as the kernel takes.
  package private(set) var bytes: Int?
  private var readAt: Moment?
  /// Bytes a second, averaged over times when the window was in use.
  private var rate = 0.0
  private var gain = 1.0

  package init() {}

  /// Whether the line should be looked at again.
  package func isReadingDue(at now: Moment) -> Bool {
    guard let readAt else { return true }
    return readAt.duration(to: now) >= TransportLimits.lineReadingPause
  }

  /// Takes what is known of the line now.
  /// - Parameter outstanding: bytes that are on their way.
  package mutating func update(_ reading: LineReading, outstanding: Int, at now: Moment) {
    let since = readAt.map { $0.duration(to: now) } ?? .zero
    readAt = now
    guard reading.bytesPerSecond > 0 else { return }
    let isFull = reading.present - reading.least > TransportLimits.lineQueueMax
    guard let bytes else {
      guard isFull, reading.bytesPerSecond < TransportLimits.slowLineBytesPerSecond else { return }
      // A line that is full gives its own rate away.
      (rate, gain) = (Double(reading.bytesPerSecond), 1)
      return fit(reading)
    }
    // Of a line that is not in use its rate cannot be seen; and a few packets that pass an idle
    // one at once make it look faster than it is.
    if outstanding * 2 >= bytes {
      let seen = min(Double(reading.bytesPerSecond), rate * (1 + Self.gainStep))
      rate += (seen - rate) * Self.rateShare
    }
    let trip = max(1_000_000, reading.present.wholeNanoseconds)
    let share = Double(min(since.wholeNanoseconds, trip)) / Double(trip)
    gain = isFull ? 1 : min(Self.gainMax, gain + Self.gainStep * share)
    fit(reading)
  }

  private mutating func fit(_ reading: LineReading) {
    let time = Double((reading.least + TransportLimits.lineQueueMax).wholeNanoseconds) / 1e9
    let fitting = gain * rate * time
    guard fitting < Double(TransportLimits.lineWindowMax),
      rate < Double(TransportLimits.slowLineBytesPerSecond)
    else {
      bytes = nil
      return
    }
    bytes = max(TransportLimits.lineWindowMin, Int(fitting))
  }

  /// How many bytes may be handed on while `outstanding` are on their way; nil: any number.
  package func room(outstanding: Int) -> Int? {
    bytes.map { max(0, $0 - outstanding) }
  }
}
