/// Chooses how a difference is found, at the beginning and again after each flight. A value.
public protocol SyncPolicy: Sendable {
  /// The strategy to use from now on: the present one to stay with it. Nil if none is offered.
  mutating func choose(_ situation: SyncSituation) -> SyncChoice?
}

/// A choice, and why.
public struct SyncChoice: Sendable, Hashable {
  public let strategy: StrategyID
  /// The figures that decided, for the log.
  public let reason: String

  public init(_ strategy: StrategyID, reason: String) {
    self.strategy = strategy
    self.reason = reason
  }
}

/// What a choice is made by.
public struct SyncSituation: Sendable {
  /// Those that both sides have and that did not fail.
  public var offered: [StrategyID]
  /// The one in use; nil at the beginning.
  public var current: StrategyID?
  public var localCount: UInt64
  /// Nil before the other side has said anything.
  public var remoteCount: UInt64?
  public var link: LinkMonitor
  /// Records that differed in the last session with the peer.
  public var lastDifference: Int?
  /// What the present comparison has shown.
  public var estimate: DifferenceEstimate?

  public init(
    offered: [StrategyID], current: StrategyID? = nil, localCount: UInt64,
    remoteCount: UInt64? = nil, link: LinkMonitor, lastDifference: Int? = nil,
    estimate: DifferenceEstimate? = nil
  ) {
    self.offered = offered
    self.current = current
    self.localCount = localCount
    self.remoteCount = remoteCount
    self.link = link
    self.lastDifference = lastDifference
    self.estimate = estimate
  }
}

/// How much differs, as far as it is known.
public struct DifferenceEstimate: Sendable, Hashable {
  /// Records that one side has and the other has not.
  public var count: Double
  /// Standard deviation of the count as a share of it; 0 if it is known.
  public var relativeError: Double
  /// Share of the ranges in order of version that hold some of the difference; nil if unknown.
  public var spread: Double?
  /// Coded symbols that are here already and need not be sent again.
  public var symbolsHeld: Int

  public init(
    count: Double, relativeError: Double, spread: Double? = nil, symbolsHeld: Int = 0
  ) {
    self.count = count
    self.relativeError = relativeError
    self.spread = spread
    self.symbolsHeld = symbolsHeld
  }
}

/// A comparison that can say how much differs before it is complete.
public protocol EstimatingComparison: ComparisonInitiator {
  var estimate: DifferenceEstimate? { get }
}
