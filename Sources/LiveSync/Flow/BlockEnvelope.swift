import Messages
import Networking
import Primitives
import StateTrie

/// Whose account a block is on: the peer that gave it, or nobody else's.
struct BlockGiver: Hashable, Comparable, Sendable {
  private let number: Int64

  init(_ source: BlockSource) { number = source.peer.map { Int64($0.number) } ?? -1 }

  static func < (a: BlockGiver, b: BlockGiver) -> Bool { a.number < b.number }
}

/// How a block came to us.
public enum BlockOrigin: Sendable, Hashable {
  /// By gossip.
  case announced
  /// In the answer to a request.
  case requested
  /// Handed in from outside, such as from a head request.
  case external
}

/// Whom a block came from and which gossip messages wait for what becomes of it.
public struct BlockSource: Sendable, Hashable {
  public var origin: BlockOrigin
  /// The peer that gave it; nil if it was made here.
  public var peer: PeerID?
  /// Gossip messages to be judged once the block is.
  public var gossip: [GossipID]

  public init(origin: BlockOrigin, peer: PeerID?, gossip: [GossipID] = []) {
    self.origin = origin
    self.peer = peer
    self.gossip = gossip
  }
}

/// A block on its way to the chain, with where it came from and what has joined it: its diff while
/// the state is incomplete, and chunks of the state after it.
public struct BlockEnvelope<Block: SyncBlock>: Sendable {
  public var block: Block
  public var source: BlockSource
  /// What the block changes in the state; nil if it is not here, or not needed.
  public var diff: TrieDiff? {
    didSet { diffBytes = diff?.heapBytes ?? 0 }
  }
  /// Bytes of memory that the diff takes.
  public private(set) var diffBytes = 0
  public var chunks: [SourcedChunk]

  public init(
    block: Block, source: BlockSource, diff: TrieDiff? = nil, chunks: [SourcedChunk] = []
  ) {
    self.block = block
    self.source = source
    self.diff = diff
    self.chunks = chunks
    diffBytes = diff?.heapBytes ?? 0
  }
}

/// Why blocks go to the chain together.
public enum BatchKind: Sendable, Hashable {
  /// One block whose parent was known when it came.
  case head
  /// Blocks that waited for an ancestor; `remaining` are still in the buffer.
  case buffered(remaining: Int)
  /// The answer to a missing-blocks request.
  case missing
}

/// Blocks to be pushed one after another, parents before children.
public struct BlockBatch<Block: SyncBlock>: Sendable {
  public var kind: BatchKind
  public var blocks: [BlockEnvelope<Block>]

  public init(kind: BatchKind, blocks: [BlockEnvelope<Block>]) {
    self.kind = kind
    self.blocks = blocks
  }

  /// Bytes of memory that the diffs take.
  var diffBytes: Int { blocks.reduce(0) { $0 + $1.diffBytes } }
}
