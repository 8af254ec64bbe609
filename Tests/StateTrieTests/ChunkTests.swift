import Primitives
import StateTrie
import TestSupport
import Testing

/// One lie at a time, with the reason each is refused for.
@Suite struct ChunkTests {
  let twin = StateTrie()
  let root: Hash256
  let start: KeyNibbles
  let honest: TrieChunk

  init() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<300 { try twin.put(KeyNibbles(bytes: generator.bytes(20)), generator.bytes(8)) }
    root = twin.rootHash()!
    start = twin.items[100].key.prefix(6)
    honest = try twin.chunk(from: start, limit: 40, edges: .both)
  }

  func reason(_ lie: TrieChunk, from start: KeyNibbles? = nil, root: Hash256? = nil) -> String {
    do {
      _ = try lie.verify(from: start ?? self.start, edges: .both, stateRoot: root ?? self.root)
      return "accepted"
    } catch { return error.reason }
  }

  func lie(_ change: (inout TrieChunk) -> Void) -> TrieChunk {
    var lie = honest
    change(&lie)
    return lie
  }

  @Test func anHonestChunk_shouldBeAcceptedOnItsOwn() {
    #expect(reason(honest) == "accepted")
    #expect(honest.items.count == 40)
  }

  @Test func chunk_shouldBeRefused_whenAValueLies() {
    #expect(reason(lie { $0.items[20].value[0] ^= 1 }) == "items_mismatch")
  }

  @Test func chunk_shouldBeRefused_whenAnItemIsOmitted() {
    for index in honest.items.indices {
      #expect(reason(lie { $0.items.remove(at: index) }) == "items_mismatch", "\(index)")
    }
  }

  @Test func chunk_shouldBeRefused_whenAnItemIsAdded() {
    let added = TrieItem(key: honest.items[5].key.successor!, value: [1])
    #expect(reason(lie { $0.items.insert(added, at: 6) }) == "items_mismatch")
  }

  @Test func chunk_shouldBeRefused_whenItemsAreNotSorted() {
    #expect(reason(lie { $0.items.swapAt(3, 4) }) == "not_sorted")
    #expect(reason(lie { $0.items.insert($0.items[3], at: 3) }) == "not_sorted")
  }

  @Test func chunk_shouldBeRefused_whenAnItemLiesOutsideTheRange() {
    let before = TrieItem(key: start.prefix(3), value: [1])
    #expect(reason(lie { $0.items.insert(before, at: 0) }) == "item_out_of_range")
    let after = TrieItem(key: honest.end!, value: [1])
    #expect(reason(lie { $0.items.append(after) }) == "item_out_of_range")
  }

  @Test func chunk_shouldBeRefused_whenItsEndKeyLies() {
    #expect(reason(lie { $0.end = nil }) == "items_mismatch")
    #expect(reason(lie { $0.end = KeyNibbles("ff") }) == "end_not_proven")
    #expect(reason(lie { $0.end = start.prefix(1) }) == "range_empty")
    let next = twin.items.first { $0.key >= honest.end! }!.key
    #expect(reason(lie { $0.end = next.successor }) != "accepted")
  }

  @Test func chunk_shouldBeRefused_whenItsStartIsNotTheOneAskedFor() {
    // The range from an earlier start holds items that the chunk does not have.
    let earlier = twin.items[90].key
    #expect(reason(honest, from: earlier) != "accepted")
  }

  @Test func chunk_shouldBeRefused_whenItsProofIsForAnotherRoot() throws {
    try twin.put(start.appending(1), [7])
    let other = try twin.chunk(from: start, limit: 40, edges: .both)
    #expect(reason(other) == "proof_root_mismatch")
    #expect(reason(honest, root: twin.rootHash()!) == "proof_root_mismatch")
  }

  @Test func chunk_shouldBeRefused_whenItsProofIsTruncatedOrBloated() {
    #expect(reason(lie { $0.proof.nodes.removeAll() }) == "proof_unconnected")
    #expect(reason(lie { $0.proof.nodes.removeLast() }) != "accepted")
    #expect(
      reason(lie { $0.proof.nodes.insert($0.proof.nodes[0], at: 0) }) == "proof_not_post_order")
    let stranger = ProofNode(
      key: KeyNibbles("0001")!, value: .leaf([1]), children: Array(repeating: nil, count: 16))
    #expect(reason(lie { $0.proof.nodes.insert(stranger, at: 0) }) != "accepted")
  }

  @Test func chunk_shouldBeRefused_whenItBelongsToAnotherRange() throws {
    let other = try twin.chunk(from: twin.items[10].key, limit: 20, edges: .both)
    #expect(reason(other) != "accepted")
  }

  @Test func chunk_shouldBeRefused_whenAnEdgeIsNotProven() throws {
    let oneEdge = try twin.chunk(from: start, limit: 40, edges: .last)
    #expect(reason(oneEdge) == "start_not_proven")
  }

  @Test func anEmptyRange_shouldBeProvenEmpty() throws {
    let key = twin.items[50].key
    let gapStart = key.successor!
    let chunk = try twin.chunk(
      from: gapStart, to: key.prefix(39).appending(15).successor, limit: 5, edges: .both)
    let verified = try chunk.verify(from: gapStart, edges: .both, stateRoot: root)
    #expect(verified.items.isEmpty && !verified.range.isEmpty)
  }

  @Test func verifying_shouldChangeNothing() throws {
    let partial = StateTrie(missing: .all)
    _ = try partial.verify(honest, from: start, edges: .both, stateRoot: root)
    #expect(throws: ChunkError.itemsMismatch) {
      try partial.verify(
        lie { $0.items.removeFirst() }, from: start, edges: .both, stateRoot: root)
    }
    #expect(partial.missing == .all && partial.itemCount == 0)
  }

  @Test func aPartialTrie_shouldServeTheRangesItHolds() throws {
    let partial = twin.copy()
    let hole = KeyRange(start: KeyNibbles("6")!, end: KeyNibbles("9")!)
    try partial.forget(hole)
    #expect(partial.rootHash() == root)
    let chunk = try partial.chunk(from: KeyNibbles("5")!, limit: 5_000, edges: .both)
    #expect(chunk.end == hole.start)
    let verified = try chunk.verify(from: KeyNibbles("5")!, edges: .both, stateRoot: root)
    #expect(verified.items == twin.items.filter { verified.range.contains($0.key) })
    #expect(throws: TrieError.missing(KeyNibbles("7")!, in: hole)) {
      try partial.chunk(from: KeyNibbles("7")!, limit: 5)
    }
    #expect(throws: TrieError.missing(hole.start, in: hole)) {
      try partial.chunk(from: KeyNibbles("5")!, limit: 5_000)
    }
  }

  @Test func requests_shouldBeRefused_whenTheirLimitsAreImpossible() {
    #expect(throws: TrieError.limitTooLarge(5_001)) { try twin.chunk(from: .empty, limit: 5_001) }
    #expect(throws: TrieError.limitTooLarge(-1)) { try twin.chunk(from: .empty, limit: -1) }
    #expect(throws: TrieError.emptyRange(KeyRange(start: start, end: .empty))) {
      try twin.chunk(from: start, to: .empty, limit: 1)
    }
  }

  @Test func decoders_shouldNeverTrap_andOnlyAcceptWhatTheyWouldWrite() throws {
    var generator = SeededGenerator(seed: 77)
    let diff = try TrieDiff(
      entries: (0..<9).map {
        .init(key: KeyNibbles(bytes: [UInt8($0), 1]), old: $0 % 2 == 0 ? nil : [1], new: [2])
      })
    let seeds = [honest.wireBytes, diff.wireBytes, honest.proof.wireBytes]
    var accepted = 0
    for round in 0..<6_000 {
      let bytes =
        round % 10 == 0
        ? generator.bytes(generator.below(200)) : generator.mutated(seeds[round % 3])
      if let value = try? TrieChunk(wireBytes: bytes) {
        accepted += 1
        #expect(value.wireBytes == bytes)
      }
      if let value = try? TrieDiff(wireBytes: bytes) {
        accepted += 1
        #expect(value.wireBytes == bytes)
      }
      if let value = try? TrieProof(wireBytes: bytes) {
        accepted += 1
        #expect(value.wireBytes == bytes)
        _ = try? value.verify(root: root, keys: [start])
      }
    }
    #expect(accepted > 100)
  }
}
