import Ledger

/// The named limits of messages: what a request may ask for and an answer may have. Units are part
/// of the name or of the type.
public enum MessageLimits {
  // MARK: State queue

  /// Items a chunk may have, by the protocol.
  public static let chunkItemsMax = 5_000

  // MARK: Range planner: requests

  /// Bytes of items in one answer, however many are asked for.
  public static let chunkAnswerBytesMax = 2 << 20

  // MARK: Wire

  /// Block locators in a request: a batch back to the last macro block and room for more.
  public static let locatorsMax = 1_024
  /// Blocks in one answer to a missing-blocks request.
  public static let blocksPerAnswerMax = 512
  /// Bytes of one answer to a missing-blocks request that it should not exceed: on a thin line a
  /// larger one would not come in time; the rest is asked for anew.
  public static let blocksAnswerBytesMax = 1 << 20
  /// Bytes of one proof of accounts that it should not exceed; one account may have more.
  public static let proofAnswerBytesMax = 2 << 20
  /// Election blocks named in a macro-chain request.
  public static let macroLocatorsMax = 64
  /// Blocks in one macro-chain answer.
  public static let macroBlocksPerAnswerMax = 256
  /// Bytes of one macro-chain answer that it should not exceed; one block may have more.
  public static let macroAnswerBytesMax = 1 << 20
  /// Keys in a request for a proof of accounts.
  public static let proofKeysMax = 256
  /// Blocks in a request for a proof that they are of the chain.
  public static let provenBlocksMax = LedgerLimits.historyProofsMax
  /// Bytes of one item with its key.
  public static let chunkItemBytesMax = LedgerLimits.dataBytesMax + 256
  /// Bytes of the proof of a chunk's two edges: the last item's value once more, and the nodes of
  /// two paths.
  public static let chunkProofBytesMax = chunkItemBytesMax + 128 << 10 - 512
  /// Bytes of one macro block with the most signers and the most validators, in wire form.
  public static let macroBlockBytesMax = 128 << 10
  /// Bytes of the history before a macro block, and of what says how much of a chain an answer has.
  public static let historyBytesMax = 4 << 10

  // MARK: Bytes and rates of whole messages

  /// Largest request that carries a list of hashes or keys.
  public static let listRequestBytesMax = 64 << 10
  /// Largest answer with a head.
  public static let headResponseBytesMax = 4 << 10
  /// Largest answer with a part of a macro chain.
  public static let macroChainResponseBytesMax = (1 << 20) + (64 << 10)
  /// Largest answer with a proof of blocks.
  public static let blocksProofResponseBytesMax = 512 << 10
  /// Largest answer with blocks: one block of the largest kind.
  public static let blocksResponseBytesMax = (4 << 20) + (256 << 10)
  /// Largest answer with a diff: old and new values, 16 MiB, and the keys of all accounts that a
  /// block can change.
  public static let diffResponseBytesMax = 17 << 20
  /// Largest announced header: what the largest legal block has, and room for what names it.
  public static let headerBytesMax = 256 << 10
  /// Largest announced body.
  public static let bodyBytesMax = (4 << 20) + (64 << 10)

  /// Chunk requests per peer and window of the rate limits.
  public static let chunkRequestsPerWindowMax = 5_000
  /// Diff requests per peer and window of the rate limits.
  public static let diffRequestsPerWindowMax = 100
}
