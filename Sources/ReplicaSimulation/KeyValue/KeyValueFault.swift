/// A fault that is built into simulated key-value stores, to show that the checks find it.
public enum KeyValueFault: String, Sendable, Hashable, CaseIterable {
  /// Some pushes are acknowledged though nothing of them was stored, and count as complete.
  case acknowledgedHole = "acknowledged_hole"
  /// The floor follows the clock, whoever lacks the deletions below it.
  case earlyPurge = "early_purge"
  /// A push is acknowledged before it is in the log.
  case earlyAcknowledgement = "early_acknowledgement"
  /// A session says that all was exchanged without comparing anything.
  case emptySession = "empty_session"
  /// A write that is not above the floor, of a key that is not held, is stored all the same.
  case storedDead = "stored_dead"
  /// What others write does not raise the clock.
  case deafClock = "deaf_clock"
  /// Clients are answered before the log is synced.
  case unsyncedAnswer = "unsynced_answer"
}
