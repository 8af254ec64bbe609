import Ledger
import Peers
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
  /// Every so many pieces, from the first on, one is small, with this many items at most: so little
  /// is asked of who has proven nothing yet.
  public static let smallPieceEvery = 8
  public static let smallPieceItems = 256
  /// Pieces that a small state is cut into, unless they would be smaller than `smallPieceItems`.
  public static let piecesAimed = 64
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

extension SnapshotLimits {
  // MARK: Messages

  /// Snapshots that a peer names at most.
  public static let listedMax = 10
  /// Bytes of the answer that names them.
  public static let listBytesMax = 1 << 10
  /// Bytes of a message besides the manifest or piece that it carries.
  public static let envelopeBytesMax = 16
  /// Requests for the list per peer and window of the rate limits.
  public static let listRequestsPerWindowMax = 20
  /// Requests for manifests per peer and window of the rate limits.
  public static let manifestRequestsPerWindowMax = 10
  /// Requests for pieces per peer and window of the rate limits.
  public static let pieceRequestsPerWindowMax = 5_000
  /// How long a snapshot stays for those who asked for a part of it, even if it is one too many.
  public static let lease: Duration = .seconds(60)
  /// Time between two looks at that.
  public static let leaseLook: Duration = .seconds(5)
  /// Snapshots at most that stay for that; the oldest of more are removed all the same.
  public static let leasedMax = 3
  /// Latest blocks whose diffs are measured for the list.
  public static let sampledDiffsMax = 16
}

extension SnapshotLimits {
  // MARK: Joining

  /// Peers whose snapshots are followed at most.
  public static let listedPeersMax = PeerLimits.peersMax
  /// Time in which snapshots are looked for before one is chosen, unless all peers have answered.
  public static let discoveryTimeDefault: Duration = .seconds(15)
  /// Time between two looks whether that is over, and whether somebody else has chosen.
  public static let lookInterval: Duration = .milliseconds(10)
  /// Time between two rounds in which peers are asked again, while the state is incomplete.
  public static let relistInterval: Duration = .seconds(30)
  /// How long a trusted block may be trusted.
  public static let trustPeriodDefault: Duration = .seconds(168 * 3_600)
  /// How far a snapshot may be below the network's last macro block, and our head above it: so far
  /// diffs bring its pieces forward.
  public static let ageBlocksMax = UInt32(LedgerLimits.carriedBlocksMax)
  /// Manifests that are remembered to be of no use.
  public static let refusedManifestsMax = 64
  /// Snapshots whose manifests are looked at before chunks are taken.
  public static let candidatesMax = 4
  /// Hosts that are asked for one manifest.
  public static let manifestHostsMax = 8
  /// Long answers (95th percentile) without a new head after which a node may jump, if they take
  /// longer than `holdPatience`.
  public static let holdAnswers = 5
  /// Time without a new head after which a node that joins from a snapshot may jump ahead of it, at
  /// least; as many long answers take if that is longer.
  public static let holdPatience: Duration = .seconds(60)
}
