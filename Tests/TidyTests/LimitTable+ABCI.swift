extension LimitTable {
  /// Of the calls that give and take snapshots.
  static let snapshotCallLimits: [String: Proof] = [
    "SnapshotLimits.offersListedMax": .undriven,
    "SnapshotLimits.metadataBytesMax": .driven(by: "longTexts_shouldBeRefused"),
    "SnapshotLimits.badChunksMax":
      .driven(by: "badChunks_shouldEndTheSnapshot_atTheirLimit"),
    "SnapshotLimits.chunkFileBytesMax": .undriven,
    "SnapshotLimits.electionsMax": .undriven,
    "SnapshotLimits.hashOnlyChunkBytes": .undriven,
    "SnapshotLimits.hashOnlyBytesMax": .undriven,
    "SnapshotLimits.itemBytesMax": .undriven,
    "SnapshotLimits.hashOnlyBatchBytes": .estimate("a piece of work, not a bound"),
    "SnapshotLimits.hashOnlyLevel": .estimate("a setting of speed against size"),
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
