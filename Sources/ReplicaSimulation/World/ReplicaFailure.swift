import Reconciliation

/// What a run has found wrong first.
public struct ReplicaFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of thing is wrong; shrinking keeps it.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Replicas did not agree in time.
    case notConverged = "not_converged"
    /// They agree, but not on what the model says.
    case wrongValue = "wrong_value"
    /// What a client was told to be done is nowhere.
    case lostWrite = "lost_write"
    /// One event was given to two changes.
    case reusedDot = "reused_dot"
    /// A change has a time that is not after what it knew.
    case clockBackwards = "clock_backwards"
    /// Changes came that stand on others which never came, though nothing had been lost.
    case unexplainedGap = "unexplained_gap"
    /// What a replica sent was refused by another one.
    case refusedChange = "refused_change"
    /// A replica counts on another one to have what it has not got.
    case falseAcknowledgement = "false_acknowledgement"
    /// A session says that it is complete, and its two sides hold different things.
    case unequalRoots = "unequal_roots"
    /// What was deleted is there again, or a deletion is not kept though somebody lacks it.
    case revived
    /// What has ended for one replica goes on for another, or too long.
    case wrongExpiry = "wrong_expiry"
    /// The store failed in a way that was not asked for.
    case storage = "storage"
    /// The world did not come to rest.
    case endless = "endless"
  }

  public let kind: Kind
  public let detail: String

  public init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  /// What is wrong with a session that has ended; nil if nothing is.
  init?(ended session: SyncSession, of node: Int) {
    guard session.phase == .complete, !session.isEqual else { return nil }
    self.init(
      .unequalRoots, "a session of \(node) with \(session.peer) ended at two roots")
  }

  public var description: String { "\(kind.rawValue): \(detail)" }
}

/// What replicas tell of themselves for the count.
public enum ReplicaNote: String, Sendable, Hashable, CaseIterable {
  /// Took a new id.
  case newID = "new_id"
  /// Changes came before others that they stand on, and were refused.
  case gap = "gap"
  /// A full state was taken in.
  case fullState = "full_state"
  /// A time of another replica was too far ahead.
  case clockAhead = "clock_ahead"
  /// A log no longer reached back to what a peer had.
  case logTooOld = "log_too_old"
  /// Deltas were of no use for another reason.
  case misfit
  /// A log let operations go.
  case trim
  /// A session brought two values together.
  case comparison
  /// The floor was raised: deletions below it are forgotten.
  case floorRaised = "floor_raised"
  /// A peer was told that a record of it is dead.
  case deadRecord = "dead_record"
  /// Everything was written anew (a checkpoint).
  case checkpoint
  /// What was not synced was lost with the power.
  case powerLoss = "power_loss"
  /// Several values that were written at the same time are held of one key.
  case siblings
  /// A session had not ended when one of its processes did.
  case sessionInterrupted = "session_interrupted"
  /// A session was given up and begun anew.
  case sessionLost = "session_lost"
}

/// The faults that a world may have.
public enum ReplicaFault: String, Sendable, Hashable, CaseIterable {
  case symmetricPartition = "symmetric_partition"
  case asymmetricPartition = "asymmetric_partition"
  case isolation
  case loss
  case duplicate
  case reorder
  /// A process ends at a write point, before or after it.
  case crashAtWrite = "crash_at_write"
  case crashBetween = "crash_between"
  /// The store refuses a write and the process goes on.
  case failedWrite = "failed_write"
  case cleanRestart = "clean_restart"
  case pause
  /// Wall clocks at least half an hour apart.
  case skew
  case clockJump = "clock_jump"
  /// A store is replaced by an old copy of itself.
  case restore
  /// A store is replaced by a copy of another replica's: two live replicas with one id.
  case copy
}

/// How often something happened.
public struct ReplicaCoverage: Sendable, Hashable {
  public private(set) var faults: [ReplicaFault: Int] = [:]
  public private(set) var notes: [ReplicaNote: Int] = [:]

  mutating func add(_ fault: ReplicaFault, _ count: Int = 1) { faults[fault, default: 0] += count }
  mutating func add(_ note: ReplicaNote) { notes[note, default: 0] += 1 }

  mutating func merge(_ other: ReplicaCoverage) {
    faults.merge(other.faults, uniquingKeysWith: +)
    notes.merge(other.notes, uniquingKeysWith: +)
  }
}
