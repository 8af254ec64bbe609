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

  @Test func proofNodes_shouldBeSoManyAtMost() throws {
    // Nothing is read of what claims to be more, however much follows.
    let limit = StateTrieLimits.proofNodesMax
    func error(_ count: Int) -> WireError? {
      var encoder = WireEncoder()
      encoder.append(count: count)
      encoder.append(raw: [UInt8](repeating: 0xff, count: 64 * count))
      do throws(WireError) {
        _ = try TrieProof(wireBytes: encoder.bytes)
        return nil
      } catch { return error }
    }
    let tooLarge = WireError.lengthTooLarge(UInt64(limit + 1), limit: limit, at: 0)
    #expect(error(limit + 1) == tooLarge)
    #expect(error(limit) != nil && error(limit) != tooLarge)
  }

  @Test func entriesOfADiff_shouldBeSoManyAtMost() throws {
    let limit = StateTrieLimits.diffEntriesMax
    var entries = (0..<limit).map { number in
      let bytes = [UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)]
      return TrieDiff.Entry(key: KeyNibbles(bytes: bytes), old: nil, new: [])
    }
    let largest = try TrieDiff(entries: entries)
    #expect(largest.entries.count == limit)
    entries.append(TrieDiff.Entry(key: KeyNibbles("ff")!, old: nil, new: []))
    #expect(throws: DiffError.tooManyEntries(limit + 1)) { try TrieDiff(entries: entries) }
    let one = try TrieDiff(entries: [entries[limit]])
    #expect(throws: DiffError.tooManyEntries(limit + 1)) { try largest.composed(with: one) }
  }
}
