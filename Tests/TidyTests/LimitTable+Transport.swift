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
  ]
}
