import CRDT

/// Changes that are to be made to a log, all or none: they are planned against it, stored together
/// with what they belong to, and then made (`OperationLog.commit`).
public struct LogChanges: Sendable {
  /// Operations at the end, in order.
  public internal(set) var appended: [LoggedOperation] = []
  /// Of some replicas, the last operation after these changes.
  var lasts: [ReplicaID: UInt64] = [:]
  /// As in the log; nil if that stays.
  var fresh: Set<ReplicaID>?
  /// What peers have; nil for those that are forgotten.
  var peers: [ReplicaID: VersionVector?] = [:]
  /// Numbers up to which all of a replica is here otherwise, before `appended`.
  var adopted: [ReplicaID: UInt64] = [:]
  /// Numbers up to which a replica's operations are let go.
  var trimmed: [ReplicaID: UInt64] = [:]
  /// The state of the log that they were planned against.
  var revision: UInt64?

  public init() {}

  public var isEmpty: Bool {
    appended.isEmpty && peers.isEmpty && adopted.isEmpty && trimmed.isEmpty
  }
}
