import Runtime

/// How long answers of one kind take: the latest `PeerLimits.latenciesMax` of them.
package struct AnswerTimes: Sendable {
  /// In nanoseconds; a ring once it is full.
  private var times: [Int64] = []
  private var oldest = 0
  /// The same from the least to the longest: they are asked for far more often than one is added.
  private var ordered: [Int64] = []

  package init() {}

  /// An answer was found good, so long after its request.
  package mutating func add(_ time: Duration) {
    let time = time.wholeNanoseconds
    if times.count < PeerLimits.latenciesMax {
      times.append(time)
    } else {
      ordered.remove(at: place(of: times[oldest]))
      times[oldest] = time
      oldest = (oldest + 1) % times.count
    }
    ordered.insert(time, at: place(of: time))
  }

  /// Where the first stands that is not below `time`.
  private func place(of time: Int64) -> Int {
    var range = 0..<ordered.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        ordered[middle] < time ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }

  /// The time in which 95 of 100 of them came; nil below `PeerLimits.latenciesMin`.
  package var percentile95: Duration? { percentile(95) }

  /// The time in which half of them came; nil below `PeerLimits.latenciesMin`.
  package var median: Duration? { percentile(50) }

  /// The time in which `share` of 100 of them came; nil below `PeerLimits.latenciesMin`.
  package func percentile(_ share: Int) -> Duration? {
    guard times.count >= PeerLimits.latenciesMin else { return nil }
    return .nanoseconds(ordered[ordered.count * share / 100])
  }
}
