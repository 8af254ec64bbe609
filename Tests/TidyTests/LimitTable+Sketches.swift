extension LimitTable {
  static let sketchLimits: [String: Proof] = [
    "ReconciliationLimits.symbolsPerAnswerMax":
      .driven(by: "request_shouldBeRefused_beyondSymbolLimits"),
    "ReconciliationLimits.symbolsMax": .driven(by: "comparison_shouldEnd_atItsOwnLimit"),
    "ReconciliationLimits.firstSymbols": .estimate("what is asked for first, not a bound"),
    "ReconciliationLimits.nextSymbolsMin": .estimate("what is asked for at least, not a bound"),
    "ReconciliationLimits.sketchRequestsMax": .driven(by: "comparison_shouldEnd_atItsOwnLimit"),
    "ReconciliationLimits.sketchedItemsMax":
      .driven(by: "batch_shouldBeReadAsItWasWritten_andNothingElse"),
    "ReconciliationLimits.storedPageSymbols":
      .driven(by: "opening_shouldReadTheSymbolsAlone_whenTheyAreCurrent"),
    "ReconciliationLimits.visitedIDsMax":
      .driven(by: "ids_shouldBeHandedOut_aBoundedNumberAtATime"),
    "ReconciliationLimits.tableCellsMax":
      .driven(by: "request_shouldBeRefused_beyondTableLimits"),
    "ReconciliationLimits.tableAttemptsMax":
      .driven(by: "comparison_shouldGiveTheDifferenceOfTheSets_byTables"),
    "ReconciliationLimits.strataMax": .driven(by: "request_shouldBeRefused_beyondTableLimits"),
    "ReconciliationLimits.stratumCells": .driven(by: "request_shouldBeRefused_beyondTableLimits"),
    "ReconciliationLimits.filterBlocksMax":
      .driven(by: "request_shouldBeRefused_beyondFilterLimits"),
    "ReconciliationLimits.filterProbesMax":
      .driven(by: "request_shouldBeRefused_beyondFilterLimits"),
    "ReconciliationLimits.filterItemsDefault": .estimate("a setting whose values are tested"),
    "ReconciliationLimits.filterRateDefault": .estimate("a setting whose values are tested"),
    "ReconciliationLimits.filterPartsMax":
      .driven(by: "request_shouldBeRefused_beyondFilterLimits"),
    "ReconciliationLimits.filterAnswerIDsMax":
      .driven(by: "comparison_shouldDivide_whenTheOtherSetIsFarLarger"),
    "ReconciliationLimits.filterReceivedIDsMax":
      .driven(by: "comparison_shouldEnd_whenItIsGivenTooManyIDs"),
  ]
}
