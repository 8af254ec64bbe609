import Networking
import Primitives

/// What a live sync tells its consumer.
public enum LiveSyncEvent: Sendable, Hashable {
  /// An announced block became head (the chain was extended or rebranched).
  case acceptedAnnouncedBlock(Hash256)
  /// A block from the buffer became head; so many are still buffered.
  case acceptedBufferedBlock(Hash256, bufferedCount: Int)
  /// Blocks of an answer to a missing-blocks request became part of the chain.
  case receivedMissingBlocks([Hash256])
  /// A block failed validation.
  case rejectedBlock(Hash256)
  /// Chunks of the state at this head were committed.
  case acceptedChunks(Hash256)
}
