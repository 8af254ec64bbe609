import Compression
import Primitives
import StateTrie
import Streams

/// A snapshot of format 2 in its folder, open for reading. Safe from any thread.
public struct SnapshotFiles: Sendable {
  public let path: String
  public let name: SnapshotName
  public let manifest: SnapshotManifest
  /// The manifest's name.
  public let hash: Hash256
  public let index: SnapshotIndex
  /// The first piece of each chunk, and the number of all.
  private let firstPieces: [Int]

  static let manifestFile = "manifest"
  static let indexFile = "index"

  /// The file of a chunk.
  public static func fileName(ofChunk chunk: Int) -> String {
    let digits = String(chunk)
    return "chunk-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".zst"
  }

  /// Opens what lies in the folder `path`, of which only `name` is known. Checks manifest and
  /// index against one another and against the lengths of the files, and that there is nothing
  /// else; not the content of the chunks.
  public init(path: String, name: SnapshotName) throws(SnapshotError) {
    self.path = path
    self.name = name
    guard name.format == SnapshotName.provable else {
      throw .foreign(path, "is a snapshot of format \(name.format)")
    }
    manifest = try Self.read(path, Self.manifestFile, limit: SnapshotLimits.manifestBytesMax)
    index = try Self.read(path, Self.indexFile, limit: SnapshotLimits.indexBytesMax)
    hash = manifest.hash
    guard manifest.height == name.height else {
      throw .damaged(path + "/" + Self.manifestFile, "it is of block \(manifest.height)")
    }
    guard index.manifest == hash, index.fits(manifest) else {
      throw .damaged(path + "/" + Self.indexFile, "it is not that of the manifest")
    }
    var first = [0]
    for chunk in manifest.chunks { first.append(first[first.count - 1] + chunk.pieces.count) }
    firstPieces = first
    try checkFiles()
  }

  private static func read<Value: WireCodable>(
    _ path: String, _ name: String, limit: Int
  ) throws(SnapshotError) -> Value {
    let file = path + "/" + name
    let bytes: [UInt8]
    do throws(StreamError) { bytes = try RegularFile(path: file).all(limit: limit) } catch {
      throw error.isAbsent ? .partial(path) : .stream(error)
    }
    do throws(WireError) { return try Value(wireBytes: bytes) } catch {
      throw .damaged(file, error.description)
    }
  }

  private func checkFiles() throws(SnapshotError) {
    let names = try SnapshotError.files { () throws(StreamError) in
      try Folder.names(in: path, limit: SnapshotLimits.filesMax)
    }
    var expected = Set(manifest.chunks.indices.map(Self.fileName(ofChunk:)))
    expected.formUnion([Self.manifestFile, Self.indexFile])
    if let other = names.first(where: { !expected.contains($0) }) {
      throw .foreign(path + "/" + other, "is no file of this snapshot")
    }
    for chunk in manifest.chunks.indices {
      let file = try open(chunk)
      guard file.bytes == index.bytes(ofChunk: chunk) else {
        throw .damaged(
          file.path, "it has \(file.bytes) bytes, the index says \(index.bytes(ofChunk: chunk))")
      }
    }
  }

  private func open(_ chunk: Int) throws(SnapshotError) -> RegularFile {
    try SnapshotError.files { () throws(StreamError) in
      try RegularFile(path: path + "/" + Self.fileName(ofChunk: chunk))
    }
  }

  /// Number of pieces.
  public var pieceCount: Int { firstPieces[firstPieces.count - 1] }

  /// The numbers of a chunk's pieces.
  public func pieces(ofChunk chunk: Int) -> Range<Int> {
    firstPieces[chunk]..<firstPieces[chunk + 1]
  }

  /// What the manifest says of a piece, 0..<`pieceCount`.
  public func info(ofPiece piece: Int) -> SnapshotPieceInfo {
    let chunk = chunk(ofPiece: piece)
    return manifest.chunks[chunk].pieces[piece - firstPieces[chunk]]
  }

  /// The chunk that a piece is in.
  public func chunk(ofPiece piece: Int) -> Int {
    precondition((0..<pieceCount).contains(piece), "there is no piece \(piece) of \(pieceCount)")
    var low = 0
    var high = firstPieces.count - 1
    while low + 1 < high {
      let middle = (low + high) / 2
      if firstPieces[middle] <= piece { low = middle } else { high = middle }
    }
    return low
  }

  /// The zstd frame of a piece, as it is stored; its content is not checked.
  public func frame(ofPiece piece: Int) throws(SnapshotError) -> [UInt8] {
    let chunk = chunk(ofPiece: piece)
    let frames = index.frames[chunk]
    let number = piece - firstPieces[chunk]
    let offset = frames[..<number].reduce(0) { $0 + Int($1) }
    return try bytes(of: try open(chunk), at: offset, Int(frames[number]))
  }

  /// The file of a chunk, as it is stored; its content is not checked.
  public func chunkFile(_ chunk: Int) throws(SnapshotError) -> [UInt8] {
    try bytes(of: try open(chunk), at: 0, index.bytes(ofChunk: chunk))
  }

  private func bytes(
    of file: RegularFile, at offset: Int, _ count: Int
  ) throws(SnapshotError) -> [UInt8] {
    let bytes = try SnapshotError.files { () throws(StreamError) in
      try file.read(at: offset, count)
    }
    guard bytes.count == count else { throw .damaged(file.path, "it ends too early") }
    return bytes
  }
}
