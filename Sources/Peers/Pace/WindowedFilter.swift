import Runtime

/// The best value of the last `window`: the largest or the smallest.
///
/// A windowed maximum of delivery rates and a windowed minimum of round trips are what BBR measures
/// a path by: a sample taken while there was little to send cannot spoil them, as it would spoil an
/// average. The last value stays when the window has run empty.
package struct WindowedFilter: Sendable {
  /// What counts as better.
  package enum Kind: Sendable {
    case largest, smallest
  }

  private let kind: Kind
  private let window: Duration
  /// Candidates: each is better than all that came after it; oldest and best first.
  private var samples: [(at: Moment, value: Double)] = []

  package init(_ kind: Kind, window: Duration) {
    self.kind = kind
    self.window = window
  }

  /// The best value; nil before the first sample.
  package var value: Double? { samples.first?.value }

  /// Adds a sample. At most `PeerLimits.filterSamplesMax` candidates are kept.
  package mutating func add(_ value: Double, at now: Moment) {
    samples.removeAll { kind == .largest ? $0.value <= value : $0.value >= value }
    samples.append((now, value))
    while samples.count > 1,
      samples.count > PeerLimits.filterSamplesMax
        || samples[0].at.advanced(by: window) < now
    {
      samples.removeFirst()
    }
  }
}
