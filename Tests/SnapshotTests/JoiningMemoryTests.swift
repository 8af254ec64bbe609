import LiveSync
import Networking
import Primitives
import Snapshot
import TestSupport
import Testing

/// What Docs/MemoryBounds.md says of snapshots, from the limits' own values.
@Suite struct JoiningMemoryTests {
  /// Bytes of a decoded manifest with as many pieces and chunks as there may be, with the room that
  /// arrays have to grow, besides its two blocks.
  private static let manifestBytes =
    SnapshotLimits.piecesMax * MemoryLayout<SnapshotPieceInfo>.stride * 2
    + SnapshotLimits.chunksMax * (MemoryLayout<SnapshotChunkInfo>.stride * 2 + 32)

  /// What a node that joins holds in all: what peers name, the best manifest and one that it is
  /// compared with, with the bytes that it is read from, and the pieces of the chosen one.
  private static let joiningBytes =
    SnapshotLimits.listedPeersMax * SnapshotLimits.listedMax
    * MemoryLayout<SnapshotSummary>.stride * 2
    + 2 * manifestBytes + 4 * SnapshotLimits.manifestBytesMax + chosenBytes

  private static let chosenBytes =
    SnapshotLimits.piecesMax * (MemoryLayout<KeyNibbles>.stride + MemoryLayout<Int>.stride)

  private static func mebibytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }

  @Test func page_shouldSayWhatSnapshotsTake() throws {
    let page = try PackageFiles.text("Docs/MemoryBounds.md")
    for text in [
      "at most \(Self.mebibytes(Self.joiningBytes)) MiB while it chooses",
      "\(Self.mebibytes(Self.chosenBytes)) MiB from then on",
      "at most \(Self.mebibytes(Self.manifestBytes)) MiB each",
    ] {
      #expect(page.contains(text), "\(text)")
    }
  }
}
