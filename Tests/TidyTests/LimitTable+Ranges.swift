extension LimitTable {
  static let reconciliationRangesLimits: [String: Proof] = [
    "ReconciliationLimits.frameBytesMin": .driven(by: "frame_shouldBeRefused_belowItsLeastBytes"),
    "ReconciliationLimits.frameReserveBytes":
      .driven(by: "frame_shouldKeepItsReserve_forTheFingerprintOfTheRest"),
    "ReconciliationLimits.rangeMessageBytesMax":
      .driven(by: "message_shouldBeRefused_aboveItsBytes"),
    "ReconciliationLimits.rangeMessagesMax":
      .driven(by: "liar_shouldNotKeepAnInitiatorBusy_norFillIt"),
    "ReconciliationLimits.rangeIDsNeededMax":
      .driven(by: "liar_shouldNotKeepAnInitiatorBusy_norFillIt"),
    "ReconciliationLimits.lookPartsMax":
      .driven(by: "look_shouldTellNothing_whenTheMessageHasNoParts"),
    "ReconciliationLimits.rangeNodeEntriesMax":
      .driven(by: "leaf_shouldBeCut_whenItHasMoreThanItsEntries"),
  ]
}
