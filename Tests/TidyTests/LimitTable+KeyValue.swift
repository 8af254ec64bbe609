extension LimitTable {
  static let keyValueLimits: [String: Proof] = [:]
}
