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
  /// What its proof was asked to show.
  public var edges: ChunkEdges
  /// Size of its wire form.
  public var bytes: Int
  /// The request that it answers.
  public var request: UInt64

  public init(
    start: KeyNibbles, chunk: TrieChunk, number: UInt32, hash: Hash256, peer: PeerID,
    edges: ChunkEdges, bytes: Int, request: UInt64 = 0
  ) {
    self.start = start
    self.chunk = chunk
    self.number = number
    self.hash = hash
    self.peer = peer
    self.edges = edges
    self.bytes = bytes
    self.request = request
  }
}

extension SourcedChunk: HeapSized {
  public var heapBytes: Int { chunk.heapBytes }
}
