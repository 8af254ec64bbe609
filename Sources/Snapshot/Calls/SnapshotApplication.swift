/// The four calls by which a node gives and takes snapshots, as CometBFT has them, and what it asks
/// to know where the state stands.
///
/// Calls may come from any thread and are made one after another; each may read and write the disk,
/// so none belongs on an event loop. Nothing that a caller passes is believed.
public protocol SnapshotApplication: Sendable {
  /// Where the state stands.
  func info() throws(SnapshotFault) -> ApplicationInfo

  /// The snapshots that can be served, the newest first, at most
  /// `SnapshotLimits.offersListedMax`.
  func listSnapshots() throws(SnapshotFault) -> [OfferedSnapshot]

  /// Whether chunks of `snapshot` may come. A second offer takes the place of the first.
  /// - Parameter appHash: The root of the state at its height, which the caller has verified.
  func offerSnapshot(_ snapshot: OfferedSnapshot, appHash: [UInt8]) -> OfferAnswer

  /// The bytes of a chunk, at most `SnapshotLimits.chunkFileBytesMax`.
  /// - Throws: `unknown_snapshot`, `unknown_chunk`, `storage`.
  func loadSnapshotChunk(
    height: UInt64, format: UInt32, chunk: UInt32
  ) throws(SnapshotFault) -> [UInt8]

  /// Takes a chunk of the snapshot that was accepted last.
  /// - Parameter sender: Whoever gave the chunk; empty if that is not known.
  func applySnapshotChunk(index: UInt32, chunk: [UInt8], sender: String) -> ChunkAnswer
}
