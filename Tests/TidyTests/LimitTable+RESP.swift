extension LimitTable {
  static let respLimits: [String: Proof] = [:]
}
