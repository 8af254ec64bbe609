import Primitives
import Snapshot
import Testing

@Suite struct ManifestTests {
  @Test func piece_shouldBeRefused_whenItIsEmptyOrTooLarge() throws {
    for bytes in [0, UInt32(SnapshotLimits.pieceBytesMax) + 1] {
      let piece = SnapshotPieceInfo(start: .empty, rawBytes: bytes)
      #expect(throws: WireError.self) { try SnapshotPieceInfo(wireBytes: piece.wireBytes) }
    }
    let largest = SnapshotPieceInfo(
      start: .empty, rawBytes: UInt32(SnapshotLimits.pieceBytesMax))
    #expect(try SnapshotPieceInfo(wireBytes: largest.wireBytes) == largest)
  }
}
