extension LimitTable {
  static let deltaLimits: [String: Proof] = [:]
}
