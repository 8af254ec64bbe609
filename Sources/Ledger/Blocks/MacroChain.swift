import MerkleTree
import Primitives

/// A chain of macro blocks: what a node needs to jump over whole epochs.
public struct MacroChain: Sendable, Hashable {
  /// Election blocks, each after the one before it, and at the end perhaps a macro block of the
  /// epoch that the last of them began. Without bodies.
  public var blocks: [Block]
  /// The frontier over all blocks before the last one of `blocks`.
  public var history: MountainFrontier

  public init(blocks: [Block], history: MountainFrontier) {
    self.blocks = blocks
    self.history = history
  }
}

extension MacroChain: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(blocks)
    encoder.append(history)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      // A header alone takes more than five hashes and a seed.
      blocks: try decoder.array(elementBytes: 224, limit: LedgerLimits.macroChainBlocksMax),
      history: try decoder.value())
  }
}
