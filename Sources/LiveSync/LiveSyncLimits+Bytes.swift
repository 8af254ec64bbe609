import Ledger
import Networking
import Primitives

/// What may be held of what came from outside, in bytes. `MemoryBounds` adds it up.
extension LiveSyncLimits {
  /// Halves of blocks that wait for the other half; one peer has room for the largest body.
  public static let halvesBytes = ByteLimits(total: 10 << 20, perHolder: 6 << 20)
  /// Blocks that wait for an ancestor.
  public static let bufferedBlocksBytes = ByteLimits(total: 16 << 20, perHolder: 12 << 20)
  /// Blocks on their way from the block queue to the chain, wherever they are.
  public static let handedOnBytes = ByteLimits(total: 18 << 20, perHolder: 12 << 20)
  /// Blocks handed in from outside and not taken yet.
  public static let externalBlocksBytes = ByteLimits(total: 6 << 20, perHolder: 6 << 20)
  /// Diffs that are here, until their blocks are pushed. The largest has room.
  public static let diffsBytesMax = 18 << 20
  /// Chunks that are here, until the chain has taken them, and answers with chunks that may come.
  public static let chunksBytes = ByteLimits(total: 40 << 20, perHolder: 24 << 20)
  /// Bytes of one item with its key.
  public static let chunkItemBytesMax = LedgerLimits.dataBytesMax + 256
  /// Bytes of the proof of a chunk's two edges: the last item's value once more, and the nodes of
  /// two paths.
  public static let chunkProofBytesMax = chunkItemBytesMax + 128 << 10 - 512

  /// Bytes of one macro block with the most signers and the most validators, in wire form.
  public static let macroBlockBytesMax = 128 << 10
  /// Bytes of the history before a macro block, and of what says how much of a chain an answer has.
  public static let historyBytesMax = 4 << 10
  /// Bytes of verified macro blocks, in wire form, that are kept until they can be adopted.
  public static let macroChainBytesMax = 2 << 20

  /// Bytes of items to ask for if so many are expected: twice as many, so that a place with larger
  /// items is still answered whole, and any one item.
  static func itemsBytesMax(expected bytes: Int) -> Int {
    min(chunkAnswerBytesMax, max(chunkItemBytesMax, 2 * bytes))
  }

  /// Room that an answer of at most `bytes` bytes takes: as it came and decoded. A transaction in
  /// memory takes 2.5 times its bytes on the wire at most, and everything else less than an eighth
  /// more than they are.
  package static func answerRoom(_ type: RequestType, answerBytes bytes: Int) -> Int {
    let isOfBlocks = type == .missingBlocks || type == .block
    return min(bytes / 8 * (isOfBlocks ? 28 : 17), NetworkingLimits.answersBytes.perHolder)
  }
}
