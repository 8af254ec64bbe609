import Ledger
import Primitives

/// A snapshot of format 2 in memory, as simulated nodes and tests keep them.
public struct MemorySnapshot: Sendable {
  public let manifest: SnapshotManifest
  /// The manifest in wire form.
  public let manifestBytes: [UInt8]
  /// The manifest's name.
  public let hash: Hash256
  /// The pieces as they are stored.
  public let frames: [[UInt8]]

  /// A snapshot with this manifest, whose pieces are stored as `frames`; nothing is checked.
  public init(manifest: SnapshotManifest, frames: [[UInt8]]) {
    self.manifest = manifest
    self.frames = frames
    manifestBytes = manifest.wireBytes
    hash = Blake2b256.hash(manifestBytes)
  }

  /// Takes a snapshot of one state. Options name the level of zstd and the size of chunks.
  public init(
    _ state: MacroState, chain: Hash256, options: SnapshotOptions = SnapshotOptions()
  ) throws(SnapshotError) {
    var assembly = SnapshotAssembly(options: options)
    var frames: [[UInt8]] = []
    let place = "snapshot of block \(state.point.block.number)"
    try assembly.addAll(of: state, place: place) {
      (piece) throws(SnapshotError) in
      frames.append(piece.frame)
    }
    self.init(
      manifest: try assembly.finish(chain: chain, state.point, place: place), frames: frames)
  }

  /// Bytes of all pieces as they are stored.
  public var storedBytes: Int { frames.reduce(0) { $0 + $1.count } }

  /// What a host says of it.
  public var summary: SnapshotSummary {
    SnapshotSummary(
      height: manifest.height, format: SnapshotName.provable, hash: hash,
      rawBytes: manifest.rawBytes, storedBytes: UInt64(storedBytes), diffBytes: 0)
  }
}
