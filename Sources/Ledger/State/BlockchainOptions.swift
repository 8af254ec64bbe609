import Primitives

/// What a node holds of the state at the start.
public enum InitialState: Sendable, Hashable {
  /// The accounts of the genesis.
  case complete
  /// Nothing yet; it comes in chunks.
  case missing
  /// Nothing ever: the chain only follows headers, with or without bodies.
  case none
}

/// A node's own choices; nodes of one chain may differ in them.
public struct BlockchainOptions: Sendable, Hashable {
  /// Final blocks behind the last macro block whose diffs are kept for serving.
  public var finalDiffsKept: Int
  /// Most blocks stored on side branches.
  public var sideBlocksMax: Int
  /// Most bytes of blocks on side branches with their diffs, in all and of one producer.
  public var sideBytes: ByteLimits

  public init(
    finalDiffsKept: Int = LedgerLimits.finalDiffsKeptDefault,
    sideBlocksMax: Int = LedgerLimits.sideBlocksMax,
    sideBytes: ByteLimits = LedgerLimits.sideBytes
  ) {
    self.sideBytes = sideBytes
    self.finalDiffsKept = max(0, finalDiffsKept)
    self.sideBlocksMax = max(0, sideBlocksMax)
  }
}
