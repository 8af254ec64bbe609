import Runtime

/// The rule that every wait for an answer follows, whoever measures how long it should take.
///
/// An answer is waited for twice as long as it is expected to take, and four times as long as such
/// times deviate where that is measured. The wait is doubled for requests that were late in a row:
/// waiting is the only way to learn of a line that is longer or thinner than it was.
package struct AnswerWait: Sendable, Hashable {
  /// The wait for one that follows an answer.
  package var first: Duration

  package init(first: Duration) { self.first = first }

  /// - Parameters:
  ///   - expected: nanoseconds that the answer should take.
  ///   - deviation: mean deviation from that, in nanoseconds.
  package init(expected: Double, deviation: Double = 0) {
    first = .nanoseconds(Int64(min(1e18, 2 * expected + 4 * deviation)))
  }

  /// The wait after `late` doublings, between the limits.
  package func doubled(_ late: Int, within limits: ClosedRange<Duration>) -> Duration {
    var wait = first
    for _ in 0..<late where wait < limits.upperBound { wait = wait * 2 }
    return min(max(wait, limits.lowerBound), limits.upperBound)
  }
}
