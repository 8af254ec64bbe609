extension LimitTable {
  static let snapshotLimits: [String: Proof] = [
    "SnapshotLimits.manifestBytesMax": .undriven,
    "SnapshotLimits.chunksMax": .undriven,
    "SnapshotLimits.piecesMax": .undriven,
    "SnapshotLimits.pieceBytesMax":
      .driven(by: "piece_shouldBeRefused_whenItIsEmptyOrTooLarge"),
    "SnapshotLimits.chunkBytesMax": .undriven,
    "SnapshotLimits.offersListedMax": .undriven,
    "SnapshotLimits.metadataBytesMax": .driven(by: "longTexts_shouldBeRefused"),
    "SnapshotLimits.badChunksMax":
      .driven(by: "badChunks_shouldEndTheSnapshot_atTheirLimit"),
    "SnapshotLimits.chunkFileBytesMax": .undriven,
  ]

  static let abciLimits: [String: Proof] = [
    "ABCILimits.requestBytesMax":
      .driven(by: "frame_shouldBeRefused_aboveItsLimit_beforeItsBytesCome"),
    "ABCILimits.connectionsMax":
      .driven(by: "connections_shouldBeRefused_aboveTheirLimit_andServedAgainLater"),
    "ABCILimits.transferTimeout":
      .estimate("a default; slowRequest_shouldEndItsConnection_andHoldUpNobody has its own"),
    "ABCILimits.textBytesMax": .driven(by: "longTexts_shouldBeRefused"),
    "ABCILimits.listenBacklog": .estimate("what the kernel holds, and a turn's accepts"),
    "ABCILimits.readBytes": .estimate("a piece of work, not a bound"),
    "ABCILimits.readTurnBytes": .estimate("a piece of work, not a bound"),
    "ABCILimits.acceptPause": .estimate("a pause"),
  ]
}
