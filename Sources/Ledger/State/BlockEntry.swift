import MerkleTree
import Primitives
import StateTrie

/// What the chain keeps of one block.
struct BlockEntry {
  let block: Block
  /// The frontier over all earlier blocks. Kept for blocks that are not final, for the last macro
  /// block and for election blocks; those are what others build on.
  var history: MountainFrontier?
  /// The block's diff if it is known and not pruned.
  var diff: TrieDiff?
  /// How to take the block's diff back exactly: main chain above the last macro block.
  var applied: AppliedDiff?
  var isOnMain = false

  init(_ block: Block, history: MountainFrontier?, diff: TrieDiff?) {
    self.block = block
    self.history = history
    self.diff = diff
  }

  var header: BlockHeader { block.header }
}

/// A diff that the trie has applied.
struct AppliedDiff {
  let receipt: DiffReceipt
  /// `ChainState.chunkMark` at that time: while it is the same, the receipt restores exactly.
  let mark: Int
}

extension MountainFrontier {
  /// This frontier with one more block.
  func appending(_ block: Hash256) -> MountainFrontier {
    var frontier = self
    frontier.append(leaf: block.bytes)
    return frontier
  }
}
