extension LimitTable {
  static let keyValueReplicationLimits: [String: Proof] = [
    "KeyValueLimits.clockLeaseMilliseconds": .driven(
      by: "aClockThatWasTold_shouldNotBeForgotten_whenTheWallClockIsSetBack"),
    "KeyValueLimits.membersMax": .driven(by: "members_shouldBeLimited"),
    "KeyValueLimits.removedMembersMax": .driven(by: "members_shouldBeLimited"),
    "KeyValueLimits.memberAddressesMax": .driven(by: "settings_shouldBeLimited_andNamed"),
    "KeyValueLimits.addressBytesMax": .driven(by: "settings_shouldBeLimited_andNamed"),
    "KeyValueLimits.memberNameBytesMax": .driven(by: "settings_shouldBeLimited_andNamed"),
    "KeyValueLimits.pinsMax": .driven(by: "pinnedAddresses_shouldBeBounded_andThoseOfMembersStay"),
    "KeyValueLimits.namedPeersMax": .driven(by: "settings_shouldBeLimited_andNamed"),
    "KeyValueLimits.gossipBytesMax": .driven(by: "theLongestGossip_shouldFitItsMessage"),
    "KeyValueLimits.pushBytesWanted": .estimate("when a push ends; the rest is next"),
    "KeyValueLimits.pushItemsMax": .driven(by: "itemsAndBytesOfAPush_shouldBeLimited"),
    "KeyValueLimits.pushValueBytesMax": .driven(
      by: "aValue_shouldBeFetched_fromOneByteAboveTheLimitOn"),
    "KeyValueLimits.pushBodyBytesMax": .driven(by: "itemsAndBytesOfAPush_shouldBeLimited"),
    "KeyValueLimits.compressedBytesMin": .estimate("from where on compression is tried"),
    "KeyValueLimits.valueSliceBytesMax": .driven(by: "whatNoNodeSends_shouldBeRefused"),
    "KeyValueLimits.queuedKeysMax": .driven(
      by: "tooManyWaitingKeys_shouldBeDropped_andARoundMakesUpForThem"),
    "KeyValueLimits.queuedKeyBytesMax": .driven(
      by: "waitingKeys_shouldBeLimited_byNumberAndBytes"),
    "KeyValueLimits.pushKeysWanted": .estimate("when a push begins beside another"),
    "KeyValueLimits.pushWindowBytesMin": .driven(
      by: "bytesUnderWay_shouldBeLimited_andTheWindowGrowWithWhatIsTaken"),
    "KeyValueLimits.pushWindowBytesMax": .driven(
      by: "bytesUnderWay_shouldBeLimited_andTheWindowGrowWithWhatIsTaken"),
    "KeyValueLimits.pushesUnderWayMax": .driven(by: "aStream_shouldCount_whatHasNoGap"),
    "KeyValueLimits.applyingBytesMax": .driven(
      by: "pushesThatAreBeingApplied_shouldBeLimited"),
    "KeyValueLimits.fetchesMax": .driven(
      by: "valuesThatAreFetched_shouldBeLimited_andTriedSeveralTimes"),
    "KeyValueLimits.sliceAttemptsMax": .driven(
      by: "valuesThatAreFetched_shouldBeLimited_andTriedSeveralTimes"),
    "KeyValueLimits.pushPauseFirst": .estimate("pause before the next attempt"),
    "KeyValueLimits.pushPauseMax": .estimate("pause before the next attempt"),
    "KeyValueLimits.dialPauseFirst": .estimate("pause before the next attempt"),
    "KeyValueLimits.dialPauseMax": .estimate("pause before the next attempt"),
    "KeyValueLimits.roundsPutOffMax": .driven(by: "rounds_shouldBePutOff_butNotForGood"),
    "KeyValueLimits.sessionsMax": .driven(by: "sessions_shouldBeLimited_andFruitlessOnesTold"),
    "KeyValueLimits.fruitlessSessionsMax": .driven(
      by: "sessions_shouldBeLimited_andFruitlessOnesTold"),
  ]
}
