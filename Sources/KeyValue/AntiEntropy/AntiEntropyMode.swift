import Reconciliation

/// How two stores find out what they differ in (`--anti-entropy`).
public enum AntiEntropyMode: String, Sendable, Hashable, CaseIterable {
  /// One side tells the ids of all its records.
  case full
  /// Descent of the tree where sums differ; if that cannot be, all ids.
  case merkle
  /// What is predicted to end first, by the line, the sizes and what coded symbols tell.
  case auto

  /// What chooses.
  public var policy: any SyncPolicy {
    switch self {
    case .full: OrderedPolicy([.full])
    case .merkle: OrderedPolicy([.merkle, .full])
    case .auto: AdaptivePolicy()
    }
  }
}

/// The first strategy of a list that both sides have and that has not failed.
struct OrderedPolicy: SyncPolicy {
  private let order: [StrategyID]

  init(_ order: [StrategyID]) { self.order = order }

  func choose(_ situation: SyncSituation) -> SyncChoice? {
    if let current = situation.current { return SyncChoice(current, reason: "as before") }
    return order.first(where: situation.offered.contains).map { SyncChoice($0, reason: "as told") }
  }
}
