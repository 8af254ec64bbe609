extension LimitTable {
  static let eventLogLimits: [String: Proof] = [
    "EventLogLimits.jsonDepthMax": .driven(by: "depth_shouldBeBounded"),
    "EventLogLimits.textBytesMax": .driven(by: "text_shouldBeEscaped_andCutBetweenCharacters"),
    "EventLogLimits.lineBytesMax": .driven(by: "line_shouldBeRefused_whenItIsTooLong"),
    "EventLogLimits.dataBytesMax": .driven(by: "longestLine_shouldBeReadable"),
    "EventLogLimits.flushBytes": .driven(by: "writer_shouldWriteWhatTheReaderReads"),
  ]

  static let ledgerLimits: [String: Proof] = [
    "LedgerLimits.transactionsPerBlockMax":
      .driven(by: "transactionsOfABlock_shouldBeSoManyAtMost"),
    "LedgerLimits.dataBytesMax": .driven(by: "invalidTransaction_shouldBeNamed_withIndexAndReason"),
    "LedgerLimits.bodyBytesMax": .undriven,
    "LedgerLimits.diffEntriesMax":
      .driven(by: "answersOfManyParts_shouldBeRefused_beforeTheyAreHeld"),
    "LedgerLimits.diffBytesMax": .undriven,
    "LedgerLimits.validatorsMax": .driven(by: "validators_shouldBeSoManyAtMost"),
    "LedgerLimits.genesisAccountsMax": .undriven,
    "LedgerLimits.batchBlocksMax": .driven(by: "batchesAndEpochs_shouldBeSoLongAtMost"),
    "LedgerLimits.sideBlocksMax": .undriven,
    "LedgerLimits.blocksPerHeightMax": .driven(by: "blocksAtOneHeight_shouldBeSoManyAtMost"),
    "LedgerLimits.finalDiffsKeptDefault": .estimate("default of a setting"),
    "LedgerLimits.carriedChangesBytesMax":
      .estimate("above it the same is computed anew for each chunk"),
    "LedgerLimits.takenBackEntriesMax":
      .driven(by: "pastState_shouldBeUnavailable_whereTooMuchHasChanged"),
    "LedgerLimits.carriedBlocksMax":
      .driven(by: "lateChunk_shouldBeCarriedAsFarAsTheLimit_andNoFurther"),
    "LedgerLimits.eventsBufferedMax": .driven(by: "events_shouldTellWhatHappened_andEndForWhoLags"),
    "LedgerLimits.locatorsMax": .driven(by: "missingBlocks_shouldNameTheRefusal"),
    "LedgerLimits.missingBlocksMax": .undriven,
    "LedgerLimits.macroChainBlocksMax": .driven(by: "macroChain_shouldBeRead_upToItsLimit"),
    "LedgerLimits.historyProofsMax":
      .driven(by: "proofOfHistory_shouldBeGiven_forSoManyBlocksAtMost"),
    "LedgerLimits.historyBlocksPerCallMax": .undriven,
    "LedgerLimits.executedBlocksMax": .estimate("default of a setting"),
    "LedgerLimits.executedBlockBytesMax": .driven(by: "largeResult_shouldNotBeRemembered"),
    "LedgerLimits.verifiedSignaturesMax": .estimate("default of a setting"),
    "LedgerLimits.sideBytes": .driven(by: "largestBlockWithItsDiff_shouldHaveRoom"),
  ]

  static let merkleLimits: [String: Proof] = [
    "MerkleLimits.leavesMax": .driven(by: "decoders_shouldRefuse_whatIsAboveTheLimits"),
    "MerkleLimits.inclusionHashesMax": .driven(by: "proofs_shouldBeRead_upToTheirLimits"),
    "MerkleLimits.rangeHashesMax": .driven(by: "proofs_shouldBeRead_upToTheirLimits"),
    "MerkleLimits.consistencyHashesMax": .driven(by: "proofs_shouldBeRead_upToTheirLimits"),
  ]

  static let networkingLimits: [String: Proof] = [
    "NetworkingLimits.pendingRequestsMax": .estimate("default of a setting"),
    "NetworkingLimits.servedConcurrentlyMax":
      .driven(by: "requestsOfOnePeer_shouldBeAnsweredSoManyAtATime"),
    "NetworkingLimits.servedPerPeerMax":
      .driven(by: "requestsOfOnePeer_shouldBeAnsweredSoManyAtATime"),
    "NetworkingLimits.servedWaitingMax":
      .driven(by: "manySmallRequests_shouldNotKeepOthersOut"),
    "NetworkingLimits.gossipMessagesMax": .driven(by: "gossip_shouldBeLimited_inSizeAndNumber"),
    "NetworkingLimits.peerEventsMax": .driven(by: "peerEvents_shouldWaitToBeRead_upToTheirLimit"),
    "NetworkingLimits.gossipSeenMax": .estimate("default of a setting"),
    "NetworkingLimits.rateWindowsMax": .estimate("default of a setting"),
    "NetworkingLimits.directoryPeersMax": .estimate("default of a setting"),
    "NetworkingLimits.rateWindow": .estimate("default of a setting"),
    "NetworkingLimits.requestsPerWindowMax": .estimate("default of a request's own limit"),
    "NetworkingLimits.payloadBytesMax": .estimate("default of a topic's own limit"),
    "NetworkingLimits.requestBytesMax": .estimate("default of a request's own limit"),
    "NetworkingLimits.responseBytesMax": .estimate("default of a request's own limit"),
    "NetworkingLimits.gossipBytes": .driven(
      by: "subscription_shouldStayBelowItsBytes_whoeverFillsIt"),
    "NetworkingLimits.gossipKnownByMax": .estimate("more neighbours get a message they have"),
    "NetworkingLimits.servedWaitingBytes": .driven(by: "requestsThatWait_shouldBeBoundedInBytes"),
    "NetworkingLimits.unsentBytesMax": .driven(by: "noAnswer_shouldBeMade_whileTooMuchIsUnsent"),
    "NetworkingLimits.answersBytes": .estimate("default of a setting"),
    "NetworkingLimits.answerBytesFirst": .estimate("first guess, until answers came"),
  ]

  static let primitiveLimits: [String: Proof] = [
    "PrimitiveLimits.keyNibblesMax": .driven(by: "key_shouldBeTaken_upToItsLongest"),
    "PrimitiveLimits.keyBytesMax": .estimate("follows from keyNibblesMax"),
    "PrimitiveLimits.varintBytesMax": .driven(by: "varint_shouldBeRead_upToItsLongestForm"),
  ]

  static let runtimeLimits: [String: Proof] = [
    "RuntimeLimits.exponentialMeansMax": .undriven,
    "RuntimeLimits.stepsMax": .estimate("default of a setting"),
    "RuntimeLimits.virtualTimeMax": .estimate("default of a setting"),
    "RuntimeLimits.shutdownStepsMax": .undriven,
    "RuntimeLimits.deadTimersMax": .undriven,
    "RuntimeLimits.loopJobsMax":
      .driven(by: "soonCalls_shouldComeAfterTheJobsThatAreReady_inOrder"),
    "RuntimeLimits.loopEventsMax": .estimate("how many are told of at a time; the rest is next"),
    "RuntimeLimits.pendingListedMax": .estimate("length of a message"),
  ]

  static let fixtureLimits: [String: Proof] = [
    "FixtureLimits.formatVersion": .estimate("a version, no bound"),
    "FixtureLimits.fileBytesMax": .undriven,
    "FixtureLimits.lineBytesMax": .driven(by: "stepsAndLines_shouldBeSoLongAtMost"),
    "FixtureLimits.wordsBytesMax": .driven(by: "words_shouldBeSoLongAtMost"),
    "FixtureLimits.blocksMax": .driven(by: "recording_shouldBeBounded_inBlocksAndAccounts"),
    "FixtureLimits.accountsMax": .driven(by: "recording_shouldBeBounded_inBlocksAndAccounts"),
    "FixtureLimits.stepsMax": .undriven,
    "FixtureLimits.stepMillisecondsMax": .driven(by: "stepsAndLines_shouldBeSoLongAtMost"),
    "FixtureLimits.jobsPerStepMax": .undriven,
    "FixtureLimits.roundsPerStepMax": .undriven,
    "FixtureLimits.drainChunksMax": .undriven,
    "FixtureLimits.schedulesChecked": .undriven,
  ]

  static let simulatedNetworkLimits: [String: Proof] = [
    "SimulatedNetworkLimits.queueBytesMax": .estimate("default of a setting"),
    "SimulatedNetworkLimits.servedConcurrentlyMax": .estimate("default of a setting"),
    "SimulatedNetworkLimits.servedWaitingMax": .estimate("default of a setting"),
    "SimulatedNetworkLimits.pendingRequestsMax": .estimate("default of a setting"),
    "SimulatedNetworkLimits.gossipDegreeMax":
      .driven(by: "gossip_shouldReachEveryoneOnce_inABoundedGraph"),
    "SimulatedNetworkLimits.overheadBytes": .estimate("estimate of the bytes of framing"),
  ]

  static let loopbackLimits: [String: Proof] = [
    "LoopbackLimits.inboxMessagesMax": .driven(by: "messages_shouldBeLost_whenTheInboxIsFull"),
    "LoopbackLimits.inboxBytesMax": .driven(by: "messages_shouldBeLost_whenTheInboxIsFull"),
    "LoopbackLimits.delayedMessagesMax":
      .driven(by: "messages_shouldBeLost_whenTooManyAreDelayed"),
  ]

  static let simulationLimits: [String: Proof] = [
    "SimulationLimits.nameBytesMax": .driven(by: "whatIsNoName_shouldBeRefused"),
    "SimulationLimits.descriptionBytesMax": .driven(by: "aDescription_shouldBeBounded"),
    "SimulationLimits.scenarioBytesMax": .driven(by: "aScenarioFile_shouldBeRead_upToItsLimit"),
    "SimulationLimits.usersMax": .estimate("a fact of the simulated chain"),
    "SimulationLimits.userCoins": .estimate("a fact of the simulated chain"),
    "SimulationLimits.fee": .estimate("a fact of the simulated chain"),
    "SimulationLimits.amountMax": .estimate("a fact of the simulated chain"),
    "SimulationLimits.accountDataBytesMax": .estimate("a fact of the simulated chain"),
    "SimulationLimits.modelChangesMax": .estimate("a choice of speed: models say the same"),
    "SimulationLimits.dataBytesMax": .estimate("a fact of the simulated chain"),
    "SimulationLimits.stepsMax": .undriven,
    "SimulationLimits.signaturesCached": .undriven,
    "SimulationLimits.forksUnnoticedMax": .undriven,
    "SimulationLimits.pastBatches": .estimate("how a world is made, not a bound"),
    "SimulationLimits.wrongRootEvery": .estimate("a fact of the simulated liar"),
    "SimulationLimits.codecRekeyRecords": .estimate("a choice of the simulated wire"),
    "SimulationLimits.codecRekeyBytes": .estimate("a choice of the simulated wire"),
    "SimulationLimits.codecSingleBytesMax": .estimate("a choice of the simulated wire"),
    "SimulationLimits.codecPieceDoublings": .estimate("a choice of the simulated wire"),
    "SimulationLimits.plannedFaultsMax": .driven(by: "aPlan_shouldHaveFaults_upToALimit"),
    "SimulationLimits.plannedMillisecondsMax": .driven(by: "aPlan_shouldHaveFaults_upToALimit"),
    "SimulationLimits.planBytesMax": .driven(by: "aPlanFile_shouldBeRead_upToItsLimit"),
    "SimulationLimits.shrinkRunsMax": .driven(
      by: "shrinking_shouldStopAtItsLimit_withWhatItHas"),
    "SimulationLimits.reportedEventsMax": .driven(by: "aFailure_shouldBeReported_withItsCause"),
    "SimulationLimits.shownBlocksMax": .driven(by: "aFailure_shouldBeReported_withItsCause"),
    "SimulationLimits.coveredRunsMin": .driven(
      by: "aLongCampaign_shouldBeVacuous_ifItMissesWhatItsProfileExpects"),
    "SimulationLimits.operatorTime": .estimate("a fact of the simulated operator"),
    "SimulationLimits.restartsMax": .estimate("a fact of the simulated operator"),
    "SimulationLimits.standstillTime": .estimate("what a check asks for, not a bound"),
    "SimulationLimits.resetsMax": .estimate("what a check asks for, not a bound"),
    "SimulationLimits.silenceTime": .estimate("a fact of the simulated silent peer"),
    "ReportLimits.pictureRows": .driven(by: "rows_shouldBeThoseOfTheKeys_once"),
    "ReportLimits.pictureLegendMax": .estimate("room on a picture"),
    "ReportLimits.storyOpenMax": .driven(by: "openThings_shouldBeForgotten_oldestFirst"),
    "ReportLimits.storyWaitingMax": .driven(by: "thingsThatWait_shouldBeForgotten_oldestFirst"),
    "ReportLimits.storyThreadsMax": .driven(by: "threadsAndCourses_shouldBeBounded"),
    "ReportLimits.storyCoursesMax": .driven(by: "threadsAndCourses_shouldBeBounded"),
    "ReportLimits.storyStepsMax": .driven(by: "steps_shouldBeBounded_howeverLongTheStory"),
    "ReportLimits.storyListMax": .driven(by: "list_shouldBeBounded"),
    "ReportLimits.nodesMax": .driven(by: "nodes_shouldBeRefused_whenTheyAreTooMany"),
    "ReportLimits.heldLogBytesMax": .driven(by: "logFromAPipe_shouldBeRefused_whenItIsTooLong"),
    "ReportLimits.exportPendingMax":
      .driven(by: "messagesOnTheirWay_shouldBeForgotten_oldestFirst"),
    "ReportLimits.spaceTimePendingMax": .driven(by: "clocks_shouldBeForgotten_oldestFirst"),
    "ReportLimits.spaceTimeHostsMax": .driven(by: "nodes_shouldBeRefused_whenTheyAreTooMany"),
    "ReportLimits.heatRectanglesMax": .driven(by: "page_shouldBeBounded_howeverLongTheLog"),
    "ReportLimits.curvePointsMax": .driven(by: "page_shouldBeBounded_howeverLongTheLog"),
    "ReportLimits.tableRowsMax": .driven(by: "page_shouldBeBounded_howeverLongTheLog"),
  ]

  static let stateTrieLimits: [String: Proof] = [
    "StateTrieLimits.chunkItemsMax": .driven(by: "chunk_shouldBeMade_forSoManyItemsAtMost"),
    "StateTrieLimits.valueBytesMax": .driven(by: "value_shouldBeTaken_upToItsLimit"),
    "StateTrieLimits.proofNodesMax": .driven(by: "proofNodes_shouldBeSoManyAtMost"),
    "StateTrieLimits.diffEntriesMax": .driven(by: "entriesOfADiff_shouldBeSoManyAtMost"),
    "StateTrieLimits.rangesMax": .driven(by: "setOfRanges_shouldBeRead_upToItsLimit"),
    "StateTrieLimits.workingSetBytes": .estimate("default of a setting"),
    "StateTrieLimits.chunksPerCommit": .estimate("default of a setting"),
    "StateTrieLimits.dirtyNodesMax": .estimate("pace of the work, the result is the same"),
    "StateTrieLimits.pathsAtOnce": .estimate("pace of the work, the result is the same"),
    "StateTrieLimits.childrenMax": .estimate("a fact of the form of a node"),
    "StateTrieLimits.innerPreimageBytesMax": .estimate("a fact of the form of a node"),
    "StateTrieLimits.chunkProofNodesMax": .driven(
      by: "answersOfManyParts_shouldBeRefused_beforeTheyAreHeld"),
  ]

  static let streamsLimits: [String: Proof] = [
    "StreamsLimits.pieceBytes": .driven(by: "aFile_shouldBeReadInPieces_ofABoundedSize"),
    "StreamsLimits.writerWaitMilliseconds": .undriven,
    "StreamsLimits.writerPollMilliseconds": .estimate("pace of a look, which bounds nothing"),
    "StreamsLimits.linksMax": .driven(by: "linksToANewFile_shouldBeFollowed_asFarAsTheSystemDoes"),
    "StreamsLimits.temporaryNamesMax":
      .driven(by: "namesOfOtherRuns_shouldBeLeftAlone_andOneTriedAfterAnother"),
  ]

  static let storageLimits: [String: Proof] = [
    "StorageLimits.keyBytesMax":
      .driven(by: "transaction_shouldNotBeCommitted_whenAWriteFailedAndTheErrorWasCaught"),
    "StorageLimits.storedKeyBytesMax": .estimate("a fact of LMDB"),
    "StorageLimits.namespacesMax": .driven(by: "namespaces_shouldBeBounded_andTheLastBeWhole"),
    "StorageLimits.nameBytesMax": .driven(by: "names_shouldBeBounded"),
    "StorageLimits.valueBytesMax": .undriven,
    "StorageLimits.mapBytesInitial": .estimate("default of a setting"),
    "StorageLimits.mapBytesMax": .undriven,
    "StorageLimits.mapGrowthFactor": .estimate("pace of the growth, mapBytesMax bounds it"),
    "StorageLimits.readersMax": .undriven,
    "StorageLimits.tablesMax": .estimate("a fact of the form of a store"),
  ]
}
