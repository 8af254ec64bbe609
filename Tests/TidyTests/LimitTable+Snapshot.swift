extension LimitTable {
  static let snapshotLimits: [String: Proof] = [
    "SnapshotLimits.manifestBytesMax": .driven(
      by: "manifest_shouldBeRefused_whenItHasTooMuchOrNothing"),
    "SnapshotLimits.chunksMax": .driven(by: "manifest_shouldBeRefused_whenItHasTooMuchOrNothing"),
    "SnapshotLimits.piecesMax": .driven(by: "manifest_shouldBeRefused_whenItHasTooMuchOrNothing"),
    "SnapshotLimits.pieceBytesMax":
      .driven(by: "piece_shouldBeRefused_whenItIsEmptyOrTooLarge"),
    "SnapshotLimits.chunkBytesMax": .driven(by: "chunk_shouldBeRefused_whenItIsEmptyOrTooLarge"),
    "SnapshotLimits.defaultLevel": .estimate("a setting of speed against size"),
    "SnapshotLimits.frameBytesMax": .driven(
      by: "index_shouldBeRefused_whenAFrameIsEmptyOrTooLarge"),
    "SnapshotLimits.pieceItemBytes": .estimate("what a piece aims at, below what is enforced"),
    "SnapshotLimits.indexBytesMax": .driven(
      by: "index_shouldBeRefused_whenAFrameIsEmptyOrTooLarge"),
    "SnapshotLimits.smallPieceEvery": .estimate("how a state is cut, not a bound"),
    "SnapshotLimits.smallPieceItems": .estimate("how a state is cut, not a bound"),
    "SnapshotLimits.piecesAimed": .estimate("how a state is cut, not a bound"),
    "SnapshotLimits.filesMax": .estimate("follows from the number of chunks"),
    "SnapshotLimits.directoryEntriesMax":
      .driven(by: "directory_shouldNotBeReadOn_whenItHasTooMuch"),
    "SnapshotLimits.defaultInterval": .estimate("a setting whose values are tested"),
    "SnapshotLimits.defaultKeep": .estimate("a setting whose values are tested"),
    "SnapshotLimits.defaultChunkBytes": .estimate("a setting whose values are tested"),
    "SnapshotLimits.storeRoomBytes": .estimate("room that is reserved, not a bound"),
  ]

  /// Of what nodes ask one another about snapshots.
  static let snapshotMessageLimits: [String: Proof] = [
    "SnapshotLimits.listedMax":
      .driven(by: "listing_shouldNameTheNewest_andNoMoreThanItsLimit"),
    "SnapshotLimits.listBytesMax": .driven(by: "answers_shouldFitTheLimitsOfTheirRequests"),
    "SnapshotLimits.envelopeBytesMax": .driven(by: "answers_shouldFitTheLimitsOfTheirRequests"),
    "SnapshotLimits.listRequestsPerWindowMax":
      .driven(by: "host_shouldRefuse_aboveItsRates_andAnswerLaterAgain"),
    "SnapshotLimits.manifestRequestsPerWindowMax":
      .driven(by: "host_shouldRefuse_aboveItsRates_andAnswerLaterAgain"),
    "SnapshotLimits.pieceRequestsPerWindowMax":
      .driven(by: "host_shouldRefuse_aboveItsRates_andAnswerLaterAgain"),
    "SnapshotLimits.lease":
      .driven(by: "snapshot_shouldStay_whileItIsServed_andGoAfterItsLease"),
    "SnapshotLimits.leaseLook": .estimate("how often it is looked, not a bound"),
    "SnapshotLimits.leasedMax":
      .driven(by: "servedSnapshots_shouldBeRemoved_aboveTheirNumber_theOldestFirst"),
    "SnapshotLimits.sampledDiffsMax": .estimate("a sample, not a bound"),
  ]

  /// Of joining from snapshots of others.
  static let snapshotJoiningLimits: [String: Proof] = [
    "SnapshotLimits.listedPeersMax": .driven(by: "listing_shouldBeBounded_andNameEachOnce"),
    "SnapshotLimits.discoveryTimeDefault": .estimate("a setting whose values are tested"),
    "SnapshotLimits.lookInterval": .estimate("how often it is looked, not a bound"),
    "SnapshotLimits.relistInterval": .estimate("how often peers are asked, not a bound"),
    "SnapshotLimits.trustPeriodDefault": .estimate("a setting whose values are tested"),
    "SnapshotLimits.ageBlocksMax":
      .driven(by: "offer_shouldBeThere_whileItCanBeBroughtForwardAndSomebodyHasIt"),
    "SnapshotLimits.refusedManifestsMax":
      .driven(by: "refusedManifest_shouldNotBeLookedAtAgain_andTheNextOneIs"),
    "SnapshotLimits.candidatesMax":
      .driven(by: "manifests_shouldBeLookedAt_upToTheirNumber"),
    "SnapshotLimits.manifestHostsMax":
      .driven(by: "hosts_shouldBeAskedForAManifest_upToTheirNumber"),
    "SnapshotLimits.holdAnswers": .estimate("a part of a time that is at least holdPatience"),
    "SnapshotLimits.holdPatience": .driven(by: "node_shouldHold_asLongAsItsHeadMoves"),
  ]
}
