import StateTrie

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

  /// Snapshots that one answer to `listSnapshots` names.
  public static let offersListedMax = 10
  /// Bytes of the metadata of a snapshot that is offered: the manifest and the election blocks that
  /// lead to it. CometBFT's message about a snapshot has 4 MB.
  public static let metadataBytesMax = 3_900_000
  /// Bad chunks of one snapshot that is being restored: then it is rejected. So many senders are
  /// remembered as rejected at most.
  public static let badChunksMax = 256
  /// Bytes of a chunk as it is stored and sent, compressed.
  public static let chunkFileBytesMax = 16_000_000
  /// Election blocks that go with a snapshot that is offered.
  public static let electionsMax = 8_192
  /// Bytes of each chunk of format 1 but the last.
  public static let hashOnlyChunkBytes = 10_000_000
  /// Uncompressed bytes of a snapshot of format 1.
  public static let hashOnlyBytesMax = 1 << 38
  /// Bytes of one item in the stream of format 1: its key, its value and their lengths.
  public static let itemBytesMax = StateTrieLimits.valueBytesMax + 128
  /// Bytes of items of format 1 that are collected for one transaction.
  public static let hashOnlyBatchBytes = 4 << 20
  /// Level of zlib for format 1, as Cosmos has it.
  public static let hashOnlyLevel = 7
}
