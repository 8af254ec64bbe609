/// How much longer each strategy took in sessions with one peer than was predicted. Bounded, so
/// that one odd session decides nothing for long.
public struct StrategyCorrections: Sendable, Hashable {
  private var factors: [StrategyID: Double] = [:]

  public init() {}

  /// Measured over predicted seconds; 1 of a strategy of which nothing is known.
  public subscript(_ strategy: StrategyID) -> Double { factors[strategy] ?? 1 }

  /// A comparison took so many seconds where so many were predicted.
  public mutating func observed(_ strategy: StrategyID, seconds: Double, predicted: Double) {
    guard predicted > 0, seconds > 0,
      factors[strategy] != nil || factors.count < ReconciliationLimits.strategiesMax
    else { return }
    let most = ReconciliationLimits.correctionMax
    let ratio = min(max(seconds / predicted, 1 / most), most)
    let before = self[strategy]
    factors[strategy] = before + ReconciliationLimits.correctionWeight * (ratio - before)
  }
}
