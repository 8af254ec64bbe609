import Primitives

/// Copies of data directories.
public enum KeyValueBackup {
  /// Copies a store as it is, also while a node writes to it: the newest checkpoint and the log
  /// that goes on from it. What is written meanwhile is in it up to some batch.
  /// - Parameter target: an empty directory.
  /// - Returns: what was found in the copy, which was read in full.
  public static func copy(
    from disk: any LogDisk, to target: any LogDisk, at milliseconds: UInt64
  ) throws(LogError) -> KeyValueCheck {
    try requireEmpty(target)
    for attempt in 1...KeyValueLimits.backupAttempts {
      do throws(LogError) {
        try copyFiles(disk, target)
        break
      } catch {
        // A checkpoint was done meanwhile, and what came before it is gone.
        let hasGone =
          try LogFiles(disk).checkpoints.last?.name != LogFiles(target).checkpoints.last?.name
        try clear(target)
        guard hasGone, attempt < KeyValueLimits.backupAttempts else { throw error }
      }
    }
    return try KeyValueCheck(target, at: milliseconds)
  }

  private static func requireEmpty(_ target: any LogDisk) throws(LogError) {
    guard try LogFiles(target).isEmpty else {
      throw LogError(.present, target.path, "there is a key-value store already")
    }
  }

  private static func clear(_ target: any LogDisk) throws(LogError) {
    let files = try LogFiles(target)
    do throws(DiskError) {
      for file in files.checkpoints + files.segments { try target.remove(file.name) }
    } catch { throw LogError(error) }
  }

  private static func copyFiles(
    _ disk: any LogDisk, _ target: any LogDisk
  ) throws(LogError) {
    let files = try LogFiles(disk)
    guard !files.isEmpty else {
      throw LogError(.missing, disk.path, "there is no key-value store")
    }
    let checkpoint = files.checkpoints.last
    let segments = files.segments.filter { $0.first >= checkpoint?.first ?? 0 }
    do throws(DiskError) {
      for file in (checkpoint.map { [$0] } ?? []) + segments {
        try copyFile(file.name, disk, target)
      }
      try target.synchronize()
      // All that was listed is there; and nothing became unneeded before it was copied.
      _ = try disk.size(of: (checkpoint ?? segments[0]).name)
    } catch { throw LogError(error) }
  }

  private static func copyFile(
    _ name: String, _ disk: any LogDisk, _ target: any LogDisk
  ) throws(DiskError) {
    let (file, size) = (try target.create(name), try disk.size(of: name))
    var offset = 0
    while offset < size {
      let count = min(size - offset, KeyValueLimits.readAheadBytes)
      let bytes = try disk.read(name, at: offset, count: count)
      // Cut shorter meanwhile, by a node whose disk is full.
      if bytes.isEmpty { break }
      try DurableLog.append(bytes, to: file)
      offset += bytes.count
    }
    try file.synchronize()
  }

  /// Makes a store of a copy: all that is in it, under a new identity, so that other replicas do
  /// not take it for the one whose later writes they have.
  /// - Parameter target: an empty directory.
  public static func restore(
    from disk: any LogDisk, to target: any LogDisk, as identity: StoreIdentity,
    at milliseconds: UInt64
  ) throws(LogError) -> RecoveryReport {
    try requireEmpty(target)
    let store = try OfflineStore(disk, as: identity, at: milliseconds, isReadOnly: true)
    try store.writeAll(into: target, at: milliseconds)
    return store.report
  }
}
