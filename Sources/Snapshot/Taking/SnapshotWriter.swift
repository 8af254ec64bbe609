import Ledger
import Primitives
import StateTrie
import Streams

/// Writes the pieces of a state into the files of a snapshot as they come.
struct SnapshotWriter: ~Copyable {
  private let partial: PartialSnapshot
  private var file: NewFile?
  private var chunk = 0

  init(to partial: PartialSnapshot) { self.partial = partial }

  /// Writes the next piece.
  mutating func write(_ piece: SnapshotAssembly.Added) throws(SnapshotError) {
    if piece.chunk != chunk { try endChunk() }
    chunk = piece.chunk
    do throws(StreamError) {
      if file == nil { file = try partial.file(SnapshotFiles.fileName(ofChunk: chunk)) }
      try file?.append(piece.frame)
    } catch { throw .stream(error) }
  }

  private mutating func endChunk() throws(SnapshotError) {
    do throws(StreamError) { try file?.synchronize() } catch { throw .stream(error) }
    file = nil
  }

  /// Writes index and manifest, the manifest last, and gives the snapshot its name.
  mutating func finish(
    _ manifest: SnapshotManifest, frames: [[UInt32]]
  ) throws(SnapshotError) {
    try endChunk()
    let bytes = manifest.wireBytes
    let index = SnapshotIndex(manifest: Blake2b256.hash(bytes), frames: frames)
    try write(index.wireBytes, SnapshotFiles.indexFile)
    try write(bytes, SnapshotFiles.manifestFile)
    try partial.finish()
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
      var writer = SnapshotWriter(to: partial)
      var assembly = SnapshotAssembly(options: options)
      try assembly.addAll(of: state, place: partial.path, goesOn: goesOn) {
        (piece) throws(SnapshotError) in
        try writer.write(piece)
      }
      let manifest = try assembly.finish(chain: chain, state.point, place: partial.path)
      try writer.finish(manifest, frames: assembly.frames)
      return manifest
    } catch {
      partial.discard()
      throw error
    }
  }
}
