import Messages
import Networking
import Primitives
import StateTrie

/// A chunk, the block whose state it is of, and who gave it.
public struct SourcedChunk: Sendable, Hashable {
  /// First key of the chunk, as asked for.
  public var start: KeyNibbles
  public var chunk: TrieChunk
  /// Height of the block.
  public var number: UInt32
  /// Hash of the block.
  public var hash: Hash256
  public var peer: PeerID
  /// True if its proof was asked to show both its edges.
  public var isBounded: Bool
  /// Size of its wire form.
  public var bytes: Int
  /// The request that it answers.
  public var request: UInt64

  public init(
    start: KeyNibbles, chunk: TrieChunk, number: UInt32, hash: Hash256, peer: PeerID,
    isBounded: Bool, bytes: Int, request: UInt64 = 0
  ) {
    self.start = start
    self.chunk = chunk
    self.number = number
    self.hash = hash
    self.peer = peer
    self.isBounded = isBounded
    self.bytes = bytes
    self.request = request
  }
}

extension SourcedChunk: HeapSized {
  public var heapBytes: Int { chunk.heapBytes }
}

/// A block with its diff and the chunks of its state, to be pushed together.
public struct StateBlock<Block: SyncBlock>: Sendable {
  public var sourced: SourcedBlock<Block>
  public var diff: TrieDiff?
  public var chunks: [SourcedChunk]

  public init(sourced: SourcedBlock<Block>, diff: TrieDiff?, chunks: [SourcedChunk]) {
    self.sourced = sourced
    self.diff = diff
    self.chunks = chunks
  }
}

/// Blocks on their way into the chain, complete with what belongs to them.
public struct StateBatch<Block: SyncBlock>: Sendable {
  public var kind: BatchKind
  public var blocks: [StateBlock<Block>]

  public init(kind: BatchKind, blocks: [StateBlock<Block>]) {
    self.kind = kind
    self.blocks = blocks
  }
}
