import Ledger
import Primitives
import Runtime

/// What a producer is told beforehand.
public struct ProducerConfiguration: Sendable {
  /// The keys of the validators that it makes and signs blocks for.
  public var keys: [KeyPair]
  /// The time of day, for the times in blocks.
  public var clock: WallClock
  /// Time from one block to the next; the chain's block interval if nil.
  public var blockTime: Duration?
  /// How much later a skip block takes the place of a micro block that does not come; twice the
  /// block time if nil.
  public var skipAfter: Duration?
  /// How long it looks for other nodes before it makes the first block.
  public var settle: Duration
  /// Transfers that it makes up for each micro block, among the accounts of `testKeys`.
  public var transactionsPerBlock: Int
  /// Keys of the accounts that are for tests (`GenesisFile.testKeys`).
  public var testKeys: [KeyPair]

  public init(
    keys: [KeyPair], clock: WallClock, blockTime: Duration? = nil, skipAfter: Duration? = nil,
    settle: Duration = ProductionLimits.settle, transactionsPerBlock: Int = 0,
    testKeys: [KeyPair] = []
  ) {
    self.keys = keys
    self.clock = clock
    self.blockTime = blockTime
    self.skipAfter = skipAfter
    self.settle = settle
    self.transactionsPerBlock = min(
      max(0, transactionsPerBlock), LedgerLimits.transactionsPerBlockMax)
    self.testKeys = testKeys
  }
}
