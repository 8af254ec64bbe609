extension LimitTable {
  static let liveSyncLimits: [String: Proof] = [
    "LiveSyncLimits.bufferBatchesMax": .driven(by: "windows_shouldBeSoManyBatches"),
    "LiveSyncLimits.windowAheadBatchesMax": .driven(by: "windows_shouldBeSoManyBatches"),
    "LiveSyncLimits.windowRoundTrips": .estimate("widens the window, which is bounded"),
    "LiveSyncLimits.patienceDoublings":
      .driven(by: "patience_shouldDoubleLittle_whileOthersAreAnswered"),
    "LiveSyncLimits.lateInRowMax":
      .driven(by: "macroSync_shouldEnd_whenAPeerLeavesRequestsUnanswered"),
    "LiveSyncLimits.tolerancePastBatchesMax": .driven(by: "windows_shouldBeSoManyBatches"),
    "LiveSyncLimits.announcedBlocksPerPeerPerHeightMax":
      .driven(by: "announcedBlocksOfAPeerAtAHeight_shouldBeBounded"),
    "LiveSyncLimits.missingBlocksRequestsMax": .driven(by: "openRequests_shouldBeBounded"),
    "LiveSyncLimits.blocksPerResultMax":
      .driven(by: "blocksOfOneResult_shouldBeBounded_andTheRestFollow"),
    "LiveSyncLimits.gossipMessagesPerBlockMax":
      .driven(by: "gossipMessagesOfABlock_shouldBeBounded"),
    "LiveSyncLimits.resolvesMax": .driven(by: "waitersForBlocks_shouldBeBounded"),
    "LiveSyncLimits.invalidBlocksMax":
      .driven(by: "invalidBlocks_shouldBeForgotten_whenManyMoreCame"),
    "LiveSyncLimits.halvesMax": .driven(by: "halves_shouldBeBounded_inNumberAndTime"),
    "LiveSyncLimits.halvesPerPeerMax": .driven(by: "halves_shouldBeBounded_inNumberAndTime"),
    "LiveSyncLimits.halfWait": .driven(by: "halves_shouldBeBounded_inNumberAndTime"),
    "LiveSyncLimits.halfSweepInterval": .driven(by: "halves_shouldBeSweptSoonAfterTheirTime"),
    "LiveSyncLimits.requestTriesMin": .driven(by: "tries_shouldBeSoMany"),
    "LiveSyncLimits.requestTriesMax": .driven(by: "tries_shouldBeSoMany"),
    "LiveSyncLimits.noPeerPause":
      .driven(by: "request_shouldBeRetriedAfterAPause_whenNobodyCouldAnswer"),
    "LiveSyncLimits.peerLookInterval": .estimate("pace of a look, which bounds nothing"),
    "LiveSyncLimits.demotionTime":
      .driven(by: "silentPeers_shouldBeWaitedForSoLong_andThenAskedLast"),
    "LiveSyncLimits.notYetRepeatsMin": .driven(by: "patientRequest_shouldAskAgain_beforeItFails"),
    "LiveSyncLimits.notYetPauseMax":
      .driven(by: "lackingPeer_shouldBeAskedAgainSoon_whoeverElseIsAwaited"),
    "LiveSyncLimits.requestIncidentsMax": .undriven,
    "LiveSyncLimits.openTriesMax": .driven(by: "openTries_shouldBeBounded"),
    "LiveSyncLimits.hedgeDelayFirst": .estimate("first guess, until answers came"),
    "LiveSyncLimits.hedgesMax": .driven(by: "secondRequests_shouldBeKeptInStock_upToTheirLimit"),
    "LiveSyncLimits.answersPerHedge":
      .driven(by: "secondRequests_shouldRunOut_whenTheFirstAnswersComeAnyway"),
    "LiveSyncLimits.looksBeforeResend":
      .driven(by: "request_shouldBeSentAgain_whenNobodyElseIsLeft"),
    "LiveSyncLimits.hedgeDelayMin": .driven(by: "delay_shouldFollowTheAnswers_betweenItsLimits"),
    "LiveSyncLimits.nearLocatorsMax": .driven(by: "nearLocators_shouldBeBounded"),
    "LiveSyncLimits.silentRequestsMax":
      .driven(by: "silentPeers_shouldCostLittle_howeverManyTheyAre"),
    "LiveSyncLimits.chunkTimeout": .driven(by: "nothing_shouldBeCredited_beforeItIsVerified"),
    "LiveSyncLimits.patienceFirst": .estimate("first guess, until an answer came"),
    "LiveSyncLimits.patienceMin":
      .driven(by: "patience_shouldBeShort_onAFastLine_andFollowTheBytesAskedFor"),
    "LiveSyncLimits.patienceMax": .driven(by: "patience_shouldNeverBeAboveItsLimit"),
    "LiveSyncLimits.partTime": .estimate("aim of the size of a part"),
    "LiveSyncLimits.partBytesFirst": .estimate("first guess, until a part came"),
    "LiveSyncLimits.partBytesMin": .driven(by: "parts_shouldBeWhatComesInTheirTime"),
    "LiveSyncLimits.partGrowthMax": .driven(by: "partOfAnAnswer_shouldGrowSoMuchAtATime"),
    "LiveSyncLimits.diffRequestsMin": .driven(by: "diffRequests_shouldBeBounded_andTheirPausesToo"),
    "LiveSyncLimits.diffRequestsDeniedMax": .driven(by: "deniedDiffs_shouldBeBounded"),
    "LiveSyncLimits.diffDenialsMax": .driven(by: "round_shouldEnd_afterSoManyDenials"),
    "LiveSyncLimits.diffRequestsPerBlock": .undriven,
    "LiveSyncLimits.diffRequestsMax": .driven(by: "diffRequests_shouldBeBounded_andTheirPausesToo"),
    "LiveSyncLimits.diffBackoffFirst":
      .driven(by: "diffRequests_shouldBeBounded_andTheirPausesToo"),
    "LiveSyncLimits.diffBackoffMax": .driven(by: "diffRequests_shouldBeBounded_andTheirPausesToo"),
    "LiveSyncLimits.diffRoundsMax":
      .driven(by: "block_shouldBeGivenUpWithItsFollowers_whenNobodyHasItsDiff"),
    "LiveSyncLimits.diffBlocksMax": .driven(by: "blocks_shouldBeDropped_whenTheQueueIsFull"),
    "LiveSyncLimits.chunkItemsSequential": .estimate("default of a setting"),
    "LiveSyncLimits.chunkItemsParallel": .estimate("default of a setting"),
    "LiveSyncLimits.chunkItemsMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "LiveSyncLimits.bufferedChunksMax": .driven(by: "chunk_shouldBeDiscarded_whenTheBufferIsFull"),
    "LiveSyncLimits.discardsBeforeHoldMax":
      .driven(by: "blocks_shouldBeHeldForTheChunkOnItsWay_whenChunksKeepComingLate"),
    "LiveSyncLimits.chunkBlockPatience":
      .driven(by: "unknownBlockOfAChunk_shouldBeAskedFor_afterAMoment"),
    "LiveSyncLimits.heldBatchesMax": .driven(by: "heldBatches_shouldBeBounded"),
    "LiveSyncLimits.chunkRequestsMax": .driven(by: "requestsOnTheirWay_shouldStayBelowTheirLimits"),
    "LiveSyncLimits.chunkWindowMax": .driven(by: "window_shouldFollowTheBandwidthDelayProduct"),
    "LiveSyncLimits.chunkWindowFirst": .driven(by: "window_shouldFollowTheBandwidthDelayProduct"),
    "LiveSyncLimits.lineRequestsMin": .undriven,
    "LiveSyncLimits.lineTime": .estimate("aim of what waits on the line"),
    "LiveSyncLimits.urgentPatience": .driven(by: "chunks_shouldYield_whileBlocksWait"),
    "LiveSyncLimits.lateShare": .estimate("weight in a judgement"),
    "LiveSyncLimits.secondRequestsMax":
      .driven(by: "help_shouldStayBelowItsLimit_howeverManyAreSilent"),
    "LiveSyncLimits.chunkAnswerBytesMax":
      .driven(by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "LiveSyncLimits.chunkOverheadBytes": .estimate("estimate of the bytes of a proof"),
    "LiveSyncLimits.chunkItemsFirst": .undriven,
    "LiveSyncLimits.chunkItemsMin": .undriven,
    "LiveSyncLimits.chunkBytesMin": .undriven,
    "LiveSyncLimits.leastRequestShare": .estimate("weight in the size of a request"),
    "LiveSyncLimits.tailShare": .estimate("weight in the size of a request"),
    "LiveSyncLimits.requestTime": .estimate("aim of the size of a request"),
    "LiveSyncLimits.plannerInterval": .estimate("pace of a look, which bounds nothing"),
    "LiveSyncLimits.densityChunksMax": .driven(by: "density_shouldFollowTheLatestChunks"),
    "LiveSyncLimits.itemBytesFirst": .estimate("first guess, until a chunk came"),
    "LiveSyncLimits.chunkTimeoutMin":
      .driven(by: "timeout_shouldFollowTheMeasuredTime_withinItsLimits"),
    "LiveSyncLimits.chunkTimeoutMax":
      .driven(by: "timeout_shouldFollowTheMeasuredTime_withinItsLimits"),
    "LiveSyncLimits.growthNoticed": .estimate("weight in a judgement"),
    "LiveSyncLimits.growthAnswers": .driven(by: "window_shouldFollowTheBandwidthDelayProduct"),
    "LiveSyncLimits.bandwidthWindow":
      .driven(by: "rateAndRoundTrip_shouldBeBelieved_forTheirWindows"),
    "LiveSyncLimits.roundTripWindow":
      .driven(by: "rateAndRoundTrip_shouldBeBelieved_forTheirWindows"),
    "LiveSyncLimits.filterSamplesMax": .driven(by: "filter_shouldKeepSoManyCandidates"),
    "LiveSyncLimits.answerTimeFirst": .estimate("first guess, until a peer is measured"),
    "LiveSyncLimits.latenciesMax": .driven(by: "delay_shouldFollowTheAnswers_betweenItsLimits"),
    "LiveSyncLimits.latenciesMin": .driven(by: "percentile_shouldNeedSamples_andForgetOldOnes"),
    "LiveSyncLimits.ratedPeersMin":
      .driven(by: "nobody_shouldBeCalledSlow_beforeSoManyPeersAreMeasured"),
    "LiveSyncLimits.slowShare": .estimate("weight in a judgement"),
    "LiveSyncLimits.strikesForLate": .driven(by: "peer_shouldBeDemoted_atSoManyStrikes"),
    "LiveSyncLimits.strikesForDemotion": .driven(by: "peer_shouldBeDemoted_atSoManyStrikes"),
    "LiveSyncLimits.strikesForgiven":
      .driven(by: "strikes_shouldBeBounded_soThatNobodyIsLostForEver"),
    "LiveSyncLimits.strikesMax": .driven(by: "strikes_shouldBeBounded_soThatNobodyIsLostForEver"),
    "LiveSyncLimits.strikeTime": .driven(by: "strikes_shouldBeBounded_soThatNobodyIsLostForEver"),
    "LiveSyncLimits.emptyInRowMax": .driven(by: "peer_shouldPause_afterSoManyEmptyAnswersInARow"),
    "LiveSyncLimits.emptyPauseFirst": .driven(by: "peer_shouldPause_afterSoManyEmptyAnswersInARow"),
    "LiveSyncLimits.emptyPauseMax": .driven(by: "notHavingIt_shouldBeNoOffence_butAPause"),
    "LiveSyncLimits.lackingPlacesMax":
      .driven(by: "placesThatAPeerLacks_shouldBeBounded_inNumberAndTime"),
    "LiveSyncLimits.lackingTime":
      .driven(by: "placesThatAPeerLacks_shouldBeBounded_inNumberAndTime"),
    "LiveSyncLimits.peerRecordsMax":
      .driven(by: "records_shouldGiveWay_aboveTheirLimit_butNotThoseInUse"),
    "LiveSyncLimits.externalBlocksMax":
      .driven(by: "externalBlocks_shouldBeRefused_whenTheChannelIsFull"),
    "LiveSyncLimits.outputsMax": .driven(by: "outputs_shouldBeBounded_whenNobodyTakesThem"),
    "LiveSyncLimits.ordersMax": .undriven,
    "LiveSyncLimits.subscriberEventsMax":
      .driven(by: "subscriber_shouldLoseTheOldestEvents_whenItDoesNotRead"),
    "LiveSyncLimits.locatorsMax": .driven(by: "requests_shouldBeRefused_whenTheyAskForTooMuch"),
    "LiveSyncLimits.blocksPerAnswerMax":
      .driven(by: "answers_shouldBeRefused_whenTheyHaveTooManyBlocks"),
    "LiveSyncLimits.blocksAnswerBytesMax":
      .driven(by: "blocksOfAnAnswer_shouldFitTheirBytes_butOneIsGiven"),
    "LiveSyncLimits.servedKeysFirst": .estimate("first guess of how many fit an answer"),
    "LiveSyncLimits.servedMacroBlocksFirst": .estimate("first guess of how many fit an answer"),
    "LiveSyncLimits.proofAnswerBytesMax":
      .driven(by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "LiveSyncLimits.macroLocatorsMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "LiveSyncLimits.macroBlocksPerAnswerMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "LiveSyncLimits.macroAnswerBytesMax": .driven(by: "partSize_shouldFindTheRate_onAnyLine"),
    "LiveSyncLimits.proofKeysMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "LiveSyncLimits.provenBlocksMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "LiveSyncLimits.evidenceBytesMax": .driven(by: "evidence_shouldBeBounded_inSizeAndSum"),
    "LiveSyncLimits.evidenceLogBytesMax": .driven(by: "evidence_shouldBeBounded_inSizeAndSum"),
    "LiveSyncLimits.evidenceOpenMax": .driven(by: "readerOfEvidence_shouldHoldSoManyPiecesAtATime"),
    "LiveSyncLimits.peersMax": .driven(by: "peers_shouldBeBounded"),
    "LiveSyncLimits.bannedPeersMax": .driven(by: "peers_shouldBeBounded"),
    "LiveSyncLimits.peerRecheckInterval": .driven(by: "peers_shouldWaitForTheirNextTurn"),
    "LiveSyncLimits.peerRetryInterval": .driven(by: "peers_shouldWaitForTheirNextTurn"),
    "LiveSyncLimits.catchUpBatchesMax":
      .driven(by: "gap_shouldBeJumped_whenItIsLongerThanTheCatchUp"),
    "LiveSyncLimits.sampledDiffsMax": .undriven,
    "LiveSyncLimits.blockBytesFirst": .estimate("first guess, until a diff is known"),
    "LiveSyncLimits.bytesPerSecondFirst": .estimate("first guess, until anything came"),
    "LiveSyncLimits.macroPartBytesFirst": .driven(by: "partSize_shouldFindTheRate_onAnyLine"),
    "LiveSyncLimits.macroChainBytesMax": .undriven,
    "LiveSyncLimits.macroLookInterval": .estimate("pace of a look, which bounds nothing"),
    "LiveSyncLimits.macroRoundsMax":
      .driven(by: "macroRounds_shouldBeBounded_whenAPeerGivesOneBlockAtATime"),
    "LiveSyncLimits.headInterval": .driven(by: "heads_shouldBeAskedInRounds"),
    "LiveSyncLimits.headPeersMax": .driven(by: "heads_shouldBeAskedInRounds"),
    "LiveSyncLimits.consensusPeersMin": .driven(by: "consensus_shouldNeedSoManyPeers"),
    "LiveSyncLimits.consensusAnnouncementsMin":
      .driven(by: "consensus_shouldNeedPeersStateAndAgreement"),
    "LiveSyncLimits.progressInterval": .estimate("pace of a look, which bounds nothing"),
    "LiveSyncLimits.sampleInterval": .estimate("pace of a look, which bounds nothing"),
    "LiveSyncLimits.forecastChunksMax": .driven(by: "density_shouldNotFollowAFewItems"),
    "LiveSyncLimits.forecastItemsMin": .driven(by: "density_shouldNotFollowAFewItems"),
    "LiveSyncLimits.forecastSamplesMax": .driven(by: "samples_shouldBeThinnedOut_aboveTheirLimit"),
    "LiveSyncLimits.forecastDiffsMin":
      .driven(by: "needs_shouldFollowTheLatestDiffs_butNotFewOfThem"),
    "LiveSyncLimits.forecastTimeMin": .undriven,
    "LiveSyncLimits.forecastWindowMin": .undriven,
    "LiveSyncLimits.stallCauseTime": .driven(by: "otherCauseOfAStall_shouldBeTold_onceItLasted"),
    "LiveSyncLimits.stallAfter": .estimate("default of a setting"),
    "LiveSyncLimits.halvesBytes": .driven(by: "halves_shouldStayBelowTheirBytes_fromOnePeerOrMany"),
    "LiveSyncLimits.bufferedBlocksBytes": .driven(
      by: "bufferedBlocks_shouldStayBelowTheirBytes_fromOnePeerOrMany"),
    "LiveSyncLimits.handedOnBytes": .driven(
      by: "blocksHandedOn_shouldStayBelowTheirBytes_andTheRestFollow"),
    "LiveSyncLimits.externalBlocksBytes": .driven(by: "externalBlocks_shouldBeBoundedInBytes"),
    "LiveSyncLimits.diffsBytesMax": .driven(by: "diffs_shouldStayBelowTheirBytes_andAllBlocksGoOn"),
    "LiveSyncLimits.chunksBytes": .driven(by: "chunks_shouldStayBelowTheirBytes_fromOnePeerOrMany"),
    "LiveSyncLimits.chunkItemBytesMax": .estimate("follows from dataBytesMax"),
    "LiveSyncLimits.chunkProofBytesMax": .driven(by: "servedAnswers_shouldFitTheirLimits"),
    "LiveSyncLimits.macroBlockBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "LiveSyncLimits.historyBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "LiveSyncLimits.itemsBytesMax": .estimate("how much to ask for, chunkAnswerBytesMax bounds it"),
    "LiveSyncLimits.answerRoom": .driven(by: "decodedAnswers_shouldFitTheRoomThatIsClaimed"),
  ]
}
