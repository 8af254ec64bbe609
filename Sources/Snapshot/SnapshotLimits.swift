/// The named limits of snapshots. Units are part of the name.
public enum SnapshotLimits {
  /// Bytes of a manifest in wire form: it goes into one message of any transport.
  public static let manifestBytesMax = 1 << 20
  /// Chunks of one snapshot, each named in the manifest.
  public static let chunksMax = 16_384
  /// Pieces of one snapshot, each named in the manifest by its first key.
  public static let piecesMax = 32_768
  /// Uncompressed bytes of one piece at most: one account of the largest kind has room, with the
  /// proof of both edges.
  public static let pieceBytesMax = 2 << 20
  /// Uncompressed bytes of one chunk at most.
  public static let chunkBytesMax = 16_000_000
}

extension SnapshotLimits {
  // MARK: Messages

  /// Snapshots that a peer names at most.
  public static let listedMax = 10
  /// Bytes of the answer that names them.
  public static let listBytesMax = 1 << 10
  /// Bytes of one stored piece at most: zstd adds a little to what does not shrink.
  public static let storedPieceBytesMax = pieceBytesMax + pieceBytesMax / 256 + 64
  /// Bytes of a message besides the manifest or piece that it carries.
  public static let envelopeBytesMax = 16
  /// Requests for the list per peer and window of the rate limits.
  public static let listRequestsPerWindowMax = 20
  /// Requests for manifests per peer and window of the rate limits.
  public static let manifestRequestsPerWindowMax = 10
  /// Requests for pieces per peer and window of the rate limits.
  public static let pieceRequestsPerWindowMax = 5_000
  /// Latest blocks whose diffs are measured for the list.
  public static let sampledDiffsMax = 16
}
