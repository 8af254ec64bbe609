import Runtime

/// What a line carries and how long it is, measured by the answers that came over it: the largest
/// rate and the smallest round trip of the latest time. A value.
///
/// A windowed maximum and minimum cannot be spoilt by answers that were small or late, as an
/// average would be (BBR measures a path the same way).
public struct LinkMonitor: Sendable {
  private var roundTrips = WindowedBest(isLargest: false)
  private var rates = WindowedBest(isLargest: true)
  /// The longest that one was waited for of those in a row that did not come.
  private var waitedInVain: Duration = .zero

  public init() {}

  /// A line whose figures are known.
  public init(bytesPerSecond: Double, roundTrip: Duration) {
    rates.add(bytesPerSecond, at: .start)
    roundTrips.add(Double(roundTrip.wholeNanoseconds), at: .start)
  }

  /// The least time that an answer took lately; nil before the first.
  public var roundTrip: Duration? {
    roundTrips.value.map { .nanoseconds(Int64(min($0, 1e18))) }
  }

  /// The most that one answer brought a second lately beside the way there and back, in bytes; nil
  /// before the first that is large enough to tell.
  public var bytesPerSecond: Double? { rates.value }

  /// An answer came, whether it is of use or not.
  /// - Parameters:
  ///   - bytes: of the request and the answer together.
  ///   - time: between the two.
  public mutating func answered(bytes: Int, after time: Duration, at now: Moment) {
    waitedInVain = .zero
    let taken = Double(max(1, time.wholeNanoseconds))
    roundTrips.add(taken, at: now)
    guard bytes >= ReconciliationLimits.rateSampleBytesMin, let least = roundTrips.value else {
      return
    }
    // While one answer only is known, its whole time is what it was carried in.
    let carried = max(taken - least, taken / ReconciliationLimits.carriedShareMax)
    rates.add(Double(bytes) * 1e9 / carried, at: now)
  }

  /// An answer did not come.
  /// - Parameters:
  ///   - waited: since the request. A process that stood still meanwhile sees more than it waited.
  ///   - patience: how long was to be waited.
  public mutating func timedOut(after waited: Duration, patience: Duration) {
    waitedInVain = max(waitedInVain, min(waited, patience))
  }

  /// How long an answer is waited for: twice what it should take by the measured figures, or
  /// `ReconciliationLimits.patienceFirst` before there are any; and twice the longest that one of
  /// those in a row was waited for that did not come. Several that were under way together when a
  /// line was cut say no more than one of them.
  /// - Parameter bytes: the most that it may have.
  public func patience(bytes: Int) -> Duration {
    var wait = ReconciliationLimits.patienceFirst
    if let roundTrip, let rate = bytesPerSecond {
      let carried = Double(bytes) * 2e9 / max(1, rate)
      wait = max(
        roundTrip * 2 + .nanoseconds(Int64(min(carried, 1e18))), ReconciliationLimits.patienceMin)
    }
    let tried = min(waitedInVain, ReconciliationLimits.patienceMax) * 2
    return min(max(wait, tried), ReconciliationLimits.patienceMax)
  }
}

/// The largest or the smallest value of the latest `ReconciliationLimits.linkWindow`; the last one
/// stays when the window has run empty.
struct WindowedBest: Sendable {
  let isLargest: Bool
  /// Each is better than all that came after it; oldest and best first.
  private var samples: [(at: Moment, value: Double)] = []

  init(isLargest: Bool) { self.isLargest = isLargest }

  var value: Double? { samples.first?.value }

  mutating func add(_ value: Double, at now: Moment) {
    samples.removeAll { isLargest ? $0.value <= value : $0.value >= value }
    samples.append((now, value))
    while samples.count > 1,
      samples.count > ReconciliationLimits.linkSamplesMax
        || samples[0].at.advanced(by: ReconciliationLimits.linkWindow) < now
    {
      samples.removeFirst()
    }
  }
}
