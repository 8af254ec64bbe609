import Compression
import Ledger
import Primitives
import Snapshot
import StateTrie

/// A snapshot in memory, as a host has it.
public struct KeptSnapshot: Sendable {
  public var offer: OfferedSnapshot
  public var chunks: [[UInt8]]
  /// The root of the state after its block.
  public var appHash: [UInt8]

  /// One of format 2.
  public init(
    _ pieces: [(start: KeyNibbles, chunk: TrieChunk)], perChunk: Int, chain: Hash256,
    anchor: SnapshotAnchor, elections: [Block]
  ) {
    let compressor = ZstdCompressor(level: SnapshotLimits.defaultLevel)
    var files: [[UInt8]] = []
    var infos: [SnapshotChunkInfo] = []
    for first in stride(from: 0, to: pieces.count, by: perChunk) {
      let part = pieces[first..<min(pieces.count, first + perChunk)]
      let raw = part.map { RawPiece($0.chunk) }
      files.append(raw.flatMap { $0.frame(by: compressor) })
      infos.append(
        SnapshotChunkInfo(
          hash: Sha256.hash(raw.flatMap(\.bytes)),
          pieces: zip(part, raw).map {
            SnapshotPieceInfo(start: $0.start, rawBytes: UInt32($1.bytes.count))
          }))
    }
    let manifest = SnapshotManifest(
      chain: chain, anchor: anchor, items: UInt64(pieces.reduce(0) { $0 + $1.chunk.items.count }),
      chunks: infos)
    offer = SnapshotMetadata(manifest: manifest, elections: elections).offer
    chunks = files
    appHash = anchor.block.header.stateRoot.bytes
  }

  /// One of format 1.
  public init(
    _ items: [TrieItem], _ compression: HashOnlyManifest.Compression, chain: Hash256,
    anchor: SnapshotAnchor, elections: [Block], chunkBytes: Int = 3_000
  ) {
    let stream = DeflateStream(compression == .gzip ? .gzip : .zlib, level: 7)
    let raw = items.flatMap { item in
      var encoder = WireEncoder()
      encoder.append(item.wireBytes)
      return encoder.bytes
    }
    let stored = stream.append(raw) + stream.finish()
    chunks = stride(from: 0, to: stored.count, by: chunkBytes).map {
      Array(stored[$0..<min(stored.count, $0 + chunkBytes)])
    }
    let manifest = HashOnlyManifest(
      chain: chain, anchor: anchor, compression: compression, items: UInt64(items.count),
      rawBytes: UInt64(raw.count), chunkHashes: chunks.map { Sha256.hash($0) })
    offer = SnapshotMetadata(manifest: manifest, elections: elections).offer
    appHash = anchor.block.header.stateRoot.bytes
  }

  /// The manifest of format 2 and the election blocks.
  public var metadata: SnapshotMetadata<SnapshotManifest> {
    get throws { try SnapshotMetadata(wireBytes: offer.metadata) }
  }

  /// The same snapshot with another manifest, whose hash is the offered one.
  public func changing(
    _ change: (inout SnapshotMetadata<SnapshotManifest>) -> Void
  ) throws -> KeptSnapshot {
    var metadata = try metadata
    change(&metadata)
    var copy = self
    copy.offer = metadata.offer
    return copy
  }
}

/// Snapshots in memory.
public struct MemoryShelf: SnapshotShelf {
  public var kept: [KeptSnapshot]

  public init(_ kept: [KeptSnapshot] = []) { self.kept = kept }

  public func offers(
    limit: Int, of chain: Blockchain
  ) throws(SnapshotFault) -> [OfferedSnapshot] {
    Array(kept.map(\.offer).prefix(limit))
  }

  public func chunk(
    height: UInt64, format: UInt32, index: UInt32
  ) throws(SnapshotFault) -> [UInt8] {
    guard let one = kept.first(where: { $0.offer.height == height && $0.offer.format == format })
    else { throw .unknownSnapshot(height: height, format: format) }
    guard index < one.chunks.count else { throw .unknownChunk(index, count: one.chunks.count) }
    return one.chunks[Int(index)]
  }
}
