import Messages
import Networking
import Primitives
import StateTrie

/// Where the next chunk request starts.
public enum ChunkRequestState: Sendable, Hashable {
  /// The state is complete: no chunk is needed.
  case complete
  /// The last chunk is here and waits to be applied with (or at) this block.
  case paused(number: UInt32, hash: Hash256)
  /// At the first missing key of the trie.
  case reset
  /// At this key, where the chunk before ended.
  case `continue`(KeyNibbles)
}

/// Why the chain of chunks starts over at the first missing key.
public enum ChunkResetReason: String, Sendable, Hashable, CaseIterable {
  /// A chunk was refused by the trie.
  case chunkFailed = "chunk_failed"
  /// A block that chunks were to be applied with was not taken.
  case blockFailed = "block_failed"
  /// All chunks of a push were ignored.
  case allIgnored = "all_ignored"
  /// A chunk was discarded.
  case discarded
  /// A rebranch left the state incomplete.
  case rebranched
  /// The state was complete and is no longer.
  case incompleteAgain = "incomplete_again"
  /// The last chunk was applied, and ranges are still missing.
  case notComplete = "not_complete"
  /// The chain of blocks was replaced by macro sync.
  case historyAdopted = "history_adopted"
}

/// Why a chunk was thrown away without blame for its peer.
public enum ChunkDiscardReason: String, Sendable, Hashable, CaseIterable {
  /// Its block is applied and no longer head, or another block took its height.
  case blockPassed = "block_passed"
  /// Its block is at or below the last macro block.
  case finalized
  /// Its block is further below our head than is tolerated.
  case tooFarBehind = "too_far_behind"
  /// Its block is further above our head than the window reaches.
  case tooFarAhead = "too_far_ahead"
  /// Nobody has its block.
  case blockUnknown = "block_unknown"
  /// The chunk buffer is full.
  case bufferFull = "buffer_full"
  /// The chain of chunks was reset while it was on its way.
  case superseded
  /// The state is complete.
  case complete = "state_complete"
}

/// What a state queue wants done.
public enum StateQueueAction<Block: SyncBlock>: Sendable {
  /// Blocks go to the chain with the chunks that waited for them.
  case deliver(BlockBatch<Block>)
  /// Chunks of the current head's state are to be applied at once.
  case applyHead([SourcedChunk])
  /// A chunk is needed and none is on its way.
  case request(ChunkQuery)
  /// A range is to be asked for from one peer.
  case ask(ChunkOrder)
  /// Tell the queue (`retryDue`) after this time, so that it can see what is late.
  case wake(after: Duration)
  /// The peer is asked after the others from now on.
  case demote(PeerID, PeerDemotion)
  /// The request failed for good; tell the queue (`retryDue`) after the pause.
  case retry(after: Duration)
  /// A first chunk waits for this block; tell the queue (`blockNeverCame`) if it cannot be had.
  case expectBlock(number: UInt32, hash: Hash256, peer: PeerID)
  /// A chunk waits for its block.
  case buffered(SourcedChunk)
  /// A chunk that just came is of no use.
  case discard(SourcedChunk, ChunkDiscardReason)
  /// A chunk that waited for its block is of no use any more.
  case prune(SourcedChunk, ChunkDiscardReason)
  /// The peer's chunk is provably wrong: it leaves the peer set and is disconnected.
  case refuse(SourcedChunk, reason: String)
  /// The peer's state is too far below ours; it leaves the peer set.
  case behind(PeerID)
  /// The peer's state is too far above ours.
  case ahead(PeerID)
  /// The chain of chunks starts over.
  case reset(ChunkResetReason)
  /// The state became complete: diffs are needed no longer.
  case completed
  /// The state became incomplete again: diffs are needed.
  case incompleteAgain
}
