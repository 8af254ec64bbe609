import Primitives
import Streams

extension SnapshotArchive {
  /// Reads an archive of `export` front to back, checks every piece as `SnapshotFiles.verify` does
  /// and only then has the snapshot in `directory`. After an error nothing of it is left there.
  ///
  /// An archive of a stranger can do no more than be refused: names are compared with the one that
  /// must come next, sizes with the manifest and index before anything is written, and a piece is
  /// uncompressed to no more bytes than the manifest says.
  ///
  /// - Parameter progress: told the bytes that are done and those of all; false ends the import.
  /// - Returns: The snapshot; nil if `progress` ended the import.
  public static func `import`(
    _ path: String, into directory: SnapshotDirectory,
    progress: (Int, Int) -> Bool = { _, _ in true }
  ) throws(SnapshotError) -> SnapshotFiles? {
    var reader = try ArchiveReader(path)
    let (name, manifest) = try reader.manifest()
    let index = try reader.index(name, of: manifest)
    let total = reader.total(manifest, index)
    let partial = try directory.begin(name)
    var isWhole = false
    defer { if !isWhole { partial.discard() } }
    var check = try SnapshotVerification(manifest, place: reader.place)
    for (chunk, frames) in index.frames.enumerated() {
      let fileName = SnapshotFiles.fileName(ofChunk: chunk)
      let entry = TarEntry(name: "\(name)/\(fileName)", bytes: index.bytes(ofChunk: chunk))
      try reader.head(entry)
      var file = try Self.file(fileName, in: partial)
      for frame in frames {
        let bytes = try reader.bytes(Int(frame))
        try check.add(bytes, place: reader.place)
        do throws(StreamError) { try file.append(bytes) } catch { throw .stream(error) }
        guard progress(reader.offset, total) else { return nil }
      }
      try reader.zeros(entry.padding)
      do throws(StreamError) { try file.synchronize() } catch { throw .stream(error) }
    }
    try reader.zeros(TarEntry.endBytes)
    try reader.finish()
    try check.finish(place: path)
    for (fileName, bytes) in [
      (SnapshotFiles.indexFile, index.wireBytes), (SnapshotFiles.manifestFile, manifest.wireBytes),
    ] {
      var file = try Self.file(fileName, in: partial)
      do throws(StreamError) {
        try file.append(bytes)
        try file.synchronize()
      } catch { throw .stream(error) }
    }
    try partial.finish()
    isWhole = true
    return try directory.open(name)
  }

  private static func file(
    _ name: String, in partial: PartialSnapshot
  ) throws(SnapshotError) -> NewFile {
    do throws(StreamError) { return try partial.file(name) } catch { throw .stream(error) }
  }
}

/// Reads an archive front to back, and nothing but what must come next.
private struct ArchiveReader {
  private let path: String
  private var input: InputFile
  private var buffer: ArraySlice<UInt8> = []
  /// Bytes that were read.
  private(set) var offset = 0

  init(_ path: String) throws(SnapshotError) {
    self.path = path
    do throws(StreamError) { input = try InputFile(path: path) } catch { throw .stream(error) }
  }

  /// Where the reader is, for errors.
  var place: String { "\(path), byte \(offset)" }

  /// The next `count` bytes, which a limit bounds.
  mutating func bytes(_ count: Int) throws(SnapshotError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      if buffer.isEmpty {
        do throws(StreamError) { buffer = try input.next()[...] } catch { throw .stream(error) }
        guard !buffer.isEmpty else {
          throw .damaged(place, "the archive ends \(count - bytes.count) bytes too early")
        }
      }
      let part = buffer.prefix(count - bytes.count)
      bytes += part
      buffer = buffer[part.endIndex...]
    }
    offset += count
    return bytes
  }

  mutating func zeros(_ count: Int) throws(SnapshotError) {
    let start = place
    guard try bytes(count).allSatisfy({ $0 == 0 }) else {
      throw .damaged(start, "there is something where the archive has nothing")
    }
  }

  private mutating func entry() throws(SnapshotError) -> TarEntry {
    let start = place
    let block = try bytes(TarEntry.blockBytes)
    do throws(TarFault) { return try TarEntry(block) } catch {
      throw .damaged(start, error.text)
    }
  }

  mutating func head(_ expected: TarEntry) throws(SnapshotError) {
    let start = place
    let found = try entry()
    guard found.name == expected.name else {
      throw .damaged(start, "'\(found.name)' comes where '\(expected.name)' must")
    }
    guard found.bytes == expected.bytes else {
      throw .damaged(
        start, "'\(found.name)' has \(found.bytes) bytes, the index says \(expected.bytes)")
    }
  }

  mutating func manifest() throws(SnapshotError) -> (SnapshotName, SnapshotManifest) {
    let start = place
    let head = try entry()
    let parts = head.name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1] == SnapshotFiles.manifestFile,
      let name = SnapshotName(String(parts[0])), name.format == SnapshotName.provable
    else { throw .damaged(start, "'\(head.name)' comes where a manifest of format 2 must") }
    let manifest: SnapshotManifest = try value(head, limit: SnapshotLimits.manifestBytesMax)
    guard manifest.height == name.height else {
      throw .damaged(start, "the manifest of '\(name)' is of block \(manifest.height)")
    }
    return (name, manifest)
  }

  mutating func index(
    _ name: SnapshotName, of manifest: SnapshotManifest
  ) throws(SnapshotError) -> SnapshotIndex {
    let start = place
    let head = try entry()
    guard head.name == "\(name)/\(SnapshotFiles.indexFile)" else {
      throw .damaged(start, "'\(head.name)' comes where the index must")
    }
    let index: SnapshotIndex = try value(head, limit: SnapshotLimits.indexBytesMax)
    guard index.manifest == manifest.hash, index.fits(manifest) else {
      throw .damaged(start, "the index is not that of the manifest")
    }
    return index
  }

  private mutating func value<Value: WireCodable>(
    _ head: TarEntry, limit: Int
  ) throws(SnapshotError) -> Value {
    guard head.bytes <= limit else {
      throw .tooLarge(place, "'\(head.name)' of \(head.bytes) bytes", limit: limit)
    }
    let start = place
    let content = try bytes(head.bytes)
    try zeros(head.padding)
    do throws(WireError) { return try Value(wireBytes: content) } catch {
      throw .damaged("\(start), '\(head.name)'", error.description)
    }
  }

  /// Bytes of the whole archive.
  func total(_ manifest: SnapshotManifest, _ index: SnapshotIndex) -> Int {
    index.frames.indices.reduce(offset + TarEntry.endBytes) { sum, chunk in
      let entry = TarEntry(name: "", bytes: index.bytes(ofChunk: chunk))
      return sum + TarEntry.blockBytes + entry.bytes + entry.padding
    }
  }

  /// Throws if anything follows. GNU tar fills its last record of 20 blocks with zeros.
  mutating func finish() throws(SnapshotError) {
    var rest = 0
    while true {
      if buffer.isEmpty {
        do throws(StreamError) { buffer = try input.next()[...] } catch { throw .stream(error) }
        if buffer.isEmpty { return }
      }
      rest += buffer.count
      guard rest < Self.recordBytes, buffer.allSatisfy({ $0 == 0 }) else {
        throw .damaged(place, "something follows the end of the archive")
      }
      buffer = []
    }
  }

  /// A record of other programs.
  private static let recordBytes = 20 * TarEntry.blockBytes
}
