/// What one replica wants of its sessions.
public struct SyncConfiguration: Sendable, Hashable {
  /// What a session makes of the difference.
  public enum Direction: Sendable, Hashable {
    /// Each side gets what it lacks; of two versions of one key the later one stays.
    case exchange
    /// This side becomes equal to the other: it gets what it lacks and drops what only it has.
    case mirror
  }

  /// Records that are asked for or sent at a time, 1…`ReconciliationLimits.batchItemsMax`.
  public var batchItems: Int
  /// Items that a Bloom filter is made for while the number is not known.
  public var bloomFilterItems: Int
  /// Share of the items not held that a Bloom filter takes for held.
  public var bloomFalsePositiveRate: Double
  /// Levels of a Merkle tree below the root.
  public var merkleDepth: Int
  /// Whether values are sent as patches where that is smaller.
  public var isBinaryDiffOn: Bool
  public var direction: Direction

  public init(
    batchItems: Int = 100, bloomFilterItems: Int = 10_000, bloomFalsePositiveRate: Double = 0.001,
    merkleDepth: Int = 20, isBinaryDiffOn: Bool = true, direction: Direction = .exchange
  ) {
    self.batchItems = min(max(1, batchItems), ReconciliationLimits.batchItemsMax)
    self.bloomFilterItems = bloomFilterItems
    self.bloomFalsePositiveRate = bloomFalsePositiveRate
    self.merkleDepth = merkleDepth
    self.isBinaryDiffOn = isBinaryDiffOn
    self.direction = direction
  }
}
