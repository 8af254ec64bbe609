import Primitives

/// The named limits of the ledger. Units are part of the name.
public enum LedgerLimits {
  /// Most transactions in one block. Must stay below `Account.noncesPerBlock`.
  public static let transactionsPerBlockMax = 4_096
  /// Longest account data in bytes.
  public static let dataBytesMax = 1 << 18
  /// Most bytes of a block's transactions in wire form.
  public static let bodyBytesMax = 1 << 22
  /// Most bytes of old and new values in one block's diff. Deleting large data costs few bytes of
  /// transactions, so the body's limit alone would not bound the diff.
  public static let diffBytesMax = 1 << 24
  /// Most accounts that one block changes: the two of each transaction and the producer's.
  public static let diffEntriesMax = 2 * transactionsPerBlockMax + 1
  /// Most validators in one set, and so most signatures under one block.
  public static let validatorsMax = 512
  /// Most accounts in a genesis.
  public static let genesisAccountsMax = 1 << 22
  /// Longest batch in blocks and longest epoch in batches.
  public static let batchBlocksMax: UInt32 = 1 << 16
  /// Most blocks stored on side branches; beyond it they are ignored.
  public static let sideBlocksMax = 512
  /// Most bytes of blocks on side branches with their diffs; one of the largest kind has room. The
  /// newest of the producer that has most give way to those of others.
  public static let sideBytes = ByteLimits(total: 24 << 20, perHolder: 24 << 20)
  /// Most blocks stored at one height, over all branches; beyond it they are ignored.
  public static let blocksPerHeightMax = 16
  /// Final blocks behind the last macro block whose diffs are kept for serving, by default.
  public static let finalDiffsKeptDefault = 1_024
  /// Longest way in blocks over which a late chunk is brought to the head: as long as diffs are
  /// kept by default behind the last macro block, and those above it.
  public static let carriedBlocksMax = finalDiffsKeptDefault + 512
  /// Most bytes of the changes on that way that are kept for the next chunk of the same block;
  /// larger ones are joined anew for each.
  public static let carriedChangesBytesMax = 32 << 20
  /// Most entries of the diffs that are taken back to read the state after a block below the head:
  /// some tenths of a second of work for one answer.
  public static let takenBackEntriesMax = 1 << 17
  /// Most events a subscriber may lag behind; then its stream ends.
  public static let eventsBufferedMax = 1_024
  /// Most locators looked at in one request.
  public static let locatorsMax = 1_024
  /// Most blocks in one answer to a missing-blocks request.
  public static let missingBlocksMax = 512
  /// Most blocks in one macro chain (election blocks and the last macro block).
  public static let macroChainBlocksMax = 256
  /// Most blocks in one proof of history.
  public static let historyProofsMax = 64
  /// Blocks that one call for a proof of history hashes at most, of those nobody asked for before:
  /// some hundredths of a second of work.
  public static let historyBlocksPerCallMax = 16_384
  /// Most remembered results of executing a block, by default: chains of one process take a block
  /// within few others.
  public static let executedBlocksMax = 64
  /// Most bytes of such a result and what it follows from; a larger one is not remembered.
  public static let executedBlockBytesMax = 256 << 10
  /// Most remembered signature checks, by default.
  public static let verifiedSignaturesMax = 1 << 16
}
