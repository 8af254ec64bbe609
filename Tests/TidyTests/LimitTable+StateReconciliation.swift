extension LimitTable {
  /// Of bringing an old state to the present.
  static let stateReconciliationLimits: [String: Proof] = [
    "StateReconciliationLimits.envelopeBytesMax": .driven(
      by: "messages_shouldFitTheLimitsOfTheirRequests"),
    "StateReconciliationLimits.subtreesPerRequestMax": .driven(
      by: "messages_shouldFitTheLimitsOfTheirRequests"),
    "StateReconciliationLimits.subtreesAnswerBytesMax": .driven(
      by: "messages_shouldFitTheLimitsOfTheirRequests"),
    "StateReconciliationLimits.subtreeItemsMax": .driven(
      by: "largeSubtree_shouldBeGivenAsItsNode"),
    "StateReconciliationLimits.subtreeRequestsPerWindowMax": .driven(
      by: "host_shouldRefuse_aboveItsRates"),
    "StateReconciliationLimits.symbolsPerRequestMax": .driven(
      by: "messages_shouldFitTheLimitsOfTheirRequests"),
    "StateReconciliationLimits.symbolBytesMax": .driven(
      by: "messages_shouldFitTheLimitsOfTheirRequests"),
    "StateReconciliationLimits.symbolRequestsPerWindowMax": .driven(
      by: "host_shouldRefuse_aboveItsRates"),
    "StateReconciliationLimits.accountsPerRequestMax": .driven(
      by: "messages_shouldFitTheLimitsOfTheirRequests"),
    "StateReconciliationLimits.accountsPerPrefixMax": .driven(
      by: "accountsOfOnePrefix_shouldBeGivenUpToTheirNumber"),
    "StateReconciliationLimits.accountsAnswerBytesMax": .driven(
      by: "messages_shouldFitTheLimitsOfTheirRequests"),
    "StateReconciliationLimits.accountRequestsPerWindowMax": .driven(
      by: "host_shouldRefuse_aboveItsRates"),
    "StateReconciliationLimits.symbolBytesKept": .driven(by: "name_shouldBePartOfFewSymbols"),
    "StateReconciliationLimits.symbolsMin": .driven(by: "name_shouldBePartOfFewSymbols"),
    "StateReconciliationLimits.shelvesMax": .driven(
      by: "book_shouldHaveTheSymbolsOfEachState_afterBlocksAndRebranches"),
    "StateReconciliationLimits.changedNamesMax": .driven(
      by: "book_shouldForgetOldChanges_whenThereAreTooMany"),
    "StateReconciliationLimits.madeMacroBlocksMax": .driven(
      by: "symbols_shouldBeMadeOnce_andKeptCurrentWithEachBlock"),
    "StateReconciliationLimits.servedBatchesMax": .driven(
      by: "oldState_shouldNotBeServed_afterSomeBatches"),
    "StateReconciliationLimits.accountsPerRequestMin": .estimate("how the work is parted"),
    "StateReconciliationLimits.accountRequestsPerPeer": .driven(
      by: "accountsOfASketch_shouldComeFromAllPeers"),
    "StateReconciliationLimits.doubtsPerPeerMax": .driven(
      by: "accountPlan_shouldKeepFewDoubtsOfAPeer"),
    "StateReconciliationLimits.sampledNodesMax": .driven(by: "sample_shouldTellHowMuchDiffers"),
    "StateReconciliationLimits.sampledChildrenMin": .driven(by: "sample_shouldTellHowMuchDiffers"),
    "StateReconciliationLimits.bookOrdersMax": .estimate(
      "no more blocks than that are ordered at a time"),
    "StateReconciliationLimits.symbolsFirst": .driven(
      by: "sketch_shouldFindWhatDiffers_andEstimateItFirst"),
    "StateReconciliationLimits.symbolsAtOnceMax": .driven(
      by: "largeSketch_shouldTakeFewSymbolsMoreThanItNeeds"),
    "StateReconciliationLimits.symbolsSparePercent": .estimate("how much is asked for at once"),
    "StateReconciliationLimits.symbolRoundsMax": .driven(
      by: "symbolsWithoutEnd_shouldBeGivenUp"),
    "StateReconciliationLimits.doubtedPeersMax": .driven(
      by: "doubtedPeers_shouldBeTheLatestOnes"),
    "StateReconciliationLimits.preparingMax": .driven(by: "peerThatNeverHasSymbols_shouldBePassed"),
    "StateReconciliationLimits.lookInterval": .estimate("how often it is looked, not a bound"),
    "StateReconciliationLimits.sketchPeersMax": .driven(
      by: "wrongFirstSymbols_shouldBeTriedOfFewPeers"),
    "StateReconciliationLimits.subtreeRequestsPerPeer": .estimate("how the line is kept full"),
    "StateReconciliationLimits.subtreesPerRoundMax": .estimate(
      "how often the room is looked at"),
    "StateReconciliationLimits.idleRoundsMax": .driven(
      by: "descent_shouldBeGivenUp_whenNobodyAnswers"),
    "StateReconciliationLimits.itemsWanted": .estimate("a choice of the cheaper question"),
    "StateReconciliationLimits.outlineBytesMax": .driven(
      by: "descentWithoutRoom_shouldLeaveTheRestToChunks"),
    "StateReconciliationLimits.nodeBytes": .estimate("what a node takes, not a bound"),
    "StateReconciliationLimits.itemBytes": .estimate("what an item takes, not a bound"),
  ]
}
