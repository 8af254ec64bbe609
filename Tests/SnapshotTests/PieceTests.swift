import Compression
import Primitives
import Snapshot
import StateTrie
import TestSupport
import Testing

@Suite struct PieceTests {
  /// Keys of one length, of many, prefixes of one another, and contracts with long keys below them.
  static let styles = 0..<4

  private static func trie(_ style: Int, _ generator: inout SeededGenerator) throws -> StateTrie {
    let trie = StateTrie()
    let stem = generator.bytes(20)
    for _ in 0..<generator.below(300) {
      var key: KeyNibbles
      switch style {
      case 0: key = KeyNibbles(bytes: generator.bytes(20))
      case 1: key = KeyNibbles(bytes: generator.bytes(1 + generator.below(63)))
      case 2:
        key = .empty
        for _ in 0...generator.below(20) { key.append([0, 8, 15][generator.below(3)]) }
      default: key = KeyNibbles(bytes: stem + generator.bytes(generator.below(44)))
      }
      if style == 1 { key = key.prefix(1 + generator.below(key.count)) }
      let length = [0, 3, 64, 65, 200][generator.below(5)]
      try trie.put(key, generator.bytes(generator.chance(70) ? 12 : length))
    }
    return trie
  }

  private static func pieces(of trie: StateTrie, limit: Int) throws -> [TrieChunk] {
    var pieces: [TrieChunk] = []
    var next: KeyNibbles? = .empty
    while let start = next {
      let chunk = try trie.chunk(from: start, limit: limit, edges: .both)
      pieces.append(chunk)
      next = chunk.end
    }
    return pieces
  }

  @Test(arguments: styles)
  func piece_shouldGiveItsChunk_whateverItHas(style: Int) throws {
    for seed in 0..<Campaign.seeds("LIVESYNC_PIECE_SEEDS", default: 60) {
      var generator = SeededGenerator(seed: seed)
      let trie = try Self.trie(style, &generator)
      for limit in [1, 2, 1 + generator.below(100), StateTrieLimits.chunkItemsMax] {
        for chunk in try Self.pieces(of: trie, limit: limit) {
          let piece = RawPiece(chunk)
          #expect(try RawPiece.chunk(of: piece.bytes) == chunk, "style \(style), seed \(seed)")
          #expect(piece.columns == piece.columns.sorted())
          #expect(Set(piece.columns).count == piece.columns.count)
          #expect((piece.columns.last ?? 0) <= piece.bytes.count)
        }
      }
    }
  }

  /// Proofs that no trie gives are chunks too, and have a form.
  @Test func piece_shouldGiveItsChunk_whenItsProofIsAnything() throws {
    for seed in 0..<Campaign.seeds("LIVESYNC_PIECE_SEEDS", default: 60) {
      var generator = SeededGenerator(seed: seed)
      let trie = try Self.trie(Int(seed % 4), &generator)
      var chunk = try trie.chunk(from: .empty, limit: 20, edges: .both)
      let hash = Blake2b256.hash(generator.bytes(3))
      for index in chunk.proof.nodes.indices {
        switch generator.below(6) {
        case 0: chunk.proof.nodes[index].value = .hybridHash(hash)
        case 1: chunk.proof.nodes[index].value = .hybrid(generator.bytes(2))
        case 2: chunk.proof.nodes[index].value = .leaf(chunk.items.last?.value ?? [])
        case 3:
          chunk.proof.nodes[index].children[generator.below(16)] = ProofChild(
            suffix: KeyNibbles(bytes: generator.bytes(generator.below(3))), hash: hash)
        case 4: chunk.proof.nodes[index].key = chunk.items.last?.key ?? .empty
        default: break
        }
      }
      chunk.proof.missingProvenBy = [
        .init(key: KeyNibbles(bytes: [1]), provenBy: .empty),
        .init(key: KeyNibbles(bytes: [2]), provenBy: KeyNibbles(bytes: [7])),
      ]
      #expect(try RawPiece.chunk(of: RawPiece(chunk).bytes) == chunk, "seed \(seed)")
    }
  }

  @Test func piece_shouldBeRefused_whenItsBytesAreNotThoseOfItsChunk() throws {
    var generator = SeededGenerator(seed: 5)
    var refused = 0
    for style in Self.styles {
      let trie = try Self.trie(style, &generator)
      let bytes = RawPiece(try trie.chunk(from: .empty, limit: 40, edges: .both)).bytes
      for length in 0..<bytes.count {
        #expect(throws: WireError.self) { try RawPiece.chunk(of: Array(bytes[..<length])) }
      }
      #expect(throws: WireError.self) { try RawPiece.chunk(of: bytes + [0]) }
      for _ in 0..<4_000 {
        let changed = generator.mutated(bytes)
        do throws(WireError) {
          let chunk = try RawPiece.chunk(of: changed)
          #expect(RawPiece(chunk).bytes == changed)
        } catch { refused += 1 }
      }
    }
    #expect(refused > 4_000)
  }

  @Test func piece_shouldBeRefused_whenItListsWhatIsAlike() throws {
    func refused(_ bytes: [UInt8], _ rule: String) {
      do throws(WireError) {
        _ = try RawPiece.chunk(of: bytes)
        Issue.record("\(rule) was not thrown")
      } catch { #expect(error.description.contains(rule), "\(error)") }
    }
    let head: [UInt8] = [1, 0, 2]
    let heads: [UInt8] = [0x10, 0x01] + [UInt8](repeating: 0, count: 14)
    let rest: [UInt8] = [0, 0, 0, 0]
    #expect(try RawPiece.chunk(of: head + [0, 2] + heads + rest).items.count == 2)
    refused(head + [1, 2, 2] + heads + rest, "equal lengths are listed")
    refused(head + [0, 2] + heads + [1, 0, 0, 0, 0], "equal lengths are listed")
    refused(head + [0, 1] + heads + rest, "more nibbles than it says")
    refused(head + [0, 127] + heads + rest, "above 126")
    refused([2] + head.dropFirst() + rest, "another form")
    let equal: [UInt8] = [0x10, 0] + [UInt8](repeating: 0, count: 14)
    refused(head + [0, 2] + equal + rest, "not strictly increasing")
    let above: [UInt8] = [0xff, 0x01] + [UInt8](repeating: 0, count: 14)
    refused(head + [0, 2] + above + rest, "above all keys")
    let many: [UInt8] = [1, 0, 0x89, 0x27] + [UInt8](repeating: 0, count: 50_000)
    refused(many, "above 5000")
    refused(
      [UInt8](repeating: 1, count: SnapshotLimits.pieceBytesMax + 1),
      "above \(SnapshotLimits.pieceBytesMax)")
  }

  @Test func frame_shouldBeSmallerThanThreeQuarters_ofAChunkOfRandomAccounts() throws {
    var generator = SeededGenerator(seed: 6)
    let trie = StateTrie()
    // The keys of a five hundredth of the space, as among a million accounts.
    for _ in 0..<2_000 {
      let key = KeyNibbles(
        bytes: [0x40, UInt8(generator.below(128))] + generator.bytes(18))
      var wire = WireEncoder()
      wire.append(1 + generator.next() % 1_000)
      wire.append(byte: 0)
      wire.append(byte: 0)
      try trie.put(key, wire.bytes)
    }
    let chunk = try trie.chunk(from: .empty, limit: 5_000, edges: .both)
    let piece = RawPiece(chunk)
    let frame = piece.frame(by: ZstdCompressor(level: SnapshotLimits.defaultLevel))
    #expect(4 * frame.count < 3 * chunk.wireBytes.count)
    #expect(
      try ZstdDecompressor().content(of: frame, .exactly(piece.bytes.count)) == piece.bytes)
  }
}
