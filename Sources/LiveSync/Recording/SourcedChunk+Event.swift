import EventLog
import Primitives
import StateTrie

extension SourcedChunk {
  /// An event about this chunk that has no reason.
  func event(
    _ make: (UInt32, UInt32, Hash256, KeyNibbles, KeyNibbles?, Int, Int) -> Event.Chunk
  ) -> Event.Chunk {
    make(peer.number, number, hash, start, chunk.end, chunk.items.count, bytes)
  }

  /// An event about this chunk with its reason.
  func event(
    _ make: (UInt32, UInt32, Hash256, KeyNibbles, KeyNibbles?, Int, Int, String) -> Event.Chunk,
    reason: String
  ) -> Event.Chunk {
    make(peer.number, number, hash, start, chunk.end, chunk.items.count, bytes, reason)
  }
}
