extension LimitTable {
  static let reconciliationSessionsLimits: [String: Proof] = [
    "ReconciliationLimits.sessionsMax": .driven(
      by: "sessions_shouldBeRefused_whenTooManyAreUnderWay"),
    "ReconciliationLimits.interruptedSessionsMax": .driven(
      by: "sessions_shouldWait_whenTheirPeerIsAway"),
    "ReconciliationLimits.sessionRequestsMax": .driven(
      by: "session_shouldAskNoMore_whenMuchIsUnstored"),
    "ReconciliationLimits.requestsUnderWayMax": .driven(
      by: "sessions_shouldTakeTurns_whenAllHaveRequests"),
    "ReconciliationLimits.attemptsMax": .driven(
      by: "session_shouldFail_whenARequestIsLostTooOften"),
    "ReconciliationLimits.roundsMax": .driven(by: "session_shouldEnd_whenTheRootsNeverMeet"),
    "ReconciliationLimits.changesMax": .driven(
      by: "session_shouldGoOnWhereItStopped_whenItChangesItsMind"),
    "ReconciliationLimits.differenceMax": .estimate(
      "above what the strategies of this room find: their own limits are reached first"),
    "ReconciliationLimits.batchItemsMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.batchBytesMax": .driven(by: "answers_shouldEnd_whenTheyHaveEnoughBytes"),
    "ReconciliationLimits.inlineValueBytesMax": .driven(
      by: "answers_shouldEnd_whenTheyHaveEnoughBytes"),
    "ReconciliationLimits.valueBytesMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.comparisonBytesMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.sessionMessageBytesMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.unstoredBytesMax": .driven(
      by: "session_shouldAskNoMore_whenMuchIsUnstored"),
    "ReconciliationLimits.viewsMax": .driven(by: "views_shouldBeKept_forTheLatestSessions"),
    "ReconciliationLimits.sessionRequestsPerWindowMax": .driven(
      by: "requests_shouldBeRefused_whenOnePeerSendsTooMany"),
    "ReconciliationLimits.recordsPerCharge": .driven(
      by: "charge_shouldFollow_howManyRecordsAreGoneThrough"),
    "ReconciliationLimits.passesPerWindow": .driven(
      by: "passes_shouldBeBounded_whenOnePeerAsksForTables"),
    "ReconciliationLimits.rememberedPeersMax": .estimate(
      "what is forgotten above it is only measured anew"),
    "ReconciliationLimits.endedSessionsMax": .estimate(
      "what is forgotten above it are results that nobody has asked for"),
    "ReconciliationLimits.strategiesMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.patienceFirst": .driven(
      by: "patience_shouldFollowWhatWasMeasured_andDoubleWhenLate"),
    "ReconciliationLimits.patienceMin": .driven(
      by: "patience_shouldFollowWhatWasMeasured_andDoubleWhenLate"),
    "ReconciliationLimits.patienceMax": .driven(
      by: "patience_shouldFollowWhatWasMeasured_andDoubleWhenLate"),
    "ReconciliationLimits.linkWindow": .driven(
      by: "figures_shouldBeTheBestOfLate_whateverElseCame"),
    "ReconciliationLimits.linkSamplesMax": .estimate("how finely a measured line is followed"),
    "ReconciliationLimits.rateSampleBytesMin": .estimate("which answers tell what a line carries"),
    "ReconciliationLimits.carriedShareMax": .estimate("a bound of a measurement"),
    "ReconciliationLimits.plansMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.offerBytesMax": .estimate("which plans are worth being offered"),
    "ReconciliationLimits.probeBytesMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.probeSymbolsMin": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.probeSymbolsMax": .driven(
      by: "messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay"),
    "ReconciliationLimits.correctionWeight": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.probeShareMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.tellingSymbolsMin": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.rangeLookRecordsMin": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.lookShareMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.lookOddsMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.lookOpeningShareMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.lookedPartsMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.lookProbeSymbols": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.leaveShareMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.waitShareMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.doubtlessShareMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.slownessWeight": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.slownessSecondsMin": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.slownessShareMin": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.slownessMax": .driven(
      by: "slowness_shouldStayInItsBounds_whateverIsMeasured"),
    "ReconciliationLimits.correctionMax": .driven(
      by: "strategy_shouldBeLeft_whenItTookFarLongerThanPredicted"),
    "ReconciliationLimits.aheadSymbolsMax": .driven(
      by: "symbols_shouldFollowTheOpening_beforeItIsAnswered"),
    "ReconciliationLimits.plannedDifferenceMax": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.planStep": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.laterFlightMargin": .estimate("a weight of the choice of a strategy"),
    "ReconciliationLimits.bytesPerSecondUnknown": .estimate("a first guess"),
  ]
}
