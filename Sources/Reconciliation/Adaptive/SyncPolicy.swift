/// Chooses how a difference is found: at the beginning, and again after each flight. A value.
public protocol SyncPolicy: Sendable {
  /// How a comparison may begin: the other side takes one of the plans. Nil if there is none.
  mutating func opening(_ situation: SyncSituation) -> SyncOpening?
  /// Which of the plans of another side's opening is taken, by an estimate from its probe.
  func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int
  /// Whether the other side is to look how the difference lies before it picks.
  func looks(before plans: [SyncPlan], _ situation: SyncSituation) -> Bool
  /// Itself with what earlier sessions with the peer took beside what was predicted.
  func corrected(by corrections: StrategyCorrections) -> Self
  /// What a comparison by a plan is predicted to take, without corrections, now that the
  /// difference is known; nil if it cannot tell.
  func predicted(
    _ plan: SyncPlan, for difference: RecordDifference, _ situation: SyncSituation
  ) -> StrategyCost?
  /// The strategy to use from now on: the present one to stay with it. Nil if none is offered.
  mutating func choose(_ situation: SyncSituation) -> SyncChoice?
}

extension SyncPolicy {
  public mutating func opening(_ situation: SyncSituation) -> SyncOpening? {
    choose(situation).map { SyncOpening(plans: [SyncPlan($0.strategy)], reason: $0.reason) }
  }

  public func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int { 0 }

  public func corrected(by corrections: StrategyCorrections) -> Self { self }

  public func predicted(
    _ plan: SyncPlan, for difference: RecordDifference, _ situation: SyncSituation
  ) -> StrategyCost? { nil }

  public func looks(before plans: [SyncPlan], _ situation: SyncSituation) -> Bool { false }
}

/// A strategy, and what it is prepared for.
public struct SyncPlan: Sendable, Hashable {
  public var strategy: StrategyID
  /// Records that are expected to differ, for a strategy that can make use of it.
  public var expected: Double?

  public init(_ strategy: StrategyID, expected: Double? = nil) {
    self.strategy = strategy
    self.expected = expected
  }
}

/// How a comparison begins.
public struct SyncOpening: Sendable, Hashable {
  /// At most `ReconciliationLimits.plansMax`; the first one is taken if the other side cannot tell.
  public var plans: [SyncPlan]
  /// Own coded symbols that are sent along, so that the other side can estimate the difference.
  public var probeSymbols: Int
  /// Further coded symbols that are asked for before the first request is answered: what the line
  /// carries in a round trip that would else be lost.
  public var ahead: Int
  /// The figures that decided, for the log.
  public var reason: String

  public init(plans: [SyncPlan], probeSymbols: Int = 0, ahead: Int = 0, reason: String) {
    self.ahead = min(max(0, ahead), ReconciliationLimits.aheadSymbolsMax)
    self.plans = Array(plans.prefix(ReconciliationLimits.plansMax))
    self.probeSymbols = probeSymbols
    self.reason = reason
  }
}

/// A choice, and why.
public struct SyncChoice: Sendable, Hashable {
  public let strategy: StrategyID
  /// The figures that decided, for the log.
  public let reason: String
  /// A look that is taken beside the strategy, once in a comparison; nil for none.
  public let look: SyncLook?

  public init(_ strategy: StrategyID, reason: String, look: SyncLook? = nil) {
    self.strategy = strategy
    self.reason = reason
    self.look = look
  }
}

/// A look how the difference lies: the first request of another strategy, which is answered only if
/// few of its parts differ. The present strategy goes on meanwhile.
public struct SyncLook: Sendable, Hashable {
  public var strategy: StrategyID
  /// The most parts that may differ for the answer.
  public var partsMax: Int
  /// Coded symbols that are asked for while it is under way: what the line carries.
  public var symbolsMeanwhile: Int

  public init(_ strategy: StrategyID, partsMax: Int, symbolsMeanwhile: Int) {
    self.strategy = strategy
    self.partsMax = partsMax
    self.symbolsMeanwhile = symbolsMeanwhile
  }
}

/// What a choice is made by, as the asking side sees it.
public struct SyncSituation: Sendable {
  /// Those that both sides have and that did not fail.
  public var offered: [StrategyID]
  /// The one in use; nil at the beginning.
  public var current: StrategyID?
  public var localCount: UInt64
  /// Nil before the other side has said anything.
  public var remoteCount: UInt64?
  /// The line; nil while it is not measured.
  public var path: PathFigures?
  /// Records that differed in the last session with the peer.
  public var lastDifference: Int?
  /// What the present comparison has shown.
  public var estimate: SyncEstimate?
  /// Strategies that were begun and left.
  public var left: Set<StrategyID>
  /// How the difference lies, once somebody has looked.
  public var look: PartsLook?
  /// Whether the asking side has sent a look in the present comparison.
  public var hasLooked: Bool
  /// Bytes of the second request by ranges, once the first one was answered.
  public var nextBytes: Int?

  public init(
    offered: [StrategyID], current: StrategyID? = nil, localCount: UInt64,
    remoteCount: UInt64? = nil, path: PathFigures? = nil, lastDifference: Int? = nil,
    estimate: SyncEstimate? = nil, left: Set<StrategyID> = [],
    look: PartsLook? = nil, hasLooked: Bool = false, nextBytes: Int? = nil
  ) {
    self.look = look
    self.hasLooked = hasLooked
    self.left = left
    self.nextBytes = nextBytes
    self.offered = offered
    self.current = current
    self.localCount = localCount
    self.remoteCount = remoteCount
    self.path = path
    self.lastDifference = lastDifference
    self.estimate = estimate
  }
}

/// How much differs, as far as it is known.
public struct SyncEstimate: Sendable, Hashable {
  /// Records that one side has and the other has not.
  public var count: Double
  /// Standard deviation of the count as a share of it; 0 if it is known.
  public var relativeError: Double
  /// Coded symbols that are here already and need not be sent again.
  public var symbolsHeld: Int
  /// The share of the order of versions that it lies in, 0…1; 1 if nothing is known.
  public var spread = 1.0

  public init(count: Double, relativeError: Double, symbolsHeld: Int = 0) {
    self.count = count
    self.relativeError = relativeError
    self.symbolsHeld = symbolsHeld
  }

  /// The estimate of so many coded symbols (`SymbolDecoder.estimatedDifferences`).
  public init(count: Double, symbols: Int) {
    self.init(
      count: count, relativeError: (2 / Double(max(1, symbols))).squareRoot(),
      symbolsHeld: symbols)
  }
}

/// A comparison that can say how much differs before it is complete.
public protocol EstimatingComparison: ComparisonInitiator {
  var estimate: SyncEstimate? { get }
  /// A request for so many coded symbols more, whatever is known; fewer if there is no room for
  /// them, nil if there is none at all.
  mutating func nextRequest(symbols: Int) -> ComparisonRequest?
}
