import Primitives
import Reconciliation

/// What a data directory holds, read from front to back without changing it.
public struct KeyValueCheck: Sendable {
  public let recovery: RecoveryReport
  /// Keys with a value, and records, tombstones counted.
  public let keys: Int
  public let records: Int
  /// The sum of the records' ids at the root of the Merkle tree, as 32 hexadecimal digits.
  public let root: String
  /// Whether a tree that is made of the records alone has the same root.
  public let isIndexEqual: Bool

  /// Reads a directory that no process writes to.
  /// - Throws: the first damage, with file and byte, or why it cannot be read.
  public init(_ disk: any LogDisk, at milliseconds: UInt64) throws(LogError) {
    guard let identity = try KeyValueRecovery.identity(of: disk) else {
      throw LogError(.missing, disk.path, "there is no key-value store")
    }
    let settings = KeyValueSettings.offline(identity)
    var core = KeyValueCore(settings, at: milliseconds)
    var recovery = KeyValueRecovery(disk, repair: false, isReadOnly: true)
    try recovery.run(into: &core, at: milliseconds)
    self.recovery = recovery.report
    (keys, records) = (core.liveCount, core.recordCount)
    var other = KeyValueCore(settings, at: milliseconds)
    other.beginBatch(at: milliseconds)
    do throws(KeyValueCore.Refusal) {
      _ = try other.load(.floor(core.floor))
      try core.forEachEntry { view throws(KeyValueCore.Refusal) in _ = try other.load(view.effect) }
    } catch { throw LogError(.damaged, disk.path, "\(error)") }
    other.finishBatch()
    other.endBatch()
    root = core.digest
    isIndexEqual = root == other.digest
  }
}

extension KeyValueSettings {
  /// For a core that serves nobody. Tombstones stay: other replicas may need them.
  static func offline(_ identity: StoreIdentity) -> KeyValueSettings {
    // The keys are those of a store, so whoever chose them did not know this key.
    let words = identity.store.words
    return KeyValueSettings(
      replica: identity.replica, tableKey: SipKey(low: words.0, high: words.1), seed: words.2,
      keepsTombstones: true)
  }
}
