import Foundation
import Primitives
import Snapshot
import StateTrie
import TestSupport
import Testing

@Suite struct ManifestTests {
  private static let piece = SnapshotPieceInfo(start: .empty, rawBytes: 1)

  @Test func piece_shouldBeRefused_whenItIsEmptyOrTooLarge() throws {
    for bytes in [0, UInt32(SnapshotLimits.pieceBytesMax) + 1] {
      let piece = SnapshotPieceInfo(start: .empty, rawBytes: bytes)
      #expect(throws: WireError.self) { try SnapshotPieceInfo(wireBytes: piece.wireBytes) }
    }
    let largest = SnapshotPieceInfo(
      start: .empty, rawBytes: UInt32(SnapshotLimits.pieceBytesMax))
    #expect(try SnapshotPieceInfo(wireBytes: largest.wireBytes) == largest)
  }

  @Test func chunk_shouldBeRefused_whenItIsEmptyOrTooLarge() throws {
    func chunk(_ bytes: Int) -> SnapshotChunkInfo {
      let most = SnapshotLimits.pieceBytesMax
      var pieces = [SnapshotPieceInfo](
        repeating: SnapshotPieceInfo(start: .empty, rawBytes: UInt32(most)), count: bytes / most)
      if bytes % most > 0 {
        pieces.append(SnapshotPieceInfo(start: .empty, rawBytes: UInt32(bytes % most)))
      }
      return SnapshotChunkInfo(hash: .zero, pieces: pieces)
    }
    for bytes in [0, SnapshotLimits.chunkBytesMax + 1] {
      #expect(throws: WireError.self) {
        try SnapshotChunkInfo(wireBytes: chunk(bytes).wireBytes)
      }
    }
    let largest = chunk(SnapshotLimits.chunkBytesMax)
    #expect(try SnapshotChunkInfo(wireBytes: largest.wireBytes) == largest)
  }

  @Test func manifest_shouldBeRefused_whenItHasTooMuchOrNothing() throws {
    let world = try SnapshotWorld()
    try world.grow(to: 4)
    let files = try world.take()
    var manifest = files.manifest
    #expect(try SnapshotManifest(wireBytes: manifest.wireBytes) == manifest)
    let many = SnapshotChunkInfo(
      hash: .zero,
      pieces: [SnapshotPieceInfo](repeating: Self.piece, count: SnapshotLimits.piecesMax + 1))
    manifest.chunks = [many]
    #expect(throws: WireError.self) { try SnapshotManifest(wireBytes: manifest.wireBytes) }
    manifest.chunks = [SnapshotChunkInfo](
      repeating: SnapshotChunkInfo(hash: .zero, pieces: [Self.piece]),
      count: SnapshotLimits.chunksMax + 1)
    #expect(throws: WireError.self) { try SnapshotManifest(wireBytes: manifest.wireBytes) }
    manifest.chunks = []
    #expect(throws: WireError.self) { try SnapshotManifest(wireBytes: manifest.wireBytes) }
    // A file that is too long is not read.
    let path = files.path + "/manifest"
    try Data(count: SnapshotLimits.manifestBytesMax + 1).write(to: URL(fileURLWithPath: path))
    #expect(expect("snapshot_file") { try world.directory.open(files.name) }.contains(path))
  }
}
