extension LimitTable {
  static let keyValueDurabilityLimits: [String: Proof] = [
    "KeyValueLimits.frameBytesMax": .driven(
      by: "longestValue_shouldFitAFrame_andNoLongerFrameBeRead"),
    "KeyValueLimits.frameBytesWanted": .driven(
      by: "largeBatches_shouldBecomeFrames_andCountAsAWhole"),
    "KeyValueLimits.partlyLoggedBytesMin": .driven(
      by: "aLargeValue_shouldBeLoggedInPart_whenAPartChanged"),
    "KeyValueLimits.segmentBytes": .estimate("when the next file begins; tests use smaller ones"),
    "KeyValueLimits.dataFilesMax": .estimate("a directory with more files is no data directory"),
    "KeyValueLimits.readAheadBytes": .estimate("how much is read at a time"),
    "KeyValueLimits.searchedFramesMax": .driven(by: "search_shouldEnd_whateverIsBehindTheDamage"),
    "KeyValueLimits.pendingBytesMax": .driven(by: "whatWaitsForRoom_shouldBeLimited"),
    "KeyValueLimits.syncPause": .estimate("how often is synced in mode everysec"),
    "KeyValueLimits.gatherShare": .estimate("a pause of a sync, so that one serves more writes"),
    "KeyValueLimits.gatherPauseMax": .estimate("a bound of that pause on a slow disk"),
    "KeyValueLimits.sliceEntries": .driven(
      by: "checkpoint_shouldBeASnapshotWithItsLog_whateverIsWrittenMeanwhile"),
    "KeyValueLimits.sliceBytes": .driven(by: "aSlice_shouldBeBounded_byEntriesAndBytes"),
    "KeyValueLimits.slicePause": .estimate("how long clients are served between slices"),
    "KeyValueLimits.checkpointRatio": .driven(
      by: "aCheckpoint_shouldBeWanted_whenTheLogIsLongForItsData"),
    "KeyValueLimits.checkpointBytesMin": .driven(
      by: "aCheckpoint_shouldBeWanted_whenTheLogIsLongForItsData"),
    "KeyValueLimits.checkpointRetryTicks": .driven(
      by: "aCheckpoint_shouldBeWanted_whenTheLogIsLongForItsData"),
    "KeyValueLimits.backupAttempts": .driven(by: "backup_shouldBeginAgain_whenFilesGo"),
    "KeyValueLimits.importedPerBatch": .driven(by: "batches_shouldBeCut_andTransactionsLimited"),
    "KeyValueLimits.transactionRequestsMax": .driven(
      by: "batches_shouldBeCut_andTransactionsLimited"),
    "KeyValueLimits.transactionBytesMax": .driven(
      by: "batches_shouldBeCut_andTransactionsLimited"),
    "KeyValueLimits.manifestBytesMax": .driven(
      by: "directoryOfRedis7_shouldBeLoaded_andOnlyItsLastFileMayBeTorn"),
  ]
}
