extension LimitTable {
  static let liveSyncLimits: [String: Proof] = [
    "PeerLimits.findingsMax": .driven(by: "findings_shouldLoseTheOldest_whenNobodyReadsThem"),
    "MessageLimits.listRequestBytesMax": .driven(
      by: "everyRequest_shouldBeAccepted_howeverMuchItNames"),
    "MessageLimits.headResponseBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.macroChainResponseBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.blocksProofResponseBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.blocksResponseBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.diffResponseBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.headerBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.bodyBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.chunkRequestsPerWindowMax": .estimate("default of a setting"),
    "MessageLimits.diffRequestsPerWindowMax": .estimate("default of a setting"),
    "LiveSyncLimits.bufferBatchesMax": .driven(by: "windows_shouldBeSoManyBatches"),
    "LiveSyncLimits.windowAheadBatchesMax": .driven(by: "windows_shouldBeSoManyBatches"),
    "LiveSyncLimits.windowRoundTrips": .estimate("widens the window, which is bounded"),
    "PeerLimits.patienceDoublings":
      .driven(by: "patience_shouldDoubleLittle_whileOthersAreAnswered"),
    "NodeLimits.lateInRowMax":
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
    "PeerLimits.halfWait": .driven(by: "halves_shouldBeBounded_inNumberAndTime"),
    "LiveSyncLimits.halfSweepInterval": .driven(by: "halves_shouldBeSweptSoonAfterTheirTime"),
    "PeerLimits.requestTriesMin": .driven(by: "tries_shouldBeSoMany"),
    "PeerLimits.requestTriesMax": .driven(by: "tries_shouldBeSoMany"),
    "PeerLimits.noPeerPause":
      .driven(by: "request_shouldBeRetriedAfterAPause_whenNobodyCouldAnswer"),
    "PeerLimits.peerLookInterval": .estimate("pace of a look, which bounds nothing"),
    "PeerLimits.demotionTime":
      .driven(by: "silentPeers_shouldBeWaitedForSoLong_andThenAskedLast"),
    "PeerLimits.notYetRepeatsMin": .driven(by: "patientRequest_shouldAskAgain_beforeItFails"),
    "PeerLimits.notYetPauseMax":
      .driven(by: "lackingPeer_shouldBeAskedAgainSoon_whoeverElseIsAwaited"),
    "PeerLimits.requestIncidentsMax": .undriven,
    "PeerLimits.openTriesMax": .driven(by: "openTries_shouldBeBounded"),
    "PeerLimits.hedgeDelayFirst": .estimate("first guess, until answers came"),
    "PeerLimits.hedgesMax": .driven(by: "secondRequests_shouldBeKeptInStock_upToTheirLimit"),
    "PeerLimits.answersPerHedge":
      .driven(by: "secondRequests_shouldRunOut_whenTheFirstAnswersComeAnyway"),
    "PeerLimits.looksBeforeResend":
      .driven(by: "request_shouldBeSentAgain_whenNobodyElseIsLeft"),
    "PeerLimits.hedgeDelayMin": .driven(by: "delay_shouldFollowTheAnswers_betweenItsLimits"),
    "LiveSyncLimits.nearLocatorsMax": .driven(by: "nearLocators_shouldBeBounded"),
    "LiveSyncLimits.silentRequestsMax":
      .driven(by: "silentPeers_shouldCostLittle_howeverManyTheyAre"),
    "LiveSyncLimits.chunkTimeout": .driven(by: "nothing_shouldBeCredited_beforeItIsVerified"),
    "PeerLimits.patienceFirst": .estimate("first guess, until an answer came"),
    "PeerLimits.patienceMin":
      .driven(by: "patience_shouldBeShort_onAFastLine_andFollowTheBytesAskedFor"),
    "PeerLimits.patienceMax": .driven(by: "patience_shouldNeverBeAboveItsLimit"),
    "PeerLimits.partTime": .estimate("aim of the size of a part"),
    "PeerLimits.partBytesFirst": .estimate("first guess, until a part came"),
    "PeerLimits.partBytesMin": .driven(by: "parts_shouldBeWhatComesInTheirTime"),
    "PeerLimits.partGrowthMax": .driven(by: "partOfAnAnswer_shouldGrowSoMuchAtATime"),
    "LiveSyncLimits.diffRequestsMin": .driven(by: "diffRequests_shouldBeBounded_andTheirPausesToo"),
    "LiveSyncLimits.diffRequestsDeniedMax": .driven(by: "deniedDiffs_shouldBeBounded"),
    "PeerLimits.diffDenialsMax": .driven(by: "round_shouldEnd_afterSoManyDenials"),
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
    "MessageLimits.chunkItemsMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
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
    "MessageLimits.chunkAnswerBytesMax":
      .driven(by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "LiveSyncLimits.chunkOverheadBytes": .estimate("estimate of the bytes of a proof"),
    "LiveSyncLimits.chunkItemsFirst": .undriven,
    "LiveSyncLimits.chunkItemsMin": .undriven,
    "LiveSyncLimits.chunkBytesMin": .undriven,
    "LiveSyncLimits.leastRequestShare": .estimate("weight in the size of a request"),
    "LiveSyncLimits.tailShare": .estimate("weight in the size of a request"),
    "LiveSyncLimits.requestTime": .estimate("aim of the size of a request"),
    "LiveSyncLimits.firstPiecesMax": .driven(by: "unprovenHost_shouldBeAskedForOneSmallPiece"),
    "LiveSyncLimits.freePieceShare": .estimate("a weight: which of two ways takes less"),
    "LiveSyncLimits.growingLineFactor": .estimate("a weight: how fast requests become more"),
    "LiveSyncLimits.lineGrowthAnswers": .estimate("a weight: how fast requests become more"),
    "LiveSyncLimits.plannerInterval": .estimate("pace of a look, which bounds nothing"),
    "LiveSyncLimits.densityChunksMax": .driven(by: "density_shouldFollowTheLatestChunks"),
    "LiveSyncLimits.itemBytesFirst": .estimate("first guess, until a chunk came"),
    "LiveSyncLimits.chunkTimeoutMin":
      .driven(by: "timeout_shouldFollowTheMeasuredTime_withinItsLimits"),
    "LiveSyncLimits.chunkTimeoutMax":
      .driven(by: "timeout_shouldFollowTheMeasuredTime_withinItsLimits"),
    "LiveSyncLimits.growthNoticed": .estimate("weight in a judgement"),
    "LiveSyncLimits.growthAnswers": .driven(by: "window_shouldFollowTheBandwidthDelayProduct"),
    "PeerLimits.bandwidthWindow":
      .driven(by: "rateAndRoundTrip_shouldBeBelieved_forTheirWindows"),
    "PeerLimits.roundTripWindow":
      .driven(by: "rateAndRoundTrip_shouldBeBelieved_forTheirWindows"),
    "PeerLimits.filterSamplesMax": .driven(by: "filter_shouldKeepSoManyCandidates"),
    "LiveSyncLimits.answerTimeFirst": .estimate("first guess, until a peer is measured"),
    "PeerLimits.latenciesMax": .driven(by: "delay_shouldFollowTheAnswers_betweenItsLimits"),
    "PeerLimits.latenciesMin": .driven(by: "percentile_shouldNeedSamples_andForgetOldOnes"),
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
    "PeerLimits.ordersMax": .undriven,
    "NodeLimits.subscriberEventsMax":
      .driven(by: "subscriber_shouldLoseTheOldestEvents_whenItDoesNotRead"),
    "MessageLimits.locatorsMax": .driven(by: "requests_shouldBeRefused_whenTheyAskForTooMuch"),
    "MessageLimits.blocksPerAnswerMax":
      .driven(by: "answers_shouldBeRefused_whenTheyHaveTooManyBlocks"),
    "MessageLimits.blocksAnswerBytesMax":
      .driven(by: "blocksOfAnAnswer_shouldFitTheirBytes_butOneIsGiven"),
    "NodeLimits.servedKeysFirst": .estimate("first guess of how many fit an answer"),
    "NodeLimits.servedMacroBlocksFirst": .estimate("first guess of how many fit an answer"),
    "MessageLimits.proofAnswerBytesMax":
      .driven(by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.macroLocatorsMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "MessageLimits.macroBlocksPerAnswerMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "MessageLimits.macroAnswerBytesMax": .driven(by: "partSize_shouldFindTheRate_onAnyLine"),
    "MessageLimits.proofKeysMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "MessageLimits.provenBlocksMax": .driven(by: "requests_shouldBeRead_upToTheirLimits"),
    "PeerLimits.evidenceBytesMax": .driven(by: "evidence_shouldBeBounded_inSizeAndSum"),
    "PeerLimits.evidenceLogBytesMax": .driven(by: "evidence_shouldBeBounded_inSizeAndSum"),
    "PeerLimits.evidenceOpenMax": .driven(by: "readerOfEvidence_shouldHoldSoManyPiecesAtATime"),
    "PeerLimits.peersMax": .driven(by: "peers_shouldBeBounded"),
    "PeerLimits.bannedPeersMax": .driven(by: "peers_shouldBeBounded"),
    "NodeLimits.peerRecheckInterval": .driven(by: "peers_shouldWaitForTheirNextTurn"),
    "NodeLimits.peerRetryInterval": .driven(by: "peers_shouldWaitForTheirNextTurn"),
    "NodeLimits.catchUpBatchesMax":
      .driven(by: "gap_shouldBeJumped_whenItIsLongerThanTheCatchUp"),
    "NodeLimits.sampledDiffsMax": .undriven,
    "NodeLimits.blockBytesFirst": .estimate("first guess, until a diff is known"),
    "NodeLimits.bytesPerSecondFirst": .estimate("first guess, until anything came"),
    "NodeLimits.macroPartBytesFirst": .driven(by: "partSize_shouldFindTheRate_onAnyLine"),
    "NodeLimits.macroChainBytesMax": .undriven,
    "NodeLimits.macroLookInterval": .estimate("pace of a look, which bounds nothing"),
    "NodeLimits.macroRoundsMax":
      .driven(by: "macroRounds_shouldBeBounded_whenAPeerGivesOneBlockAtATime"),
    "NodeLimits.headInterval": .driven(by: "heads_shouldBeAskedInRounds"),
    "NodeLimits.headPeersMax": .driven(by: "heads_shouldBeAskedInRounds"),
    "NodeLimits.consensusPeersMin": .driven(by: "consensus_shouldNeedSoManyPeers"),
    "NodeLimits.consensusAnnouncementsMin":
      .driven(by: "consensus_shouldNeedPeersStateAndAgreement"),
    "NodeLimits.progressInterval": .estimate("pace of a look, which bounds nothing"),
    "NodeLimits.sampleInterval": .estimate("pace of a look, which bounds nothing"),
    "LiveSyncLimits.forecastChunksMax": .driven(by: "density_shouldNotFollowAFewItems"),
    "LiveSyncLimits.forecastItemsMin": .driven(by: "density_shouldNotFollowAFewItems"),
    "NodeLimits.forecastSamplesMax": .driven(by: "samples_shouldBeThinnedOut_aboveTheirLimit"),
    "NodeLimits.forecastDiffsMin":
      .driven(by: "needs_shouldFollowTheLatestDiffs_butNotFewOfThem"),
    "NodeLimits.forecastTimeMin": .undriven,
    "NodeLimits.forecastWindowMin": .undriven,
    "NodeLimits.stallCauseTime": .driven(by: "otherCauseOfAStall_shouldBeTold_onceItLasted"),
    "NodeLimits.stallAfter": .estimate("default of a setting"),
    "LiveSyncLimits.halvesBytes": .driven(by: "halves_shouldStayBelowTheirBytes_fromOnePeerOrMany"),
    "LiveSyncLimits.bufferedBlocksBytes": .driven(
      by: "bufferedBlocks_shouldStayBelowTheirBytes_fromOnePeerOrMany"),
    "LiveSyncLimits.forwardedBytes": .driven(
      by: "blocksForwarded_shouldStayBelowTheirBytes_andTheRestFollow"),
    "LiveSyncLimits.externalBlocksBytes": .driven(by: "externalBlocks_shouldBeBoundedInBytes"),
    "LiveSyncLimits.diffsBytesMax": .driven(by: "diffs_shouldStayBelowTheirBytes_andAllBlocksGoOn"),
    "LiveSyncLimits.chunksBytes": .driven(by: "chunks_shouldStayBelowTheirBytes_fromOnePeerOrMany"),
    "MessageLimits.chunkItemBytesMax": .estimate("follows from dataBytesMax"),
    "MessageLimits.chunkProofBytesMax": .driven(by: "servedAnswers_shouldFitTheirLimits"),
    "MessageLimits.macroBlockBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "MessageLimits.historyBytesMax": .driven(
      by: "everyAnswer_shouldBeAccepted_howeverLargeTheChainMakesIt"),
    "LiveSyncLimits.itemsBytesMax": .estimate("how much to ask for, chunkAnswerBytesMax bounds it"),
    "PeerLimits.answerRoom": .driven(by: "decodedAnswers_shouldFitTheRoomThatIsClaimed"),
  ]
}
