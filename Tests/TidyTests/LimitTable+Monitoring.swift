extension LimitTable {
  static let monitoringLimits: [String: Proof] = [
    "MonitoringLimits.connectionsMax":
      .driven(by: "streamsAndConnections_shouldBeSoManyAtMost"),
    "MonitoringLimits.connectionsPerAddressMax":
      .driven(by: "streamsAndConnections_shouldBeSoManyAtMost"),
    "MonitoringLimits.eventClientsMax":
      .driven(by: "streamsAndConnections_shouldBeSoManyAtMost"),
    "MonitoringLimits.transactionBytesMax":
      .driven(by: "transactions_shouldBeTaken_asDigitsOrBytes_andRefusedWithAReason"),
    "MonitoringLimits.sampleInterval":
      .driven(by: "health_shouldEnd_whenTheNodeDoesNotAnswer"),
    "MonitoringLimits.rateWindow":
      .driven(by: "rate_shouldBeMeasuredOverItsWindow"),
    "MonitoringLimits.aliveTimeMax":
      .driven(by: "health_shouldEnd_whenTheNodeDoesNotAnswer"),
    "MonitoringLimits.readyLagBlocksMax":
      .driven(by: "node_shouldBeReady_onlyWithItsStateAndAtTheHead"),
    "MonitoringLimits.rejectionKindsMax":
      .driven(by: "rejections_shouldBeSoManyKindsAtMost"),
    "MonitoringLimits.recentRejectionsMax":
      .driven(by: "rejections_shouldBeCounted_byKindAndReason_andTheLastBeKept"),
    "MonitoringLimits.recentStallsMax":
      .driven(by: "stall_shouldLast_untilItIsResolvedOrHasAnotherCause"),
    "MonitoringLimits.requestsTrackedMax":
      .driven(by: "rangeInFlight_shouldBeKnown_fromTheQuestionToTheEndOfItsRequest"),
    "MonitoringLimits.peerHeightsMax":
      .driven(by: "heights_shouldBeTheHighestHeard_ofSoManyPeers"),
    "MonitoringLimits.keySpaceParts":
      .driven(by: "origins_shouldSayWhoBroughtWhat_inPartsOfTheKeySpace"),
    "MonitoringLimits.rangesListedMax":
      .driven(by: "missingRanges_shouldBeJoinedOverTheirSmallestGaps_whenThereAreTooMany"),
    "MonitoringLimits.peersListedMax":
      .driven(by: "peers_shouldBeListed_upToTheirLimit"),
    "MonitoringLimits.namesCountedMax":
      .driven(by: "names_shouldBeSoManyAtMost"),
  ]
}
