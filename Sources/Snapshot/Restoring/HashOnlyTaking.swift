import Compression
import Ledger
import Primitives
import StateTrie
import Streams

/// Makes the chunks of a snapshot of format 1 from the items of a state in key order, with little
/// memory whatever their number.
struct HashOnlyWriter: ~Copyable {
  private let stream: DeflateStream
  private let compression: HashOnlyManifest.Compression
  /// What is compressed and not cut off yet.
  private var pending: [UInt8] = []
  /// What is not compressed yet.
  private var raw: [UInt8] = []
  private var hashes: [Hash256] = []
  private var items: UInt64 = 0
  private var rawBytes: UInt64 = 0

  init(_ compression: HashOnlyManifest.Compression) {
    self.compression = compression
    stream = DeflateStream(compression.format, level: SnapshotLimits.hashOnlyLevel)
  }

  /// Adds the next item; gives the chunks that are ready, mostly none.
  mutating func append(_ item: TrieItem) -> [[UInt8]] {
    items += 1
    HashOnlyStream.append(item, to: &raw)
    guard raw.count >= CompressionLimits.pieceBytes else { return [] }
    compress()
    return cut(atEnd: false)
  }

  /// Ends the stream and gives the last chunks; to be called once.
  mutating func finish() -> [[UInt8]] {
    compress()
    pending += stream.finish()
    return cut(atEnd: true)
  }

  func manifest(chain: Hash256, _ anchor: SnapshotAnchor) -> HashOnlyManifest {
    HashOnlyManifest(
      chain: chain, anchor: anchor, compression: compression, items: items, rawBytes: rawBytes,
      chunkHashes: hashes)
  }

  private mutating func compress() {
    rawBytes += UInt64(raw.count)
    pending += stream.append(raw)
    raw = []
  }

  private mutating func cut(atEnd: Bool) -> [[UInt8]] {
    let size = SnapshotLimits.hashOnlyChunkBytes
    var chunks: [[UInt8]] = []
    while pending.count >= size || (atEnd && !pending.isEmpty) {
      let chunk = Array(pending.prefix(size))
      pending.removeFirst(chunk.count)
      hashes.append(Sha256.hash(chunk))
      chunks.append(chunk)
    }
    return chunks
  }
}

/// Takes a snapshot of format 1.
public enum HashOnlyTaking {
  static let manifestFile = "manifest"

  /// As Cosmos names nothing and Xian something else, chunks are called like those of format 2.
  static func fileName(ofChunk chunk: Int) -> String {
    let digits = "\(chunk)"
    return "chunk-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// Writes the state into `directory`. After an error nothing of it is left there.
  /// - Parameter chain: The hash of block 0.
  public static func take(
    _ state: MacroState, chain: Hash256, into directory: SnapshotDirectory,
    compression: HashOnlyManifest.Compression
  ) throws(SnapshotError) -> HashOnlyManifest {
    let point = state.point
    let partial = try directory.begin(
      SnapshotName(height: point.block.number, format: SnapshotFormat.hashOnly))
    do throws(SnapshotError) {
      var writer = HashOnlyWriter(compression)
      var count = 0
      var next: KeyNibbles? = .empty
      while let start = next {
        let piece: TrieChunk
        do throws(LedgerStoreError) {
          piece = try state.chunk(
            from: start, limit: StateTrieLimits.chunkItemsMax,
            bytesMax: SnapshotLimits.pieceBytesMax)
        } catch { throw .ledger(error) }
        for item in piece.items {
          for chunk in writer.append(item) { try write(chunk, &count, partial) }
        }
        next = piece.end
      }
      for chunk in writer.finish() { try write(chunk, &count, partial) }
      let manifest = writer.manifest(
        chain: chain,
        SnapshotAnchor(block: point.block, election: point.election, history: point.history))
      try write(manifest.wireBytes, to: manifestFile, partial)
      try partial.finish()
      return manifest
    } catch {
      partial.discard()
      throw error
    }
  }

  private static func write(
    _ chunk: [UInt8], _ count: inout Int, _ partial: PartialSnapshot
  ) throws(SnapshotError) {
    guard count < SnapshotLimits.chunksMax else {
      throw .tooLarge(partial.path, "\(count + 1) chunks", limit: SnapshotLimits.chunksMax)
    }
    try write(chunk, to: fileName(ofChunk: count), partial)
    count += 1
  }

  private static func write(
    _ bytes: [UInt8], to name: String, _ partial: PartialSnapshot
  ) throws(SnapshotError) {
    try SnapshotError.files { () throws(StreamError) in
      var file = try partial.file(name)
      try file.append(bytes)
      try file.synchronize()
    }
  }
}

/// A snapshot of format 1 that is kept.
public struct HashOnlyFiles: Sendable {
  public let path: String
  public let manifest: HashOnlyManifest

  /// Checks the manifest and the lengths of the files, not their content.
  init(path: String, name: SnapshotName) throws(SnapshotError) {
    self.path = path
    let file = path + "/" + HashOnlyTaking.manifestFile
    let bytes = try SnapshotError.files { () throws(StreamError) in
      try RegularFile(path: file).all(limit: SnapshotLimits.manifestBytesMax)
    }
    do throws(WireError) { manifest = try HashOnlyManifest(wireBytes: bytes) } catch {
      throw .damaged(file, "\(error)")
    }
    guard manifest.anchor.block.number == name.height else {
      throw .damaged(file, "it is of block \(manifest.anchor.block.number)")
    }
    for chunk in 0..<manifest.chunkCount {
      let place = path + "/" + HashOnlyTaking.fileName(ofChunk: chunk)
      let bytes = try SnapshotError.files { () throws(StreamError) in
        try RegularFile(path: place).bytes
      }
      let isLast = chunk == manifest.chunkCount - 1
      guard isLast ? bytes > 0 : bytes == SnapshotLimits.hashOnlyChunkBytes else {
        throw .damaged(place, "it has \(bytes) bytes")
      }
    }
  }

  /// The file of a chunk; its content is not checked.
  public func chunkFile(_ chunk: Int) throws(SnapshotError) -> [UInt8] {
    try SnapshotError.files { () throws(StreamError) in
      try RegularFile(path: path + "/" + HashOnlyTaking.fileName(ofChunk: chunk))
        .all(limit: SnapshotLimits.hashOnlyChunkBytes)
    }
  }
}

extension SnapshotDirectory {
  /// Opens a snapshot of format 1.
  public func openHashOnly(_ name: SnapshotName) throws(SnapshotError) -> HashOnlyFiles {
    guard Folder.isFolder(path(of: name)) else { throw .absent(path(of: name)) }
    return try HashOnlyFiles(path: path(of: name), name: name)
  }
}
