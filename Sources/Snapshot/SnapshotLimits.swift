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
  /// Stored bytes of one piece at most: what zstd makes of the largest one at worst.
  public static let frameBytesMax = pieceBytesMax + pieceBytesMax / 128 + 4096
  /// Bytes of the items of one piece that are aimed at, in wire form: with keys that share nothing
  /// and the proof of both edges a piece then stays below `pieceBytesMax`.
  public static let pieceItemBytes = 1 << 20
  /// Bytes of an index: three for the size of each frame, and one for each chunk.
  public static let indexBytesMax = 64 + 5 * piecesMax + 5 * chunksMax
  /// Files of one snapshot: its chunks, manifest and index.
  public static let filesMax = chunksMax + 2
  /// Entries of a directory of snapshots that are looked at.
  public static let directoryEntriesMax = 10_000
  /// Blocks between two snapshots if nothing else is asked for.
  public static let defaultInterval: UInt32 = 1_000
  /// Snapshots that are kept if nothing else is asked for.
  public static let defaultKeep = 3
  /// Uncompressed bytes of a chunk that are aimed at if nothing else is asked for.
  public static let defaultChunkBytes = 10_000_000
  /// Bytes that the store has room for before a snapshot is taken of it: more than blocks change in
  /// the time that takes, so that it need not grow meanwhile.
  public static let storeRoomBytes = 256 << 20

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
