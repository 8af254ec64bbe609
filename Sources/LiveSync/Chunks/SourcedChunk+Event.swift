import EventLog

extension SourcedChunk {
  private var facts: Event.ChunkFacts {
    Event.ChunkFacts(
      peer: peer.number, block: number, hash: hash, startKey: start, endKey: chunk.end,
      items: chunk.items.count, bytes: bytes)
  }

  /// An event about this chunk that has no reason.
  func event(_ make: (Event.ChunkFacts) -> Event.Chunk) -> Event.Chunk { make(facts) }

  /// An event about this chunk with its reason.
  func event(
    _ make: (Event.ChunkFacts, String) -> Event.Chunk, reason: String
  ) -> Event.Chunk {
    make(facts, reason)
  }
}
