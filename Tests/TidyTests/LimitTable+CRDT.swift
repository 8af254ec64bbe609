extension LimitTable {
  static let crdtLimits: [String: Proof] = [
    "CRDTLimits.clockAheadMillisecondsMax": .driven(
      by: "timeFarAhead_shouldBeRefused_andChangeNothing"),
    "CRDTLimits.counterBlock": .driven(by: "counters_shouldBeGivenOnlyAfterTheyWereStored"),
    "CRDTLimits.replicasMax": .driven(
      by: "replicas_shouldBeLimited_inContextsVectorsCountersAndTexts"),
    "CRDTLimits.contextRangesMax": .driven(by: "rangesOfAContext_shouldBeLimited"),
    "CRDTLimits.stateRangesMax": .driven(by: "rangesOfAContext_shouldBeLimited"),
    "CRDTLimits.bufferedDeltaBytesMax": .driven(
      by: "bytesOfKeptDeltas_shouldBeLimited"),
    "CRDTLimits.witnessedReplicasMax": .driven(
      by: "witness_shouldForgetTheOldestClaim_whenItHasTooMany"),
    "CRDTLimits.valueBytesMax": .driven(by: "values_shouldBeLimited_everywhere"),
    "CRDTLimits.elementsMax": .driven(by: "elements_shouldBeLimited_byTheWireForm"),
    "CRDTLimits.mapDepthMax": .driven(by: "mapsWithinMaps_shouldBeLimited"),
    "CRDTLimits.textPieceCharacters": .driven(by: "piecesOfAText_shouldHaveALimitedLength"),
    "CRDTLimits.bufferedDeltasMax": .driven(
      by: "keptDeltas_shouldBeLimited_andWhoLacksThemGetTheFullState"),
    "CRDTLimits.peersMax": .driven(by: "peers_shouldBeLimited_inBuffersAndReceipts"),
    "CRDTLimits.textLeafSpansMax": .driven(
      by: "leavesAndBranchesOfAText_shouldSplit_andKeepItsOrder"),
    "CRDTLimits.textLeafBytesMax": .driven(
      by: "leavesAndBranchesOfAText_shouldSplit_andKeepItsOrder"),
    "CRDTLimits.textBranchChildrenMax": .driven(
      by: "leavesAndBranchesOfAText_shouldSplit_andKeepItsOrder"),
    "CRDTLimits.textCharactersMax": .driven(by: "charactersOfAText_shouldBeLimited"),
    "CRDTLimits.textRunsMax": .driven(by: "runsOfATextAndADelta_shouldBeLimited"),
    "CRDTLimits.textWaitingMax": .driven(
      by: "changesThatWait_shouldBeLimited_andWhatIsMissingNamed"),
  ]
}
