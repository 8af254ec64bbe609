extension LimitTable {
  /// Sets of records, their trees, the full exchange and logs.
  static let reconciliationTreeLimits: [String: Proof] = [
    "ReconciliationLimits.pageEntriesMax": .driven(by: "longPages_shouldLeaveNothingOut")
  ]
}
