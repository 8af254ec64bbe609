import Primitives
import StateTrie
import Testing

/// The limits of the trie's inputs, each at its bound and beyond it.
@Suite struct TrieLimitTests {
  private static let key = KeyNibbles("12")!

  @Test func chunk_shouldBeMade_forSoManyItemsAtMost() throws {
    let trie = StateTrie()
    try trie.put(Self.key, [1])
    let limit = StateTrieLimits.chunkItemsMax
    #expect(try trie.chunk(from: .empty, limit: limit).items.count == 1)
    #expect(throws: TrieError.limitTooLarge(limit + 1)) {
      try trie.chunk(from: .empty, limit: limit + 1)
    }
  }

  @Test func value_shouldBeTaken_upToItsLimit() throws {
    let trie = StateTrie()
    let limit = StateTrieLimits.valueBytesMax
    try trie.put(Self.key, [UInt8](repeating: 7, count: limit))
    #expect(throws: TrieError.self) {
      try trie.put(Self.key, [UInt8](repeating: 7, count: limit + 1))
    }
    #expect(try trie.lookup(Self.key).value?.count == limit)
  }

  @Test func setOfRanges_shouldBeRead_upToItsLimit() {
    func isRead(_ count: Int) -> Bool {
      let ranges = (0..<count).map { number in
        let bytes = [UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)]
        let start = KeyNibbles(bytes: bytes + [0])
        return KeyRange(start: start, end: KeyNibbles(bytes: bytes + [1]))
      }
      var encoder = WireEncoder()
      encoder.append(ranges)
      return (try? KeyRangeSet(wireBytes: encoder.bytes)) != nil
    }
    #expect(isRead(StateTrieLimits.rangesMax) && !isRead(StateTrieLimits.rangesMax + 1))
  }
}
