extension LimitTable {
  static let keyValueSessionLimits: [String: Proof] = [
    "KeyValueLimits.treeDepth": .estimate("a form: both sides of a comparison have the same"),
    "KeyValueLimits.viewChangesMax": .driven(by: "aView_shouldBeGivenUp_afterTooManyChanges"),
    "KeyValueLimits.namedEntriesPerTurn": .driven(by: "namesOfRecords_shouldBeMadeInTurns"),
    "KeyValueLimits.namingPause": .estimate("how long clients are served between turns"),
    "KeyValueLimits.namesKept": .driven(by: "namesOfRecords_shouldBeGivenBack"),
    "KeyValueLimits.idsPerAnswerMax": .driven(by: "aFullExchange_shouldGoInParts"),
    "KeyValueLimits.exchangeLanes": .estimate("how many parts are asked for at a time"),
    "KeyValueLimits.rememberedDigestBytesMin": .estimate("what costs little is hashed again"),
    "KeyValueLimits.rememberedDigestsMax": .estimate("memory; what is forgotten is hashed again"),
    "KeyValueLimits.sessionRequestsPerWindowMax": .estimate(
      "members are no strangers; what one request costs has limits of its own"),
    "KeyValueLimits.sessionBatchRecords": .estimate("how long one answer keeps the loop"),
    "KeyValueLimits.suspectsMax": .driven(
      by: "sameKeys_shouldNotBeRepairedForEver_whenTheTreeIsWrong_report1"),
    "KeyValueLimits.largeRecordsPerRequest": .driven(by: "moreLargeValues_shouldGoInParts"),
    "KeyValueLimits.largeRecordsMax": .estimate("what is left out is in the next session"),
    "KeyValueLimits.contentSliceBytes": .driven(
      by: "aValueAboveWhatASessionCarries_shouldBeFetchedInSlices_report14"),
    "KeyValueLimits.settlePauseFirst": .estimate("how often is asked"),
    "KeyValueLimits.settlePauseMax": .estimate("how often is asked"),
    "KeyValueLimits.settleVainMax": .estimate("how often a peer that fetches nothing is asked"),
    "KeyValueLimits.answeredSessionsMax": .estimate(
      "beyond it a session's end is not known and it counts as not complete"),
  ]
}
