extension LimitTable {
  static let productionLimits: [String: Proof] = [
    "ProductionLimits.genesisBytesMax": .driven(by: "fileOnDisk_shouldBeRead_upToItsLimit"),
    "ProductionLimits.blockIntervalMillisecondsMax":
      .driven(by: "largestNumberOfKeyedAccounts_shouldBeTheLimit"),
    "ProductionLimits.timestampMillisecondsMax":
      .driven(by: "largestNumberOfKeyedAccounts_shouldBeTheLimit"),
    "ProductionLimits.keyedAccountsMax":
      .driven(by: "largestNumberOfKeyedAccounts_shouldBeTheLimit"),
    "ProductionLimits.generatedDataBytesMax":
      .driven(by: "largestNumberOfKeyedAccounts_shouldBeTheLimit"),
    "ProductionLimits.keysPerFileMax": .driven(by: "file_shouldHaveSoManyKeysAtMost"),
    "ProductionLimits.keyFileBytesMax": .driven(by: "file_shouldHaveSoManyKeysAtMost"),
    "ProductionLimits.retryDoublingsMax": .driven(by: "failures_shouldDoubleThePause_upToItsLimit"),
    "ProductionLimits.droppedPerBlockMax":
      .driven(by: "transactionsThatCannotBeExecuted_shouldBeLeftOut_andTheBlockMade"),
    "ProductionLimits.headPeersMax": .driven(by: "producerBehindItsPeers_shouldWaitForThem"),
    "ProductionLimits.headPatience": .driven(by: "producerBehindItsPeers_shouldWaitForThem"),
    "ProductionLimits.quietBlocksMax":
      .driven(by: "quietProducer_shouldAskAgain_afterSoManyBlockTimes"),
    "ProductionLimits.answerTimeout":
      .estimate("how long one silent peer holds up a block; the next try asks others"),
    "ProductionLimits.settle":
      .estimate("a default; the tests have their own"),
    "ProductionLimits.lookAgain": .estimate("how often an obstacle is looked at"),
    "ProductionLimits.signaturesRequestBytesMax": .driven(by: "messages_shouldFitTheirLimits"),
    "ProductionLimits.signaturesResponseBytesMax": .driven(by: "messages_shouldFitTheirLimits"),
    "ProductionLimits.signatureRequestsPerWindowMax":
      .driven(by: "requestsForSignatures_shouldBeSoManyAtMost"),
    "ProductionLimits.signaturePeersMax":
      .driven(by: "producer_shouldAskSoManyPeersAtMost_andThoseThatSignedFirst"),
    "ProductionLimits.triesPerTransfer":
      .estimate("draws until a workload is given up for a block, which then has fewer transfers"),
    "ProductionLimits.fee": .estimate("what a workload pays"),
    "ProductionLimits.amountMax": .estimate("what a workload transfers"),
    "ProductionLimits.poolBytes": .driven(by: "pool_shouldStayBelowItsBytes_whoeverFillsIt"),
    "ProductionLimits.pooledBytesMin": .driven(by: "pool_shouldStayBelowItsBytes_whoeverFillsIt"),
    "ProductionLimits.pooledPerSenderMax":
      .driven(by: "sender_shouldHaveSoManyTransactionsAtMost"),
    "ProductionLimits.pooledBlockBytesMax": .driven(by: "block_shouldTakeSoManyBytesAtMost"),
    "ProductionLimits.replacementShare":
      .driven(by: "transaction_shouldReplaceAnother_forAHigherFeeOnly"),
    "ProductionLimits.transactionBytesMax": .driven(by: "messages_shouldFitTheirLimits"),
  ]
}
