/// Chooses by the line's rate alone: everything over a fast line, the log of changes over a medium
/// one, Merkle trees over a slow one. It takes no account of how much differs; it is here as what
/// other policies are measured against, and for whoever wants no surprises.
public struct ThresholdPolicy: SyncPolicy {
  /// Bytes a second above which everything is sent.
  public static let fullBytesPerSecond = 10e6
  /// Bytes a second above which the log is sent.
  public static let deltaBytesPerSecond = 1e6

  /// What sends the log of changes; nil if nothing does.
  private let delta: StrategyID?

  public init(delta: StrategyID? = nil) { self.delta = delta }

  public func choose(_ situation: SyncSituation) -> SyncChoice? {
    if let current = situation.current { return SyncChoice(current, reason: "as before") }
    let rate = situation.path?.bytesPerSecond ?? 0
    var order: [StrategyID] = [.merkle]
    if rate > Self.fullBytesPerSecond {
      order = [.full, .merkle]
    } else if rate > Self.deltaBytesPerSecond {
      order = [delta, .merkle].compactMap { $0 }
    }
    let strategy = order.first(where: situation.offered.contains) ?? situation.offered.first
    return strategy.map { SyncChoice($0, reason: "\(rate.boundedWhole) bytes a second") }
  }
}
