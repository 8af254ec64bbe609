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
  /// The peer is too far below us and has left the live sync.
  case behind(PeerID)
  /// The peer is too far above us: it is looked at by macro sync again.
  case ahead(PeerID)
}
