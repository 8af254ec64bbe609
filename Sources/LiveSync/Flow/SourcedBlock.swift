import Messages
import Networking
import Primitives

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

/// A block and where it came from.
public struct SourcedBlock<Block: SyncBlock>: Sendable {
  public var block: Block
  public var source: BlockSource

  public init(block: Block, source: BlockSource) {
    self.block = block
    self.source = source
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
  public var blocks: [SourcedBlock<Block>]

  public init(kind: BatchKind, blocks: [SourcedBlock<Block>]) {
    self.kind = kind
    self.blocks = blocks
  }
}
