/// How many requests are lost, of the latest `PeerLimits.latenciesMax` that were lost or
/// answered.
public struct LossShare: Sendable, Hashable {
  /// A ring once it is full.
  private var isLost: [Bool] = []
  private var oldest = 0
  private var lost = 0

  public init() {}

  /// A try ended.
  package mutating func add(isLost isThisLost: Bool) {
    if isThisLost { lost += 1 }
    if isLost.count < PeerLimits.latenciesMax {
      isLost.append(isThisLost)
    } else {
      if isLost[oldest] { lost -= 1 }
      isLost[oldest] = isThisLost
      oldest = (oldest + 1) % isLost.count
    }
  }

  /// From 0 to 1; 0 below `PeerLimits.latenciesMin`.
  package var share: Double {
    isLost.count < PeerLimits.latenciesMin ? 0 : Double(lost) / Double(isLost.count)
  }

  /// Lost tries for each 100 that are answered.
  package var percentPerAnswer: Int {
    share == 0 ? 0 : min(10_000, lost * 100 / max(1, isLost.count - lost))
  }

  /// So many of 100 answers are to have come before one that has not come is overdue: 95, or as
  /// many that it is rather lost than late, but at least half.
  package var overduePercent: Int { min(95, max(50, 100 - percentPerAnswer)) }

  /// True if what is overdue is rather lost than late.
  package var isRatherLost: Bool { overduePercent < 95 }

  /// True if it is so although half of the answers come later than that: for two that are answered
  /// one is lost at least.
  package var areMany: Bool { overduePercent == 50 }
}
