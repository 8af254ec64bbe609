extension LimitTable {
  static let keyValueClusterLimits: [String: Proof] = [
    "KeyValueLimits.waitMillisecondsMax": .estimate("a time that is as good as none"),
    "KeyValueLimits.membersFileBytesMax": .driven(by: "fileOfMembers_shouldBeLimited"),
    "KeyValueLimits.purgeEntriesPerTurn": .estimate("how many are looked at; the rest is next"),
    "KeyValueLimits.toldMax": .driven(by: "strangers_shouldBeToldOfOnce_andNotTooMany"),
    "KeyValueLimits.toldPause": .driven(by: "strangers_shouldBeToldOfOnce_andNotTooMany"),
  ]
}
