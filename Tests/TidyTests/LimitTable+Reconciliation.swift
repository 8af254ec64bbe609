extension LimitTable {
  static let reconciliationLimits: [String: Proof] = [
    "ReconciliationLimits.keyBytesMax": .driven(
      by: "record_shouldBeRefused_whenItsKeyIsEmptyOrTooLong"),
    "ReconciliationLimits.cachedSymbols": .driven(by: "prefix_shouldBeKeptCurrent_toItsLimit"),
  ]
}
