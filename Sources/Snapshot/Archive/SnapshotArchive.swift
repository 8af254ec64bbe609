import Primitives
import Streams

/// A snapshot as one file: a ustar archive of its folder, the manifest first, then the index, then
/// the chunks in order, each below `<height>-<format>/`. It has exactly one form.
public enum SnapshotArchive {
  /// Bytes that are read or written between two calls of `progress`.
  private static let stepBytes = 1 << 20

  /// Writes `snapshot` to the new file `path`. After an error no file is left.
  ///
  /// - Parameter progress: told the bytes that are done and those of all; false ends the export.
  /// - Returns: False if `progress` ended it; then no file is left.
  @discardableResult
  public static func export(
    _ snapshot: SnapshotFiles, to path: String, progress: (Int, Int) -> Bool = { _, _ in true }
  ) throws(SnapshotError) -> Bool {
    var file = try SnapshotError.files { () throws(StreamError) in try NewFile(path: path) }
    var isWhole = false
    defer { if !isWhole { try? Folder.remove(path, filesMax: 0) } }
    let files = snapshot.archived
    let total = files.reduce(TarEntry.endBytes) {
      $0 + TarEntry.blockBytes + $1.bytes + $1.padding
    }
    for entry in files {
      try append(entry.block, to: &file)
      let source = snapshot.path + "/" + entry.fileName
      let input = try SnapshotError.files { () throws(StreamError) in
        try RegularFile(path: source)
      }
      guard input.bytes == entry.bytes else {
        throw .damaged(source, "its length has changed")
      }
      var done = 0
      while done < entry.bytes {
        let step = min(stepBytes, entry.bytes - done)
        let bytes = try SnapshotError.files { () throws(StreamError) in
          try input.read(at: done, step)
        }
        guard bytes.count == step else { throw .damaged(source, "it ends too early") }
        try append(bytes, to: &file)
        done += step
        guard progress(file.bytes, total) else { return false }
      }
      try append([UInt8](repeating: 0, count: entry.padding), to: &file)
    }
    try append([UInt8](repeating: 0, count: TarEntry.endBytes), to: &file)
    do throws(StreamError) { try file.synchronize() } catch { throw .stream(error) }
    Folder.synchronize(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
    _ = progress(total, total)
    isWhole = true
    return true
  }

  private static func append(
    _ bytes: [UInt8], to file: inout NewFile
  ) throws(SnapshotError) {
    do throws(StreamError) { try file.append(bytes) } catch { throw .stream(error) }
  }
}

extension SnapshotFiles {
  /// The files in the order of the archive.
  fileprivate var archived: [TarEntry] {
    let fixed = [
      TarEntry(name: "\(name)/\(Self.manifestFile)", bytes: manifest.wireBytes.count),
      TarEntry(name: "\(name)/\(Self.indexFile)", bytes: index.wireBytes.count),
    ]
    return fixed
      + manifest.chunks.indices.map { chunk in
        TarEntry(
          name: "\(name)/\(Self.fileName(ofChunk: chunk))", bytes: index.bytes(ofChunk: chunk))
      }
  }
}

extension TarEntry {
  /// The last part of the name.
  var fileName: String { name.split(separator: "/").last.map(String.init) ?? name }
}
