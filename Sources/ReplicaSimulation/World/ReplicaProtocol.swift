/// How replicas tell each other what changed.
public enum ReplicaProtocol: String, Sendable, Hashable, CaseIterable {
  /// Numbered deltas, joined while they wait, and full states (`DeltaBuffer`).
  case deltas
  /// Logs of operations, links, and sessions where a log does not reach (room `Delta`).
  case log
}
