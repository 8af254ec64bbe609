import Primitives
import StateTrie
import Testing

/// Chunks of no items need not even end after their start.
@Suite struct EmptyChunkTests {
  private static func twin() throws -> StateTrie {
    let trie = StateTrie()
    for key in ["11", "5a"] { try trie.put(KeyNibbles(key)!, [1]) }
    return trie
  }

  @Test func chunk_shouldBeRefused_whenItEndsBeforeItsStart() throws {
    let twin = try Self.twin()
    let root = try #require(twin.rootHash())
    let start = try #require(KeyNibbles("58"))
    let chunk = try twin.chunk(from: start, limit: 0)
    #expect(chunk.items.isEmpty && chunk.end == KeyNibbles("5"))
    let partial = StateTrie(missing: .all)
    #expect(throws: ChunkError.rangeEmpty) {
      try partial.verify(chunk, from: start, stateRoot: root)
    }
    #expect(partial.missing == .all && partial.itemCount == 0)
  }
}
