import Runtime

/// How long answers of one kind take: the latest `PeerLimits.latenciesMax` of them.
package struct AnswerTimes: Sendable {
  /// In nanoseconds; a ring once it is full.
  private var times: [Int64] = []
  private var oldest = 0

  package init() {}

  /// An answer was found good, so long after its request.
  package mutating func add(_ time: Duration) {
    if times.count < PeerLimits.latenciesMax {
      times.append(time.wholeNanoseconds)
    } else {
      times[oldest] = time.wholeNanoseconds
      oldest = (oldest + 1) % times.count
    }
  }

  /// The time in which 95 of 100 of them came; nil below `PeerLimits.latenciesMin`.
  package var percentile95: Duration? { percentile(95) }

  /// The time in which half of them came; nil below `PeerLimits.latenciesMin`.
  package var median: Duration? { percentile(50) }

  /// The time in which `share` of 100 of them came; nil below `PeerLimits.latenciesMin`.
  package func percentile(_ share: Int) -> Duration? {
    guard times.count >= PeerLimits.latenciesMin else { return nil }
    return .nanoseconds(times.sorted()[times.count * share / 100])
  }
}
