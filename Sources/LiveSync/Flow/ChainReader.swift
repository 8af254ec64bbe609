import Ledger
import Primitives
import StateTrie

/// What the queues ask of the chain: one immutable view of it, taken once for each event.
public protocol ChainReader: Sendable {
  /// Height of the head.
  var headNumber: UInt32 { get }
  /// Hash of the head.
  var headHash: Hash256 { get }
  /// Height of the last macro block: nothing at or below it is ever reverted.
  var macroNumber: UInt32 { get }
  /// The key ranges of the state that are missing; blocks need their diffs unless it is empty.
  var missing: KeyRangeSet { get }
  /// True if the chain has the block, on whatever branch.
  func isKnown(_ hash: Hash256) -> Bool
  /// True if the block is on the main chain.
  func isOnMainChain(_ hash: Hash256) -> Bool
  /// Our head, then the blocks back to the last macro block, newest first; at most `limit`.
  func locators(limit: Int) -> [Hash256]
}

extension ChainView: ChainReader {}
