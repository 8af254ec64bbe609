extension LimitTable {
  /// Of the calls that give and take snapshots.
  static let snapshotCallLimits: [String: Proof] = [
    "SnapshotLimits.offersListedMax": .driven(by: "offers_shouldBeSoManyAtMost_theNewestFirst"),
    "SnapshotLimits.metadataBytesMax": .driven(by: "longTexts_shouldBeRefused"),
    "SnapshotLimits.badChunksMax":
      .driven(by: "badChunks_shouldEndTheSnapshot_atTheirLimit"),
    "SnapshotLimits.chunkFileBytesMax":
      .driven(by: "bomb_shouldBeRefused_beforeItIsUncompressed"),
    "SnapshotLimits.electionsMax": .driven(by: "metadata_shouldBeRefused_aboveTheirLimits"),
    "SnapshotLimits.hashOnlyChunkBytes":
      .driven(by: "hashOnlyStream_shouldBeRefused_aboveItsLimits"),
    "SnapshotLimits.hashOnlyBytesMax":
      .driven(by: "hashOnlyBomb_shouldBeRefused_atTheBytesItsManifestNames"),
    "SnapshotLimits.itemBytesMax":
      .driven(by: "hashOnlyStream_shouldBeRefused_aboveItsLimits"),
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
