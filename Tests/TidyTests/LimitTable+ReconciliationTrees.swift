extension LimitTable {
  /// Sets of records, their trees, the full exchange and logs.
  static let reconciliationTreeLimits: [String: Proof] = [
    "ReconciliationLimits.pageEntriesMax": .driven(by: "longPages_shouldLeaveNothingOut"),
    "ReconciliationLimits.recordsMax": .driven(by: "numbersOfRecords_shouldBeBounded"),
    "ReconciliationLimits.treeLevelsMax": .driven(
      by: "tree_shouldGetAndLoseLevels_asItGrowsAndShrinks"),
    "ReconciliationLimits.bucketRecordsMax": .driven(
      by: "tree_shouldGetAndLoseLevels_asItGrowsAndShrinks"),
    "ReconciliationLimits.leafRecordsMax": .driven(
      by: "leaves_shouldBeThoseWithFewRecords_orAtTheGreatestDepth"),
    "ReconciliationLimits.subtreeEntriesMax": .driven(
      by: "hashes_shouldNotDependOn_howManyEntriesAreHeldAtATime"),
    "ReconciliationLimits.listedRecordsMax": .driven(
      by: "requests_shouldBeRefused_beyondTheirLimits"),
    "ReconciliationLimits.batchNodesMax": .driven(
      by: "requests_shouldBeRefused_beyondTheirLimits"),
    "ReconciliationLimits.waitingNodesMax": .driven(
      by: "comparison_shouldEnd_whenTooManyNodesWait"),
    "ReconciliationLimits.differencesMax": .driven(
      by: "settings_shouldStayInTheirLimits"),
    "ReconciliationLimits.wholeListMax": .driven(
      by: "listedNodes_shouldBeThoseWithFewRecords"),
    "ReconciliationLimits.shortListMax": .driven(
      by: "listedNodes_shouldBeThoseWithFewRecords"),
    "ReconciliationLimits.viewAttemptsMax": .driven(
      by: "view_shouldBeGivenUp_whenOthersWriteAgainAndAgain"),
    "ReconciliationLimits.lanesMax": .driven(by: "lanes_shouldPartTheKeysEvenly"),
    "ReconciliationLimits.laneSampleMax": .driven(by: "lanes_shouldPartTheKeysEvenly"),
    "ReconciliationLimits.frameBytesMax": .driven(by: "frames_shouldBeBounded_andManyBeUnderWay"),
    "ReconciliationLimits.pageRecordsMax": .driven(
      by: "pages_shouldLeaveNothingOut_whenKeysAreMany"),
    "ReconciliationLimits.logEntryBytesMax": .driven(by: "entries_shouldBeBounded"),
    "ReconciliationLimits.logPageBytesMax": .driven(by: "search_shouldTakeFewRequests_inLongLogs"),
    "ReconciliationLimits.logRootsMax": .driven(by: "search_shouldTakeFewRequests_inLongLogs"),
  ]
}
