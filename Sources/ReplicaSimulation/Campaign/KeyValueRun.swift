/// One run: a cluster of key-value stores, drawn from a seed.
///
/// The same seed gives the same course of events, byte for byte.
public struct KeyValueRun: Sendable {
  /// What reports call it.
  public static let kind = "kv"

  public let seed: UInt64
  public let planted: KeyValueFault?
  let plan: ReplicaPlan

  public init(seed: UInt64, planted: KeyValueFault? = nil) {
    self.seed = seed
    self.planted = planted
    var plan = ReplicaPlan(seed: seed, replicasMin: ReplicaSimulationLimits.clusterReplicasMin)
    plan.addOldCopy()
    self.plan = plan
  }

  /// Runs the world.
  public func report() -> ReplicaReport { report(of: plan) }

  func report(of plan: ReplicaPlan) -> ReplicaReport {
    var world = ReplicaWorld(plan, KeyValueSubject(plan, planted))
    world.run()
    return ReplicaReport(of: Self.kind, by: nil, world)
  }

  /// The smallest run that fails in the same way; nil if this one does not fail.
  public func shrunk() -> ShrunkRun? {
    var shrinker = PlanShrinker(plan) { report(of: $0) }
    return shrinker?.shrunk()
  }

  /// Runs without other faults, each of which ends the first process at another write point
  /// (`PlanShrinker.crashSweep`).
  public func crashSweep(limit: UInt64) -> [ReplicaReport] {
    plan.crashes(limit: limit) { report(of: $0) }
  }

  /// What must happen in a campaign.
  static let expected: [ReplicaNote] = [
    .comparison, .sessionInterrupted, .floorRaised, .deadRecord, .checkpoint, .powerLoss,
  ]
}
