import Compression
import Ledger
import Primitives
import StateTrie

/// Cuts a state into pieces and chunks, and gathers what manifest and index will say. Holds one
/// piece at a time and does no I/O.
struct SnapshotAssembly: ~Copyable {
  private let chunkBytes: Int
  private let compressor: ZstdCompressor
  private var hash = Sha256Stream()
  private var pieces: [SnapshotPieceInfo] = []
  private var rawBytes = 0
  private var chunks: [SnapshotChunkInfo] = []
  private(set) var frames: [[UInt32]] = [[]]
  private var items: UInt64 = 0
  private var pieceCount = 0

  /// A piece that was added.
  struct Added {
    /// It as it is stored.
    var frame: [UInt8]
    /// Place of its chunk.
    var chunk: Int
  }

  init(options: SnapshotOptions) {
    chunkBytes = min(max(1, options.chunkBytes), SnapshotLimits.chunkBytesMax)
    compressor = ZstdCompressor(level: options.level)
  }

  /// Most items of the next piece of a state of so many. A small state is cut into enough pieces
  /// for many peers; some pieces are small, so that whoever has proven nothing yet can be asked for
  /// little.
  private func itemsMax(of items: Int) -> Int {
    if pieceCount % SnapshotLimits.smallPieceEvery == 0 { return SnapshotLimits.smallPieceItems }
    return min(
      StateTrieLimits.chunkItemsMax,
      max(SnapshotLimits.smallPieceItems, items / SnapshotLimits.piecesAimed))
  }

  /// Cuts all of `state`.
  /// - Parameters:
  ///   - goesOn: asked before each piece with its first key; false ends it with `gaveWay`.
  ///   - place: names the snapshot in errors.
  ///   - store: takes each piece.
  mutating func addAll(
    of state: MacroState, place: String, goesOn: (KeyNibbles) -> Bool = { _ in true },
    store: (Added) throws(SnapshotError) -> Void
  ) throws(SnapshotError) {
    var next: KeyNibbles? = .empty
    while let start = next {
      guard goesOn(start) else { throw .gaveWay }
      let chunk: TrieChunk
      do throws(LedgerStoreError) {
        chunk = try state.chunk(
          from: start, limit: itemsMax(of: state.itemCount),
          bytesMax: SnapshotLimits.pieceItemBytes)
      } catch { throw .ledger(error) }
      try store(try add(chunk, start: start, place: place))
      next = chunk.end
    }
  }

  /// Adds the next piece, which starts at `start`.
  mutating func add(
    _ chunk: TrieChunk, start: KeyNibbles, place: String
  ) throws(SnapshotError) -> Added {
    let piece = RawPiece(chunk)
    let count = piece.bytes.count
    guard count <= SnapshotLimits.pieceBytesMax else {
      throw .tooLarge(place, "a piece of \(count) bytes", limit: SnapshotLimits.pieceBytesMax)
    }
    if rawBytes > 0, rawBytes + count > chunkBytes { endChunk() }
    pieceCount += 1
    guard pieceCount <= SnapshotLimits.piecesMax, chunks.count < SnapshotLimits.chunksMax else {
      throw .tooLarge(
        place, "more pieces or chunks than a manifest has room for",
        limit: SnapshotLimits.piecesMax)
    }
    let frame = piece.frame(by: compressor)
    hash.append(piece.bytes)
    rawBytes += count
    items += UInt64(chunk.items.count)
    #if MUTANTS
      let isLate = Mutant.isOn(.gapBetweenPieces) && pieceCount > 1
      let start = isLate ? chunk.items.first?.key ?? start : start
    #endif
    pieces.append(SnapshotPieceInfo(start: start, rawBytes: UInt32(count)))
    frames[frames.count - 1].append(UInt32(frame.count))
    return Added(frame: frame, chunk: chunks.count)
  }

  private mutating func endChunk() {
    chunks.append(SnapshotChunkInfo(hash: hash.hash, pieces: pieces))
    frames.append([])
    hash = Sha256Stream()
    pieces = []
    rawBytes = 0
  }

  /// The manifest over all that was added, at least one piece.
  mutating func finish(
    chain: Hash256, _ point: MacroPoint, place: String
  ) throws(SnapshotError) -> SnapshotManifest {
    endChunk()
    frames.removeLast()
    let manifest = SnapshotManifest(
      chain: chain,
      anchor: SnapshotAnchor(
        block: point.block, election: point.election, history: point.history),
      items: items, chunks: chunks)
    let count = manifest.wireBytes.count
    guard count <= SnapshotLimits.manifestBytesMax else {
      throw .tooLarge(
        place, "a manifest of \(count) bytes", limit: SnapshotLimits.manifestBytesMax)
    }
    return manifest
  }
}
