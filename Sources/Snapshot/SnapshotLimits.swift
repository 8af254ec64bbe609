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
  /// The level of zstd at which pieces are compressed if nothing else is asked for.
  public static let defaultLevel = 1
  /// Uncompressed bytes of one chunk at most.
  public static let chunkBytesMax = 16_000_000
}
