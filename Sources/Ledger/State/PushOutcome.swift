import Primitives
import StateTrie

/// What became of a pushed block.
public enum PushResult: Sendable, Hashable {
  /// The chain already had it.
  case known
  /// It is the new head on top of the old one.
  case extended
  /// It is the new head of another branch.
  case rebranched
  /// It was stored on a side branch.
  case forked
  /// It was not stored: too old to matter, or there is no room for more side branches.
  case ignored
}

/// What became of a pushed block and of the chunks that came with it.
public struct PushOutcome: Sendable, Equatable {
  public var result: PushResult
  public var chunks: ChunkPushResult

  init(_ result: PushResult, chunks: ChunkPushResult = .init()) {
    self.result = result
    self.chunks = chunks
  }
}

/// A chunk to be taken into the state.
public struct ChunkPush: Sendable {
  public var chunk: TrieChunk
  /// First key of the chunk, as asked for.
  public var start: KeyNibbles
  /// Which edges the chunk was asked to prove.
  public var edges: ChunkEdges
  /// The block whose state the chunk was taken from.
  public var blockHash: Hash256

  public init(
    chunk: TrieChunk, start: KeyNibbles, edges: ChunkEdges = .last, blockHash: Hash256
  ) {
    self.chunk = chunk
    self.start = start
    self.edges = edges
    self.blockHash = blockHash
  }
}

/// What became of one chunk.
public enum ChunkOutcome: Sendable, Equatable {
  /// It was verified and taken in; `items` of its items were new.
  case committed(items: Int)
  /// It is of no use now: its keys are held, its one edge says nothing since what lies left of it
  /// is not held, or its block is not the head and the diffs between are not kept. Nothing is wrong
  /// with it.
  case ignored
  /// It is wrong, and nothing of it was taken in.
  case failed(ChunkError)
}

/// What became of chunks that were pushed together. A bad chunk does not keep those after it out.
public struct ChunkPushResult: Sendable, Equatable {
  /// In the order of the chunks.
  public var outcomes: [ChunkOutcome] = []
  /// The state's root after the chunks if it is known and not the head's: the state was given up
  /// then, and all of it is missing. It can only happen if a diff that was applied while the state
  /// was incomplete lied about missing keys, or if the store was tampered with.
  public var rootMismatch: Hash256?

  public init() {}

  /// Number of chunks taken in.
  public var committed: Int {
    outcomes.count { if case .committed = $0 { true } else { false } }
  }
  /// Number of chunks that were of no use.
  public var ignored: Int { outcomes.count { $0 == .ignored } }
  /// The first chunk that is wrong.
  public var failure: (index: Int, error: ChunkError)? {
    for (index, outcome) in outcomes.enumerated() {
      if case .failed(let error) = outcome { return (index, error) }
    }
    return nil
  }
}
