import MerkleTree
import Primitives

/// A chain of macro blocks, or a part of one: what a node needs to jump over whole epochs.
public struct MacroChain: Sendable, Hashable {
  /// Election blocks, each after the one before it, and at the end perhaps a macro block of the
  /// epoch that the last of them began. Without bodies.
  public var blocks: [Block]
  /// The frontier over all blocks before the last one of `blocks`; nil if whoever gives the chain
  /// does not keep it. A node can go on from the last block only with it.
  public var history: MountainFrontier?
  /// True if the last block is the newest macro block of whoever gives the chain; false if there is
  /// more, to be asked for from the last block on.
  public var reachesHead: Bool

  public init(blocks: [Block], history: MountainFrontier?, reachesHead: Bool = true) {
    self.blocks = blocks
    self.history = history
    self.reachesHead = reachesHead
  }
}

extension MacroChain: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(blocks)
    encoder.append(optional: history)
    encoder.append(reachesHead)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(
      // A header alone takes more than five hashes and a seed.
      blocks: try decoder.array(elementBytes: 224, limit: LedgerLimits.macroChainBlocksMax),
      history: try decoder.optional(), reachesHead: try decoder.flag())
  }
}
