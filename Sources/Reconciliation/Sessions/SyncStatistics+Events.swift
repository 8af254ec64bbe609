import EventLog
import Runtime

extension Event.Reconciliation {
  static func ended(_ session: SyncSession, after duration: Duration) -> Self {
    .ended(
      peer: session.peer.number, session: session.id.rawValue, outcome: "\(session.phase)",
      cost: session.statistics.cost, durationNs: duration.wholeNanoseconds)
  }

  static func totals(_ statistics: SyncStatistics) -> Self {
    .totals(
      sessions: statistics.sessions, cost: statistics.cost,
      averageUs: Int64((statistics.averageSessionMilliseconds * 1e3).rounded()))
  }
}

extension SyncStatistics {
  var cost: Event.Reconciliation.Cost {
    Event.Reconciliation.Cost(
      items: items, bytes: bytes, originalBytes: compression.originalBytes,
      compressedBytes: compression.compressedBytes,
      averageRatioPpm: (compression.averageRatio * 1e6).rounded().boundedWhole)
  }
}
