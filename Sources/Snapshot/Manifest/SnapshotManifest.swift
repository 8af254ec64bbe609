import MerkleTree
import Primitives
import StateTrie

/// What a snapshot of format 2 consists of: its block, and the pieces and chunks of the state after
/// it in key order (Docs/Snapshots.md).
///
/// A *piece* is a range of the state with a proof of both edges, so it is checked alone against the
/// block's state root. A *chunk* is the consecutive pieces that are kept in one file and handed to
/// others by number. The pieces tile the key space. Nothing in a manifest is believed: it says
/// where to look, and the state root decides.
public struct SnapshotManifest: Sendable, Hashable {
  /// The hash of block 0.
  public var chain: Hash256
  public var anchor: SnapshotAnchor
  /// Items of the state.
  public var items: UInt64
  /// In key order; at least one, each with at least one piece.
  public var chunks: [SnapshotChunkInfo]

  public init(
    chain: Hash256, anchor: SnapshotAnchor, items: UInt64, chunks: [SnapshotChunkInfo]
  ) {
    self.chain = chain
    self.anchor = anchor
    self.items = items
    self.chunks = chunks
  }

  /// Height of the block whose state it has.
  public var height: UInt32 { anchor.block.number }
  /// The root of that state.
  public var stateRoot: Hash256 { anchor.block.header.stateRoot }
  /// The root of RFC 6962 over the chunks' hashes.
  public var chunksRoot: Hash256 { MerkleTree.root(of: chunks.map(\.hash.bytes)) }
  /// What names the snapshot: the hash of the manifest. Equal content has equal names, whoever took
  /// it and however it was compressed.
  public var hash: Hash256 { Blake2b256.hash(wireBytes) }
  /// Uncompressed bytes of all pieces.
  public var rawBytes: UInt64 { chunks.reduce(0) { $0 + UInt64($1.rawBytes) } }
  /// Uncompressed bytes of the pieces that have keys of `missing`.
  public func rawBytes(touching missing: KeyRangeSet) -> UInt64 {
    let pieces = chunks.flatMap(\.pieces)
    let starts = pieces.map(\.start)
    return pieces.indices.reduce(0) { sum, index in
      missing.intersects(KeyRange(tile: index, from: starts))
        ? sum + UInt64(pieces[index].rawBytes) : sum
    }
  }
}

/// What a manifest says of one chunk.
public struct SnapshotChunkInfo: Sendable, Hashable {
  /// SHA-256 of the uncompressed bytes of its pieces, one after another.
  public var hash: Hash256
  public var pieces: [SnapshotPieceInfo]

  public init(hash: Hash256, pieces: [SnapshotPieceInfo]) {
    self.hash = hash
    self.pieces = pieces
  }

  /// Uncompressed bytes of its pieces.
  public var rawBytes: Int { pieces.reduce(0) { $0 + Int($1.rawBytes) } }
}

/// What a manifest says of one piece.
public struct SnapshotPieceInfo: Sendable, Hashable {
  /// First key of its range.
  public var start: KeyNibbles
  /// Uncompressed bytes.
  public var rawBytes: UInt32

  public init(start: KeyNibbles, rawBytes: UInt32) {
    self.start = start
    self.rawBytes = rawBytes
  }
}

extension SnapshotManifest: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(chain)
    encoder.append(anchor)
    encoder.append(items)
    encoder.append(chunksRoot)
    encoder.append(chunks)
  }

  /// Throws for pieces that are out of order, empty, too large or too many, and for a root over the
  /// chunks that is not theirs.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    chain = try decoder.hash()
    anchor = try decoder.value()
    items = try decoder.uint64()
    let rootOffset = decoder.offset
    let root = try decoder.hash()
    chunks = try decoder.array(
      elementBytes: Hash256.byteCount + 1, limit: SnapshotLimits.chunksMax)
    guard chunksRoot == root else {
      throw .invalidValue("the root over the chunks is not theirs", at: rootOffset)
    }
    var previous: KeyNibbles?
    var count = 0
    for piece in chunks.lazy.flatMap(\.pieces) {
      count += 1
      guard previous.map({ $0 < piece.start }) ?? (piece.start == .empty) else {
        throw .invalidValue("piece \(count - 1) does not follow the one before it", at: rootOffset)
      }
      previous = piece.start
    }
    guard count > 0, count <= SnapshotLimits.piecesMax else {
      throw .invalidValue("a snapshot of \(count) pieces", at: rootOffset)
    }
  }
}

extension SnapshotChunkInfo: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(hash)
    encoder.append(pieces)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    hash = try decoder.hash()
    let offset = decoder.offset
    pieces = try decoder.array(elementBytes: 2, limit: SnapshotLimits.piecesMax)
    guard !pieces.isEmpty else { throw .invalidValue("a chunk of no pieces", at: offset) }
    guard rawBytes <= SnapshotLimits.chunkBytesMax else {
      throw .lengthTooLarge(UInt64(rawBytes), limit: SnapshotLimits.chunkBytesMax, at: offset)
    }
  }
}

extension SnapshotPieceInfo: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(start)
    encoder.append(rawBytes)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    start = try decoder.value()
    let offset = decoder.offset
    rawBytes = try decoder.uint32()
    guard (1...UInt32(SnapshotLimits.pieceBytesMax)).contains(rawBytes) else {
      throw .lengthTooLarge(
        UInt64(rawBytes), limit: SnapshotLimits.pieceBytesMax, at: offset)
    }
  }
}
