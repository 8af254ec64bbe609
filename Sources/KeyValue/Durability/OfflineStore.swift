import CRDT

/// A store without a server, for commands that work on a data directory alone.
final class OfflineStore {
  private let disk: any LogDisk
  private let identity: StoreIdentity
  let report: RecoveryReport
  var core: KeyValueCore

  /// Reads a directory; it may be empty unless it is only read.
  /// - Parameter identity: who it is from now on; if it is there and not only read, of this only
  ///   the replica counts.
  init(
    _ disk: any LogDisk, as identity: StoreIdentity, at milliseconds: UInt64, isReadOnly: Bool
  ) throws(LogError) {
    self.disk = disk
    let found = try KeyValueRecovery.identity(of: disk)
    guard found != nil || !isReadOnly else {
      throw LogError(.missing, disk.path, "there is no key-value store")
    }
    self.identity =
      isReadOnly
      ? identity : StoreIdentity(store: found?.store ?? identity.store, replica: identity.replica)
    core = KeyValueCore(.offline(self.identity), at: milliseconds)
    var recovery = KeyValueRecovery(disk, repair: false, isReadOnly: isReadOnly)
    try recovery.run(into: &core, at: milliseconds)
    report = recovery.report
  }

  /// Writes all as a checkpoint: into the directory itself, where it takes the place of all before,
  /// or into an empty one.
  func writeAll(into target: (any LogDisk)? = nil, at milliseconds: UInt64) throws(LogError) {
    // A new store begins with frame 2, so that without its checkpoint it is none.
    let last = max(1, target == nil ? report.lastFrame : 0)
    let log = try DurableLog(
      target ?? disk, identity, mode: .no, worker: InlineLogWorker(), last: last)
    try log.save(core, at: milliseconds)
  }
}
