extension LimitTable {
  static let keyValueLimits: [String: Proof] = [
    "KeyValueLimits.keyBytesMax": .driven(by: "keysAndValues_shouldBeLimited"),
    "KeyValueLimits.valueBytesMax": .driven(by: "keysAndValues_shouldBeLimited"),
    "KeyValueLimits.replicatedHeadBytesMax": .driven(by: "elementsAndKeys_shouldBeLimited"),
    "KeyValueLimits.entriesMax": .undriven,
    "KeyValueLimits.replicasMax": .driven(by: "replicas_shouldBeLimited"),
    "KeyValueLimits.clientsDefault": .driven(by: "clients_shouldBeLimited"),
    "KeyValueLimits.waitingReplyBytes": .driven(
      by: "repliesThatNobodyReads_shouldStopTheRequests_andGoOnLater"),
    "KeyValueLimits.replyBytesMax": .driven(
      by: "aReplyThatIsTooLarge_shouldCloseItsClient_andLoseNothing"),
    "KeyValueLimits.waitingRepliesBytesMax": .driven(
      by: "repliesThatWaitForAllClients_shouldBeLimited_andTheLargestClosed"),
    "KeyValueLimits.sentBytesKept": .driven(
      by: "whatWasSent_shouldBeFreed_whenSomethingAlwaysWaits"),
    "KeyValueLimits.turnBytes": .estimate("how much is read of one client before the next"),
    "KeyValueLimits.readBytes": .estimate("size of a buffer that is used again"),
    "KeyValueLimits.clientNameBytesMax": .driven(by: "namesOfClients_shouldBeLimited"),
    "KeyValueLimits.acceptedPerBatch": .estimate("how many are taken at a time; the rest is next"),
    "KeyValueLimits.keptReplyBytes": .estimate("memory that is kept for the next batch"),
    "KeyValueLimits.batchReplyBytes": .estimate("when a batch ends early; the rest is next"),
    "KeyValueLimits.acceptPause": .estimate("pause before the next attempt"),
    "KeyValueLimits.tickPause": .estimate("how often what is due is looked for"),
    "KeyValueLimits.patternBytesMax": .driven(by: "patterns_shouldBeLimited"),
    "KeyValueLimits.queuedBytesMax": .driven(by: "queuedBytes_shouldBeLimited_overAllClients"),
    "KeyValueLimits.watchedKeysMax": .driven(by: "watchedKeys_shouldBeLimited"),
    "KeyValueLimits.requestsAhead": .estimate(
      "how many requests are read before they are executed"),
    "KeyValueLimits.unsettledEntries": .driven(by: "indexes_shouldFollowInTime"),
    "KeyValueLimits.settledAtATime": .driven(by: "indexes_shouldFollowInTime"),
    "KeyValueLimits.renewedEntriesPerTurn": .driven(
      by: "indexes_shouldBeMadeAnewInTurns_whileOthersWrite"),
    "KeyValueLimits.renewedBytesPerTurn": .driven(
      by: "largeValues_shouldEndATurnOfMakingIndexesAnew"),
    "KeyValueLimits.settlePause": .estimate("how long clients are served between slices"),
    "KeyValueLimits.keptWrites": .estimate("memory that is kept for the next batch"),
    "KeyValueLimits.scanPlacesMax": .driven(by: "scanPlaces_shouldBeLimited_whateverTheCount"),
    "KeyValueLimits.expiryEntriesPerTurn": .driven(by: "searchForExpiry_shouldGoOnWhereItEnded"),
    "KeyValueLimits.treeEntriesPerBatch": .driven(by: "tree_shouldGrowByLevels_withoutAPause"),
    "KeyValueLimits.randomAttempts": .driven(
      by: "randomKey_shouldBeOneThatIsThere_alsoWhenNearlyAllAreDeleted"),
  ]
}
