extension LimitTable {
  static let snapshotLimits: [String: Proof] = [
    "SnapshotLimits.manifestBytesMax": .undriven,
    "SnapshotLimits.chunksMax": .undriven,
    "SnapshotLimits.piecesMax": .undriven,
    "SnapshotLimits.pieceBytesMax":
      .driven(by: "piece_shouldBeRefused_whenItIsEmptyOrTooLarge"),
    "SnapshotLimits.chunkBytesMax": .undriven,
    "SnapshotLimits.defaultLevel": .estimate("a setting of speed against size"),
  ]
}
