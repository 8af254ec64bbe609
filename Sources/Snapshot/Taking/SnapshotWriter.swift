import Compression
import Ledger
import Primitives
import StateTrie
import Streams

/// Writes the pieces of a state into the files of a snapshot as they come. Holds one piece in
/// memory, and what manifest and index will say.
struct SnapshotWriter: ~Copyable {
  private let partial: PartialSnapshot
  private let chunkBytes: Int
  private let compressor: ZstdCompressor
  private var file: NewFile?
  private var hash = Sha256Stream()
  private var pieces: [SnapshotPieceInfo] = []
  private var rawBytes = 0
  private var chunks: [SnapshotChunkInfo] = []
  private var frames: [[UInt32]] = [[]]
  private var items: UInt64 = 0
  private var pieceCount = 0

  init(to partial: PartialSnapshot, options: SnapshotOptions) {
    self.partial = partial
    chunkBytes = min(max(1, options.chunkBytes), SnapshotLimits.chunkBytesMax)
    compressor = ZstdCompressor(level: options.level)
  }

  /// Adds the next piece, which starts at `start`.
  mutating func add(_ chunk: TrieChunk, start: KeyNibbles) throws(SnapshotError) {
    let piece = RawPiece(chunk)
    let count = piece.bytes.count
    guard count <= SnapshotLimits.pieceBytesMax else {
      throw .tooLarge(
        partial.path, "a piece of \(count) bytes", limit: SnapshotLimits.pieceBytesMax)
    }
    if rawBytes > 0, rawBytes + count > chunkBytes { try endChunk() }
    pieceCount += 1
    guard pieceCount <= SnapshotLimits.piecesMax, chunks.count < SnapshotLimits.chunksMax else {
      throw .tooLarge(
        partial.path, "more pieces or chunks than a manifest has room for",
        limit: SnapshotLimits.piecesMax)
    }
    let frame = piece.frame(by: compressor)
    try append(frame)
    hash.append(piece.bytes)
    rawBytes += count
    items += UInt64(chunk.items.count)
    pieces.append(SnapshotPieceInfo(start: start, rawBytes: UInt32(count)))
    frames[frames.count - 1].append(UInt32(frame.count))
  }

  private mutating func append(_ frame: [UInt8]) throws(SnapshotError) {
    do throws(StreamError) {
      if file == nil {
        file = try partial.file(SnapshotFiles.fileName(ofChunk: chunks.count))
      }
      try file?.append(frame)
    } catch { throw .stream(error) }
  }

  private mutating func endChunk() throws(SnapshotError) {
    do throws(StreamError) { try file?.synchronize() } catch { throw .stream(error) }
    file = nil
    chunks.append(SnapshotChunkInfo(hash: hash.hash, pieces: pieces))
    frames.append([])
    hash = Sha256Stream()
    pieces = []
    rawBytes = 0
  }

  /// Writes index and manifest, the manifest last, and gives the snapshot its name.
  mutating func finish(
    chain: Hash256, _ point: MacroPoint
  ) throws(SnapshotError) -> SnapshotManifest {
    try endChunk()
    frames.removeLast()
    let manifest = SnapshotManifest(
      chain: chain,
      anchor: SnapshotAnchor(
        block: point.block, election: point.election, history: point.history),
      items: items, chunks: chunks)
    let bytes = manifest.wireBytes
    guard bytes.count <= SnapshotLimits.manifestBytesMax else {
      throw .tooLarge(
        partial.path, "a manifest of \(bytes.count) bytes",
        limit: SnapshotLimits.manifestBytesMax)
    }
    let index = SnapshotIndex(manifest: Blake2b256.hash(bytes), frames: frames)
    try write(index.wireBytes, SnapshotFiles.indexFile)
    try write(bytes, SnapshotFiles.manifestFile)
    try partial.finish()
    return manifest
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(SnapshotError) {
    try SnapshotError.files { () throws(StreamError) in
      var file = try partial.file(name)
      try file.append(bytes)
      try file.synchronize()
    }
  }
}

/// Takes a snapshot of one state.
public enum SnapshotTaking {
  /// Writes the state into `directory`. After an error nothing of it is left there.
  ///
  /// - Parameters:
  ///   - chain: The hash of block 0.
  ///   - goesOn: Asked before each piece with the first key of the piece; false ends the taking
  ///     with the error `gaveWay`.
  public static func take(
    _ state: MacroState, chain: Hash256, into directory: SnapshotDirectory,
    options: SnapshotOptions, goesOn: (KeyNibbles) -> Bool = { _ in true }
  ) throws(SnapshotError) -> SnapshotManifest {
    let partial = try directory.begin(SnapshotName(height: state.point.block.number))
    do throws(SnapshotError) {
      var writer = SnapshotWriter(to: partial, options: options)
      var next: KeyNibbles? = .empty
      while let start = next {
        guard goesOn(start) else { throw .gaveWay }
        let chunk: TrieChunk
        do throws(LedgerStoreError) {
          chunk = try state.chunk(
            from: start, limit: StateTrieLimits.chunkItemsMax,
            bytesMax: SnapshotLimits.pieceItemBytes)
        } catch { throw .ledger(error) }
        try writer.add(chunk, start: start)
        next = chunk.end
      }
      return try writer.finish(chain: chain, state.point)
    } catch {
      partial.discard()
      throw error
    }
  }
}
