import Primitives

/// How a node joins from a snapshot. The names are those of CometBFT's section `statesync`.
public struct SnapshotSettings: Sendable, Hashable {
  /// True if snapshots are looked for.
  public var enable: Bool
  /// A macro block that the operator knows to be of the chain: only with it does a chain of
  /// validators who may have left long ago count. Nil: the genesis is trusted.
  public var trust: TrustedBlock?
  /// Longest time that peers are asked for snapshots before one is chosen.
  public var discoveryTime: Duration

  /// Pieces that may be on their way at a time; nil: as many as pay.
  public var chunkFetchers: Int?
  /// Longest time that a host is given for a piece; nil: what its measured rate says.
  public var chunkRequestTimeout: Duration?

  public init(
    enable: Bool = true, trust: TrustedBlock? = nil,
    discoveryTime: Duration = SnapshotLimits.discoveryTimeDefault, chunkFetchers: Int? = nil,
    chunkRequestTimeout: Duration? = nil
  ) {
    self.chunkFetchers = chunkFetchers
    self.chunkRequestTimeout = chunkRequestTimeout
    self.enable = enable
    self.trust = trust
    self.discoveryTime = discoveryTime
  }
}

/// A block that is known to be of the chain from elsewhere.
public struct TrustedBlock: Sendable, Hashable {
  /// Height of an election block, `trust_height`.
  public var height: UInt32
  /// Its hash, `trust_hash`.
  public var hash: Hash256
  /// How long after it was made it may be trusted, `trust_period`.
  public var period: Duration

  public init(
    height: UInt32, hash: Hash256, period: Duration = SnapshotLimits.trustPeriodDefault
  ) {
    self.height = height
    self.hash = hash
    self.period = period
  }
}
