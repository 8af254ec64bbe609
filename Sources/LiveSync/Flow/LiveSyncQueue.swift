import Ledger
import Messages
import Networking
import Primitives
import Runtime

/// What a queue has for the chain.
public enum SyncOutput: Sendable {
  /// Blocks to be pushed one after another.
  case blocks(BlockBatch<Block>)
  /// Chunks to be pushed onto the head.
  case chunks([SourcedChunk])
}

/// What became of a request for one block.
public enum ResolveOutcome: Sendable, Hashable {
  /// The chain has it.
  case found
  /// Its height is final, so it is either known or on no branch of ours.
  case outdated
  /// Somebody waits for it already.
  case duplicate
  /// It could not be had, or too many are waited for.
  case failed
}

/// A queue that a `LiveSyncer` draws from.
public protocol LiveSyncQueue: Actor {
  /// The next output in order; nil when the queue has ended or the task is cancelled.
  nonisolated func next() async -> SyncOutput?
  /// Works until the task is cancelled.
  func run() async
  /// A block from outside.
  func insert(_ block: Block, source: BlockSource) async
  /// Waits until the chain has block `hash`.
  func resolve(_ hash: Hash256, number: UInt32, firstPeer: PeerID?) async -> ResolveOutcome
  /// True if the block, or a part of it, is here or asked for, and not in the chain yet.
  func isExpected(_ hash: Hash256) async -> Bool
  /// A block was pushed.
  func pushed(_ report: PushReport) async
  /// Chunks were pushed onto the head.
  func applied(_ report: ChunkReport) async
  /// Blocks that wait for their ancestors.
  var bufferedBlockCount: Int { get async }
  /// True if the queue wants no more of the state.
  var isStateComplete: Bool { get }
}
