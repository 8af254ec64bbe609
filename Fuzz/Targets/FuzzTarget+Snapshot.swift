import Compression
import MerkleTree
import Primitives
import Snapshot
import StateTrie

extension FuzzTarget {
  static let snapshot: [FuzzTarget] = [
    zstdFrame, inflateStream, snapshotPiece, snapshotManifest, snapshotMessages, snapshotFiles,
  ]

  private static let outputMax = 1 << 16
  private static let texts: [[UInt8]] = [
    [], [1, 2, 3], [UInt8](repeating: 9, count: 3_000), (0..<600).map { UInt8($0 * 7 % 256) },
  ]

  /// A frame that is read has no more than it may have, and is read the same way again.
  private static let zstdFrame = FuzzTarget(
    "zstd-frame", seeds: { texts.map { ZstdCompressor(level: 3).frame(of: $0) } },
    check: { input in
      let decompressor = ZstdDecompressor()
      guard let content = try? decompressor.content(of: input, .atMost(outputMax)) else { return }
      try demand(content.count <= outputMax, "\(content.count) bytes were given")
      let again = try? decompressor.content(of: input, .exactly(content.count))
      try demand(again == content, "the size decides what is read")
    })

  /// The first byte chooses the format. However a stream is cut into pieces, it gives the same.
  private static let inflateStream = FuzzTarget(
    "inflate-stream",
    seeds: {
      DeflateFormat.allCases.enumerated().flatMap { index, format in
        texts.map { text in
          let stream = DeflateStream(format, level: 6)
          return [UInt8(index)] + stream.append(text) + stream.finish()
        }
      }
    },
    check: { input in
      guard let choice = input.first else { return }
      let formats = DeflateFormat.allCases
      let format = formats[Int(choice) % formats.count]
      let bytes = Array(input.dropFirst())
      let whole = inflated(bytes, format, step: max(1, bytes.count))
      try demand((whole?.count ?? 0) <= outputMax, "more bytes were given than are allowed")
      try demand(inflated(bytes, format, step: 3) == whole, "pieces change what is read")
    })

  private static func inflated(_ bytes: [UInt8], _ format: DeflateFormat, step: Int) -> [UInt8]? {
    let stream = InflateStream(format, limit: outputMax)
    var content: [UInt8] = []
    do throws(CompressionError) {
      for start in stride(from: 0, to: bytes.count, by: step) {
        stream.feed(Array(bytes[start..<min(bytes.count, start + step)]))
        while true {
          let piece = try stream.next()
          if piece.isEmpty { break }
          content += piece
        }
      }
      try stream.finish()
    } catch { return nil }
    return content
  }

  /// A piece that is read is written again as the same bytes.
  private static let snapshotPiece = FuzzTarget(
    "snapshot-piece",
    seeds: {
      FuzzWorld.all.flatMap { world in
        let trie = world.trie
        return [0, 3, 40].compactMap { limit in
          try? RawPiece(trie.chunk(from: .empty, limit: limit, edges: .both)).bytes
        }
      }
    },
    check: { input in
      guard let chunk = try? RawPiece.chunk(of: input) else { return }
      try demand(RawPiece(chunk).bytes == input, "a piece is read from bytes it would not write")
      try demand(TrieChunk(wireBytes: chunk.wireBytes) == chunk, "a piece is no chunk")
    })

  private static let snapshotManifest = wire(
    "snapshot-manifest", [.init(SnapshotManifest.self) { [FuzzChain.shared.manifest] }])

  /// Requests and answers about snapshots between nodes.
  private static let snapshotMessages = wire(
    "snapshot-messages",
    [
      .init(SnapshotsResponse.self) {
        let summary = SnapshotSummary(
          height: 60, format: 2, hash: .zero, rawBytes: 700, storedBytes: 500, diffBytes: 9,
          diffsFrom: 3)
        return [.init(snapshots: []), .init(snapshots: [summary, summary])]
      },
      .init(RequestSnapshotManifest.self) { [.init(hash: .zero)] },
      .init(SnapshotManifestResponse.self) {
        [.bytes(FuzzChain.shared.manifest.wireBytes), .bytes([]), .unknown]
      },
      .init(RequestSnapshotPiece.self) { [.init(hash: .zero, index: 7)] },
      .init(SnapshotPieceResponse.self) { [.bytes([1, 2, 3]), .bytes([]), .unknown] },
    ])

  /// What a snapshot of a stranger has beside its pieces, and what is offered over ABCI.
  private static let snapshotFiles = wire(
    "snapshot-files",
    [
      .init(SnapshotIndex.self) { [.init(manifest: .zero, frames: [[700, 1], [3]])] },
      .init(HashOnlyManifest.self) {
        let manifest = FuzzChain.shared.manifest
        return [
          HashOnlyManifest(
            chain: manifest.chain, anchor: manifest.anchor, compression: .gzip, items: 3,
            rawBytes: 90, chunkHashes: [.zero])
        ]
      },
      .init(SnapshotMetadata<SnapshotManifest>.self) {
        [.init(manifest: FuzzChain.shared.manifest, elections: [])]
      },
    ])
}

extension FuzzChain {
  /// A manifest of pieces that need not be there.
  fileprivate var manifest: SnapshotManifest {
    let starts: [KeyNibbles] = [.empty, KeyNibbles(bytes: [3]), KeyNibbles(bytes: [9, 1])]
    let pieces = starts.map { SnapshotPieceInfo(start: $0, rawBytes: 700) }
    return SnapshotManifest(
      chain: genesis.hash,
      anchor: SnapshotAnchor(
        block: macroChain.blocks[0], election: genesis.block.withoutBody,
        history: macroChain.history ?? MountainFrontier()),
      items: 70,
      chunks: [
        SnapshotChunkInfo(hash: .zero, pieces: Array(pieces[..<2])),
        SnapshotChunkInfo(hash: genesis.hash, pieces: Array(pieces[2...])),
      ])
  }
}
