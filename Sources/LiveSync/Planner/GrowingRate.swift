import Peers
import Runtime

/// The largest rate of the last `PeerLimits.bandwidthWindow`, and whether it still grows with what
/// is asked for.
struct GrowingRate: Sendable {
  private var filter = WindowedFilter(.largest, window: PeerLimits.bandwidthWindow)
  /// Answers since the rate was last found to be clearly larger than before.
  private var answersSinceGrowth = 0

  /// Bytes a second; nil before the first answer.
  var value: Double? { filter.value }

  /// `bytes` came in so many nanoseconds.
  mutating func add(_ bytes: Int, in nanoseconds: Double, at now: Moment) {
    let before = filter.value ?? 0
    filter.add(Double(bytes) * 1e9 / nanoseconds, at: now)
    let hasGrown = (filter.value ?? 0) > before * LiveSyncLimits.growthNoticed
    answersSinceGrowth = hasGrown ? 0 : answersSinceGrowth + 1
  }

  /// True if it has grown with one of the last `answers` answers.
  func isGrowing(within answers: Int) -> Bool { value != nil && answersSinceGrowth < answers }
}
