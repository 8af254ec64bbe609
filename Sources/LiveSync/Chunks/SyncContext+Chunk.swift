import Ledger
import Peers

extension SyncContext {
  /// The peer of a chunk that the trie refused is banned.
  func ban(_ chunk: SourcedChunk, reason: String) {
    let statement = ChunkStatement(
      start: chunk.start, edges: chunk.edges, chunk: chunk.chunk)
    ban(
      chunk.peer, reason: reason,
      evidence: chain.block(chunk.hash, includeBody: false).map { .chunk($0.header, statement) })
  }
}
