import Messages
import Networking
import Primitives
import StateTrie

/// A round of requests for one diff: every peer is asked once at most.
public struct DiffQuery: Sendable, Hashable {
  /// Names the diff within its queue; further rounds have the same name.
  public var id: UInt64
  public var blockHash: Hash256
  /// Height of the block.
  public var number: UInt32
  /// The header's commitment to the diff.
  public var diffRoot: Hash256
  /// The peer that gave the block: asked first.
  public var firstPeer: PeerID?
}

/// What a diff queue wants done.
public enum DiffQueueAction<Block: SyncBlock>: Sendable {
  /// All blocks of a batch have their diffs (or need none), and no batch before it is due.
  case deliver(BlockBatch<Block>)
  /// A diff is needed and a slot is free.
  case request(DiffQuery)
  /// A whole round of peers failed; tell the queue (`waited`) after the pause.
  case wait(id: UInt64, Duration)
  /// A block is given up for want of its diff or because its height is final; the block queue is
  /// to be told that its push failed.
  case drop(BlockEnvelope<Block>, DiffDropReason)
}

/// Why a diff queue gave a block up.
public enum DiffDropReason: String, Sendable, Hashable, CaseIterable {
  /// Nobody could give the diff in `LiveSyncLimits.diffRoundsMax` rounds.
  case unavailable = "diff_unavailable"
  /// The block's height is final by now.
  case finalized
  /// Too many blocks wait for diffs.
  case overflow
  /// An earlier block of the same batch was given up.
  case parentGivenUp = "parent_not_taken"
}
