import Messages
import Networking
import Primitives
import StateTrie

/// A request for a chunk.
public struct ChunkQuery: Sendable, Hashable {
  /// Names the request within its queue.
  public var id: UInt64
  /// First key wanted.
  public var start: KeyNibbles
  /// First key not wanted any more; nil = to the end of the trie.
  public var end: KeyNibbles?
  /// Most items wanted.
  public var limit: Int
  /// Which edges the answer has to prove.
  public var edges: ChunkEdges
  /// Most bytes of items wanted; one item may have more.
  public var itemsBytesMax: Int
  /// The piece of an offer that is asked for instead of a range of the peer's head; nil if none.
  public var piece: OfferedPiece?

  public init(
    id: UInt64, start: KeyNibbles, end: KeyNibbles?, limit: Int, edges: ChunkEdges,
    itemsBytesMax: Int = MessageLimits.chunkAnswerBytesMax, piece: OfferedPiece? = nil
  ) {
    self.itemsBytesMax = itemsBytesMax
    self.piece = piece
    self.id = id
    self.start = start
    self.end = end
    self.limit = limit
    self.edges = edges
  }
}

/// A request, whom it goes to, and how long to wait for the answer.
public struct ChunkOrder: Sendable, Hashable {
  public var query: ChunkQuery
  public var peer: PeerID
  public var timeout: Duration
}

/// Why a chunk request brought nothing.
public enum ChunkFailure: Sendable, Hashable {
  /// No answer in time.
  case late
  /// The peer does not have the range.
  case lacking
  /// The peer is gone, or refuses for now.
  case unavailable
  /// The answer was larger than a message may be: too much was asked for.
  case tooLarge
  /// The request was not sent, for want of room here.
  case local
}

extension ChunkQuery {
  /// The query as it is sent.
  var message: RequestChunk {
    RequestChunk(
      startKey: start, endKey: end, limit: limit, edges: edges, bytesMax: itemsBytesMax)
  }

  /// Most bytes of the answer.
  var answerBytesMax: Int { message.answerBytesMax ?? 0 }
}

extension SourcedChunk {
  /// The answer of `peer` to `query`; nil if the peer does not have the range.
  init?(_ response: ChunkResponse, to query: ChunkQuery, from peer: PeerID) {
    guard case .chunk(let number, let hash, let chunk) = response else { return nil }
    self.init(
      start: query.start, chunk: chunk, number: number, hash: hash, peer: peer,
      edges: query.edges, bytes: chunk.wireBytes.count, request: query.id)
  }
}

extension ChunkFailure {
  /// What a request error means for the planner.
  init(_ error: RequestError) {
    switch error {
    case .timeout: self = .late
    case .tooManyPending, .cancelled: self = .local
    default: self = error.reason == "too_large" ? .tooLarge : .unavailable
    }
  }
}
