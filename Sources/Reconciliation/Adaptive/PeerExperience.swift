/// What sessions with one peer have shown: how slow its processor is, and by how much predictions
/// were wrong. A value, kept by who keeps the peer's line.
///
/// The peer does not tell how long it computes; what a comparison took beyond round trips, bytes
/// and the own processor is taken for its processor's time. Only strategies that are predicted to
/// take much of that tell anything.
public struct PeerExperience: Sendable, Hashable {
  /// How many times as long the peer's processor takes as that of the cost model,
  /// 1 / `ReconciliationLimits.slownessMax`…`slownessMax`.
  public private(set) var slowness = 1.0
  public private(set) var corrections = StrategyCorrections()

  public init() {}

  /// A comparison by one strategy took so many seconds.
  /// - Parameters:
  ///   - cost: predicted for the difference that was found.
  ///   - path: the line as it was measured.
  public mutating func observed(
    _ strategy: StrategyID, seconds: Double, _ cost: StrategyCost, on path: PathFigures
  ) {
    var alone = path
    alone.remoteSlowness = 0
    let rest = cost.seconds(on: alone)
    let remote = cost.remoteNs * 1e-9
    guard seconds > 0, rest.isFinite, remote.isFinite else { return }
    let share = max(remote * slowness, seconds - rest)
    if remote >= ReconciliationLimits.slownessSecondsMin,
      share >= ReconciliationLimits.slownessShareMin * rest
    {
      let most = ReconciliationLimits.slownessMax
      let seen = min(max((seconds - rest) / remote, 1 / most), most)
      slowness += ReconciliationLimits.slownessWeight * (seen - slowness)
    }
    alone.remoteSlowness = slowness
    corrections.observed(strategy, seconds: seconds, predicted: cost.seconds(on: alone))
  }
}
