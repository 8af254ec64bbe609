import CRDT
import Primitives
import Reconciliation

/// A replica that has a log of what made its records: sessions can ask it what was done since, and
/// compare in the other ways when the log no longer reaches back.
public struct DeltaReplica: Replica {
  private let base: any Replica
  private let log: @Sendable () -> OperationLog
  private let keys: @Sendable (LoggedOperation) -> [[UInt8]]

  /// - Parameters:
  ///   - base: the records, with other strategies.
  ///   - log: the log as it is now. The records must hold what it has.
  ///   - keys: the keys of the records that an operation changes.
  public init(
    _ base: any Replica, log: @escaping @Sendable () -> OperationLog,
    keys: @escaping @Sendable (LoggedOperation) -> [[UInt8]]
  ) {
    self.base = base
    self.log = log
    self.keys = keys
  }

  public func view() -> any ReplicaView {
    // The log first: records that are newer than it are named once too often, not once too few.
    let log = log()
    return DeltaReplicaView(LoggedView(records: base.view(), log: log, keys: keys))
  }

  public func apply(
    _ entries: [SyncEntry], dropping: [RecordID]
  ) async throws -> any ReplicaView {
    let log = log()
    let records = try await base.apply(entries, dropping: dropping)
    return DeltaReplicaView(LoggedView(records: records, log: log, keys: keys))
  }

  /// What a comparison by this log would cost with the peer that lacks most.
  public var model: DeltaStrategyModel {
    let log = log()
    return DeltaStrategyModel(log, peer: log.stable)
  }
}

/// What such a replica held at one time.
public struct DeltaReplicaView: ReplicaView {
  private let view: LoggedView

  init(_ view: LoggedView) { self.view = view }

  public var summary: ReplicaSummary { view.records.summary }
  public var strategies: [StrategyID] { view.records.strategies + [.delta] }

  public func initiator(
    of plan: SyncPlan, remote: ReplicaSummary?, configuration: SyncConfiguration
  ) -> (any ComparisonInitiator)? {
    guard plan.strategy != .delta else { return DeltaComparison(view) }
    return view.records.initiator(of: plan, remote: remote, configuration: configuration)
  }

  public func responder(of strategy: StrategyID) -> (any ComparisonResponder)? {
    strategy == .delta ? DeltaResponder(view) : view.records.responder(of: strategy)
  }

  public func probe(symbols: Int) -> [UInt8]? { view.records.probe(symbols: symbols) }

  public func answer(toProbe symbols: [UInt8]) throws(ReconciliationError) -> ProbeFinding {
    try view.records.answer(toProbe: symbols)
  }

  public func record(_ id: RecordID) -> Record? { view.records.record(id) }
  public func record(of key: [UInt8]) -> Record? { view.records.record(of: key) }
  public func value(of record: Record) -> [UInt8]? { view.records.value(of: record) }
}
