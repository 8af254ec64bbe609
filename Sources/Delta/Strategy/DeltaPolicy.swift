import CRDT
import Reconciliation

/// Predicts what a comparison by logs costs: one flight, and the names of what was done since. Of
/// the other side's log nothing is known beforehand; it is taken to hold as much as this one.
public struct DeltaStrategyModel: StrategyModel {
  public let strategy = StrategyID.delta
  /// What the log holds that the peer lacks; nil if it no longer reaches back.
  public let held: LogExtent?
  /// Replicas in a version.
  private let replicas: Int

  /// Bytes of a replica in a version.
  private static let replicaBytes = 12.0
  /// Nanoseconds to find the records of one operation, about as many as a record of a list takes.
  private static let operationNs = 700.0

  /// - Parameter peer: what the peer is known to have; nothing if that is not known.
  public init(_ log: OperationLog, peer: VersionVector?) {
    held = log.extent(from: peer ?? VersionVector())
    replicas = log.version.replicas.count
  }

  public func cost(of sets: SetFigures) -> StrategyCost {
    // Finite flights, so that it is infinite on a line without any delay, too.
    guard let held else { return StrategyCost(flights: 1, downBytes: .infinity) }
    let operations = max(Double(held.operations), sets.missing)
    let version = CostCoefficients.requestBytes + Self.replicaBytes * Double(replicas)
    let ns = CostCoefficients.flightNs + Self.operationNs * operations
    return StrategyCost(
      flights: 1, upBytes: version,
      downBytes: version + CostCoefficients.idBytes * min(operations, max(1, sets.remoteCount)),
      localNs: ns, remoteNs: ns)
  }
}

/// Asks the logs first if this one reaches back and that is the cheapest way; in all else the
/// policy that it stands on.
public struct DeltaPolicy: SyncPolicy {
  private var base: any SyncPolicy
  private let model: @Sendable () -> DeltaStrategyModel

  /// - Parameters:
  ///   - base: for all that the logs are not used for.
  ///   - model: what the comparison by logs costs at this time (`DeltaReplica.model`).
  public init(
    _ base: any SyncPolicy = AdaptivePolicy(), model: @escaping @Sendable () -> DeltaStrategyModel
  ) {
    self.base = base
    self.model = model
  }

  public mutating func opening(_ situation: SyncSituation) -> SyncOpening? {
    if situation.offered.contains(.delta), let reason = reason(situation) {
      return SyncOpening(plans: [SyncPlan(.delta)], reason: reason)
    }
    return base.opening(Self.others(situation))
  }

  /// Why the logs are asked; nil if another way is cheaper.
  private func reason(_ situation: SyncSituation) -> String? {
    let model = model()
    guard let held = model.held else { return nil }
    let path =
      situation.path
      ?? PathFigures(
        bytesPerSecond: ReconciliationLimits.bytesPerSecondUnknown, roundTrip: 0)
    // As much as this side has done the other one may have done.
    let expected = max(2 * held.operations, situation.lastDifference ?? 0, 1)
    let sets = SetFigures(
      localCount: Double(situation.localCount),
      remoteCount: Double(situation.remoteCount ?? situation.localCount),
      difference: Double(expected))
    let own = model.cost(of: sets).seconds(on: path)
    let others = CoreStrategyModel.all.filter { situation.offered.contains($0.strategy) }
    let best = others.map { $0.cost(of: sets).seconds(on: path) }.min() ?? .infinity
    guard own <= best else { return nil }
    return "the log reaches back: \(held.operations) operations, \(held.bytes) bytes"
  }

  /// The logs are never one of several plans: whether the other one reaches back shows only when it
  /// is asked.
  public func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int {
    let places = plans.indices.filter { plans[$0].strategy != .delta }
    guard !places.isEmpty else { return 0 }
    let picked = base.pick(places.map { plans[$0] }, Self.others(situation))
    return places.indices.contains(picked) ? places[picked] : places[0]
  }

  public mutating func choose(_ situation: SyncSituation) -> SyncChoice? {
    guard situation.current != .delta else { return SyncChoice(.delta, reason: "as before") }
    return base.choose(Self.others(situation))
  }

  private static func others(_ situation: SyncSituation) -> SyncSituation {
    var others = situation
    others.offered.removeAll { $0 == .delta }
    return others
  }
}
