extension LimitTable {
  /// Values as patches.
  static let transferLimits: [String: Proof] = [
    "ReconciliationLimits.patchShareMax": .driven(by: "offers_shouldBeMadeOnly_whereTheyPay"),
    "ReconciliationLimits.patchedBytesMax": .driven(
      by: "answers_shouldEnd_whenManyPatchesAreMade"),
    "ReconciliationLimits.vainPatchesMax": .driven(
      by: "values_shouldBeAskedForWhole_whenPatchesMakeOthers"),
    "ReconciliationLimits.pastValuesBytesMax": .driven(
      by: "pastValues_shouldGiveWay_whenTheyAreTooMany"),
  ]
}
