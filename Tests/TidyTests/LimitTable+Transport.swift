extension LimitTable {
  static let transportLimits: [String: Proof] = [
    "TransportLimits.recordBytesMax": .driven(by: "cipher_shouldEncrypt_upToTheLongestMessage"),
    "TransportLimits.handshakeMessageBytesMax":
      .driven(by: "tooLongMessage_shouldBeRefused_byItsLength"),
    "TransportLimits.attachmentBytesMax":
      .driven(by: "attachment_shouldBeAsLongAsItsLimit_andNoLonger"),
    "TransportLimits.rekeyRecords":
      .driven(by: "keys_shouldBeReplaced_afterSoManyRecordsOrBytes_atBothEnds"),
    "TransportLimits.rekeyBytes":
      .driven(by: "keys_shouldBeReplaced_afterSoManyRecordsOrBytes_atBothEnds"),
    "TransportLimits.pieceBytesMax": .driven(by: "piece_shouldBeAsLongAsItsLimit_andNoLonger"),
    "TransportLimits.bulkPieceBytesMax":
      .driven(by: "header_shouldWaitForOneFrameAtMost_whateverElseWaits"),
    "TransportLimits.streamsMax": .driven(by: "streams_shouldBeSoManyAtMost_ofEachEnd"),
    "TransportLimits.initialCreditBytes":
      .driven(by: "messages_shouldBeSent_asFarAsTheCreditGoes"),
    "TransportLimits.messageOverheadBytes": .driven(by: "emptyMessages_shouldCostCredit"),
    "TransportLimits.creditBytesMax": .driven(by: "credit_shouldBeRefused_beyondItsLimit"),
    "TransportLimits.pingsPendingMax": .driven(by: "pongsThatWait_shouldBeSoManyAtMost"),
    "TransportLimits.messageBytesMax": .driven(by: "message_shouldBeRefused_whenItIsTooLarge"),
    "TransportLimits.inboundPoolBytes": .driven(by: "largestMessage_shouldArrive_byTheDefaults"),
    "TransportLimits.outboundBytesMax":
      .driven(by: "messagesThatWait_shouldStayBelowTheirBytes_andLeaveRoomForUrgentOnes"),
    "TransportLimits.outboundUrgentBytes":
      .driven(by: "messagesThatWait_shouldStayBelowTheirBytes_andLeaveRoomForUrgentOnes"),
    "TransportLimits.emitBytesMin":
      .driven(by: "bytes_shouldNeverBeMoreThanAskedFor_andComeForEmitBytesMin"),
    "TransportLimits.newBuckets":
      .driven(by: "oneGroupOfSources_shouldReachFewPlaces_howeverMuchItTells"),
    "TransportLimits.newBucketsPerSource":
      .driven(by: "oneGroupOfSources_shouldReachFewPlaces_howeverMuchItTells"),
    "TransportLimits.bucketPlaces":
      .driven(by: "oneGroupOfSources_shouldReachFewPlaces_howeverMuchItTells"),
    "TransportLimits.triedBuckets": .driven(by: "oneGroupOfAddresses_shouldReachFewTriedPlaces"),
    "TransportLimits.triedBucketsPerGroup":
      .driven(by: "oneGroupOfAddresses_shouldReachFewTriedPlaces"),
    "TransportLimits.addressFailuresMax":
      .driven(by: "newAddress_shouldLeave_afterSoManyFailures"),
    "TransportLimits.redialPauseFirst":
      .driven(by: "choice_shouldKeepToWhatIsDue_andDoubleThePause"),
    "TransportLimits.redialDoublings":
      .driven(by: "choice_shouldKeepToWhatIsDue_andDoubleThePause"),
    "TransportLimits.addressesToldMax":
      .driven(by: "toldAddresses_shouldBeTried_andAQuarterAtMost"),
    "TransportLimits.anchorsMax": .driven(by: "anchors_shouldBeTheLastConnections"),
  ]
}
