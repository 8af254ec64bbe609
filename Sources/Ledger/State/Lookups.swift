import Primitives
import StateTrie
import Storage

/// The answer to a request for a block's diff.
public enum DiffLookup: Sendable, Hashable {
  case diff(TrieDiff)
  /// The block is not known here.
  case unknownBlock
  /// The block is known, but its diff was never here or is too old.
  case unavailable
  /// The store failed.
  case failed(LedgerStoreError)
}

/// The answer to a request for a chunk.
public enum ChunkLookup: Sendable, Equatable {
  /// A chunk of the state after this block, our head.
  case chunk(TrieChunk, BlockID)
  /// This range of keys is missing here; all keys if nothing can be proven now, since the state's
  /// root is not known or no state is held.
  case incomplete(KeyRange)
  /// No chunk can be given for such a request.
  case refused(TrieError)
  /// The store failed.
  case failed(LedgerStoreError)
}

/// The answer to a request for a proof of keys.
public enum ProofLookup: Sendable, Hashable {
  /// A proof against the state root of this block, our head.
  case proof(TrieProof, BlockID)
  /// A key, or what its proof needs, is not held here.
  case incomplete
  /// The store failed.
  case failed(LedgerStoreError)
}
