extension LimitTable {
  static let replicaSimulationLimits: [String: Proof] = [:]
}
