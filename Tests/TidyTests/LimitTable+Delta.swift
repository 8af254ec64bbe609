extension LimitTable {
  static let deltaLimits: [String: Proof] = [
    "DeltaLimits.operationBytesMax": .driven(by: "bytesOfAnOperation_shouldBeLimited"),
    "DeltaLimits.causesMax": .driven(by: "causesOfAnOperation_shouldBeLimited"),
    "DeltaLimits.logOperationsMax": .estimate(
      "the default of bounds that log_shouldLetGoTheOldest_aboveItsBounds_whoeverLacksThem drives"),
    "DeltaLimits.logBytesMax": .estimate(
      "the default of bounds that log_shouldLetGoTheOldest_aboveItsBounds_whoeverLacksThem drives"),
    "DeltaLimits.entryBytes": .estimate(
      "two pieces of heap and what refers to them, for an operation of a few bytes"),
    "DeltaLimits.trimPart": .driven(
      by: "log_shouldLetGoTheOldest_aboveItsBounds_whoeverLacksThem"),
    "DeltaLimits.chunkEntries": .driven(by: "log_shouldGiveTheSame_whereverItsPiecesEnd"),
    "DeltaLimits.peersMax": .driven(by: "peers_shouldBeLimited"),
    "DeltaLimits.aheadMax": .driven(
      by: "delta_shouldBeRefusedWithItsReason_whenItDoesNotFit"),
    "DeltaLimits.deltaOperationsMax": .driven(
      by: "deltas_shouldHaveSoManyOperationsAndBytesAtMost"),
    "DeltaLimits.deltaBytesMax": .driven(by: "deltas_shouldHaveSoManyOperationsAndBytesAtMost"),
    "DeltaLimits.bodyBytesMax": .driven(
      by: "uncompressedDelta_shouldBeLimited_beforeItIsAllocated"),
    "DeltaLimits.ownBlockBytesMin": .estimate(
      "a block has a head and a table of symbols: for fewer bytes it costs more than it saves"),
    "DeltaLimits.recentBytesMax": .driven(
      by: "dictionary_shouldBeMade_whenItSavesMoreThanItCosts"),
    "DeltaLimits.recentDeltasMax": .estimate(
      "bounds what is held of deltas without bytes, as recentBytesMax does of others"),
    "DeltaLimits.heldOutPart": .driven(by: "dictionary_shouldBeMade_whenItSavesMoreThanItCosts"),
    "DeltaLimits.dictionaryTryBytesMin": .driven(
      by: "dictionary_shouldBeMade_whenItSavesMoreThanItCosts"),
    "DeltaLimits.dictionaryTryBytesMax": .estimate(
      "a dictionary is tried once in as many bytes, which take far longer to compress"),
    "DeltaLimits.dictionaryBytesMin": .driven(
      by: "dictionary_shouldBeMade_whenItSavesMoreThanItCosts"),
    "DeltaLimits.dictionaryStep": .estimate(
      "four sizes are tried; between two of them the saving changes by a few hundredths"),
    "DeltaLimits.dictionaryBytesMax": .driven(by: "strangeDictionary_shouldBeRefused"),
    "DeltaLimits.dictionariesMax": .driven(
      by: "dictionariesOfAPeer_shouldBeLimited_andTheOldestGiveWay"),
    "DeltaLimits.dictionaryAttemptsMax": .driven(
      by: "lackedDictionary_shouldBeSentAgain_andAtLastNotBeUsed"),
    "DeltaLimits.pushBytesMax": .driven(
      by: "pushes_shouldStayInTheirWindow_andBeOfBoundedSize"),
    "DeltaLimits.windowBytesFirst": .driven(
      by: "pushes_shouldStayInTheirWindow_andBeOfBoundedSize"),
    "DeltaLimits.windowBytesMin": .driven(
      by: "pushes_shouldStayInTheirWindow_andBeOfBoundedSize"),
    "DeltaLimits.windowBytesMax": .driven(
      by: "pushes_shouldStayInTheirWindow_andBeOfBoundedSize"),
    "DeltaLimits.attemptsMax": .driven(by: "pushes_shouldStayInTheirWindow_andBeOfBoundedSize"),
    "DeltaLimits.refusalsMax": .driven(
      by: "refusedDeltas_shouldLeadToAComparison_whenTheyNeverFit"),
    "DeltaLimits.answerOperationsMax": .driven(by: "longAnswer_shouldComeInParts"),
    "DeltaLimits.answerIDsMax": .driven(by: "operationsOfManyRecords_shouldBeRefused"),
    "DeltaLimits.answerPagesMax": .driven(by: "longAnswer_shouldComeInParts"),
  ]
}
