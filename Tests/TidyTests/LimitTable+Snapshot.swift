extension LimitTable {
  static let snapshotLimits: [String: Proof] = [
    "SnapshotLimits.manifestBytesMax": .driven(
      by: "manifest_shouldBeRefused_whenItHasTooMuchOrNothing"),
    "SnapshotLimits.chunksMax": .driven(by: "manifest_shouldBeRefused_whenItHasTooMuchOrNothing"),
    "SnapshotLimits.piecesMax": .driven(by: "manifest_shouldBeRefused_whenItHasTooMuchOrNothing"),
    "SnapshotLimits.pieceBytesMax":
      .driven(by: "piece_shouldBeRefused_whenItIsEmptyOrTooLarge"),
    "SnapshotLimits.chunkBytesMax": .driven(by: "chunk_shouldBeRefused_whenItIsEmptyOrTooLarge"),
    "SnapshotLimits.defaultLevel": .estimate("a setting of speed against size"),
    "SnapshotLimits.frameBytesMax": .driven(
      by: "index_shouldBeRefused_whenAFrameIsEmptyOrTooLarge"),
    "SnapshotLimits.pieceItemBytes": .estimate("what a piece aims at, below what is enforced"),
    "SnapshotLimits.indexBytesMax": .driven(
      by: "index_shouldBeRefused_whenAFrameIsEmptyOrTooLarge"),
    "SnapshotLimits.filesMax": .estimate("follows from the number of chunks"),
    "SnapshotLimits.directoryEntriesMax":
      .driven(by: "directory_shouldNotBeReadOn_whenItHasTooMuch"),
    "SnapshotLimits.defaultInterval": .estimate("a setting whose values are tested"),
    "SnapshotLimits.defaultKeep": .estimate("a setting whose values are tested"),
    "SnapshotLimits.defaultChunkBytes": .estimate("a setting whose values are tested"),
    "SnapshotLimits.storeRoomBytes": .estimate("room that is reserved, not a bound"),
  ]
}
