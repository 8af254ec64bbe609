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
  ]
}
