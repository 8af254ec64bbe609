import EventLog
import Ledger
import Messages
import Networking
import Primitives
import StateTrie

/// What a peer sent and what that contradicts: enough to see the lie again without a node.
///
/// It proves that the message is wrong, not who sent it: messages are not signed by their senders,
/// and whoever can write a log can put a bad message into it. See Docs/Evidence.md.
public enum Evidence: Sendable, Hashable {
  /// A chunk of the state after the block with this header does not fit the header's state root.
  case chunk(BlockHeader, ChunkStatement)
  /// The diff is not the one that the header commits to.
  case diff(BlockHeader, TrieDiff)
  /// The block breaks a rule that needs no state.
  case block(Block, BlockWitness)
  /// The body, or the next validators, are not those that the header commits to.
  case body(Block)
  /// The answer to a request for missing blocks is not what was asked for.
  case answer(AnswerStatement)
  /// The block was given for another one.
  case otherBlock(asked: Hash256, BlockHeader)
  /// The payload was published on the topic and is the wire form of nothing.
  case undecodable(Topic, payload: [UInt8])

  /// What kind of lie it is.
  public var lie: Event.Lie {
    switch self {
    case .chunk: .chunk
    case .diff: .diff
    case .block(_, let witness):
      if case .successor = witness.scope { .block } else { .quorum }
    case .body: .body
    case .answer: .answer
    case .otherBlock: .otherBlock
    case .undecodable: .undecodable
    }
  }
}

/// A chunk and what was asked for.
public struct ChunkStatement: Sendable, Hashable {
  /// First key, as asked for.
  public var start: KeyNibbles
  /// Which edges were to be proven.
  public var edges: ChunkEdges
  public var chunk: TrieChunk

  public init(start: KeyNibbles, edges: ChunkEdges, chunk: TrieChunk) {
    self.start = start
    self.edges = edges
    self.chunk = chunk
  }
}

/// An answer with missing blocks, as far as its form matters: headers, and which had bodies.
public struct AnswerStatement: Sendable, Hashable {
  /// One block of the answer.
  public struct Item: SyncBlock, Hashable {
    public var header: BlockHeader
    public var hasBody: Bool

    public init(header: BlockHeader, hasBody: Bool) {
      self.header = header
      self.hasBody = hasBody
    }

    public var hash: Hash256 { header.hash }
    public var number: UInt32 { header.number }
    public var parentHash: Hash256 { header.parentHash }
    public var diffRoot: Hash256 { header.diffRoot }
    public var isMacro: Bool { header.kind.isMacro }
    public var memoryBytes: Int { MemoryLayout<Self>.stride }
  }

  public var request: RequestMissingBlocks
  public var items: [Item]

  public init(request: RequestMissingBlocks, blocks: [Block]) {
    self.request = request
    items = blocks.map { Item(header: $0.header, hasBody: $0.hasBody) }
  }
}
