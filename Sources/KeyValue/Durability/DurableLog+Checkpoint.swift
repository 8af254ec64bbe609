/// A checkpoint that is being written.
struct CheckpointRun {
  let file: any LogDiskFile
  /// The first frame of the log that goes on from it.
  let first: UInt64
  var frames: FrameWriter
  /// The next entry, and the one behind the last.
  var cursor: UInt32 = 0
  let end: UInt32
  var entries: UInt64 = 0
  var bytes = LogHeader.bytes
  /// Log bytes when it began.
  let logBytes: Int
  /// Whether all is written and the disk is waited for.
  var isEnding = false
}

/// Checkpoints: every entry, written in slices between batches while the log goes on.
///
/// An entry is written as it is when its slice comes. That is enough: effects are absolute and the
/// newest version wins, so the log from where the checkpoint began makes of any mix of old and new
/// entries what there was.
extension DurableLog {
  public var isRunning: Bool { checkpoint != nil }

  /// Whether the log is so long that a checkpoint is worth it.
  public func wantsCheckpoint(_ core: borrowing KeyValueCore) -> Bool {
    guard checkpoint == nil, retryTicks == 0, case .open = state else { return false }
    return logBytes
      >= max(
        KeyValueLimits.checkpointBytesMin, KeyValueLimits.checkpointRatio * core.dataBytes)
  }

  /// Begins a checkpoint, unless one is running; `stepCheckpoint` goes on. Between batches or in
  /// one.
  public func startCheckpoint(_ core: borrowing KeyValueCore) throws(LogError) {
    guard checkpoint == nil else { return }
    lastFailure = nil
    if let refusal { throw LogError(.refused, disk.path, refusal) }
    do throws(DiskError) {
      let first = try beginSegment()
      try disk.remove(LogFiles.newCheckpoint)
      let file = try disk.create(LogFiles.newCheckpoint)
      let header = LogHeader(.checkpoint, identity, first: first).stored
      try Self.append(header.bytes, to: file)
      checkpoint = CheckpointRun(
        file: file, first: first, frames: FrameWriter(seed: header.seed, next: 1),
        end: core.table.numbers, logBytes: logBytes)
      notice(.checkpointBegun(frame: first))
    } catch {
      retryTicks = KeyValueLimits.checkpointRetryTicks
      throw LogError(error)
    }
  }

  /// Writes the next slice, unless what a batch wrote is not in the log yet. `milliseconds` is the
  /// time, for `lastSave`. False when there is nothing more to write.
  public func stepCheckpoint(_ core: borrowing KeyValueCore, at milliseconds: UInt64) -> Bool {
    if core.hasEffects { return isRunning }
    return writeSlice(core, at: milliseconds, worker)
  }

  private func writeSlice(
    _ core: borrowing KeyValueCore, at milliseconds: UInt64, _ worker: any LogWorker
  ) -> Bool {
    guard var run = checkpoint, !run.isEnding else { return false }
    // What was cleared is gone.
    let end = min(run.end, core.table.numbers)
    let last = min(UInt64(end), UInt64(run.cursor) + UInt64(KeyValueLimits.sliceEntries))
    run.frames.clear()
    // One that is raised later is in the log that goes on.
    if run.cursor == 0, core.floor > 0 { run.frames.addFloor(core.floor, safe: 0) }
    while UInt64(run.cursor) < last, run.frames.bytes.count < KeyValueLimits.sliceBytes {
      if let view = core.view(of: run.cursor) {
        run.frames.add(view, safe: 0)
        run.entries += 1
      }
      run.cursor += 1
    }
    run.isEnding = run.cursor >= end
    if run.isEnding {
      run.frames.endCheckpoint(entries: run.entries)
    } else if !run.frames.isEmpty {
      run.frames.endBatch(safe: 0)
    }
    do throws(DiskError) { try Self.append(run.frames.bytes, to: run.file) } catch {
      abandonCheckpoint("\(error)")
      return false
    }
    run.bytes += run.frames.bytes.count
    checkpoint = run
    if run.isEnding { finish(run, at: milliseconds, worker) }
    return !run.isEnding
  }

  /// Brings the log to the disk, so that there is no part of a batch in the checkpoint that could
  /// be lost; then the checkpoint; then gives it its name; then removes what came before.
  private func finish(_ run: CheckpointRun, at milliseconds: UInt64, _ worker: any LogWorker) {
    let (files, through) = unsafeFiles()
    worker.run(
      { Self.synchronize(files) },
      done: { [self] error in
        didSync(files, through: through, error)
        if error == nil, !isBroken { return name(run, at: milliseconds, worker) }
        forgetCheckpoint(refusal ?? "the log could not be synced")
      })
  }

  private func name(_ run: CheckpointRun, at milliseconds: UInt64, _ worker: any LogWorker) {
    let disk = disk
    worker.run(
      {
        do throws(DiskError) {
          try run.file.synchronize()
          try disk.rename(LogFiles.newCheckpoint, to: LogFiles.checkpoint(run.first))
          try disk.synchronize()
        } catch { return error }
        Self.removeOld(disk, before: run.first)
        return nil
      },
      done: { [self] error in
        if let error {
          if error.doing == .synced { _ = LogFiles.markFailedSync(disk) }
          return forgetCheckpoint("\(error)")
        }
        checkpoint = nil
        lastSave = milliseconds
        notice(.checkpointDone(entries: run.entries, bytes: run.bytes))
        didCheckpoint(logBytes: run.logBytes)
      })
  }

  /// Removes what no recovery reads any more. What cannot be removed is removed by the next one.
  private static func removeOld(_ disk: any LogDisk, before first: UInt64) {
    guard let files = try? LogFiles(disk) else { return }
    for old in files.segments where old.first < first { try? disk.remove(old.name) }
    for old in files.checkpoints where old.first < first { try? disk.remove(old.name) }
  }

  /// Gives the checkpoint at hand up, if there is one; the log goes on. One that is being brought
  /// to the disk goes on too: it has only what is in the log.
  func abandonCheckpoint(_ reason: String) {
    if let checkpoint, !checkpoint.isEnding { forgetCheckpoint(reason) }
  }

  private func forgetCheckpoint(_ reason: String) {
    checkpoint = nil
    lastFailure = reason
    retryTicks = KeyValueLimits.checkpointRetryTicks
    try? disk.remove(LogFiles.newCheckpoint)
    notice(.checkpointFailed(reason))
  }

  /// Writes a whole checkpoint and waits for it: SAVE, and what works on a directory alone.
  /// - Throws: if it could not be written, or one is running; the log is as it was.
  public func save(_ core: borrowing KeyValueCore, at milliseconds: UInt64) throws(LogError) {
    guard !isRunning else { throw LogError(.refused, disk.path, "a checkpoint is running") }
    try startCheckpoint(core)
    let worker = InlineLogWorker()
    // All of it between two requests: what is not in the log yet is in it as a whole.
    while writeSlice(core, at: milliseconds, worker) {}
    if let reason = lastFailure {
      throw LogError(.disk, disk.path, refusal ?? "the checkpoint could not be written: \(reason)")
    }
  }
}

extension DurableLog {
  /// Writes everything anew after a restart that found files not to be trusted (`distrusted` of the
  /// report): into files that the system has to bring to the disk. Before the first batch.
  public func renew(_ core: borrowing KeyValueCore, at milliseconds: UInt64) throws(LogError) {
    try save(core, at: milliseconds)
    do throws(DiskError) {
      try disk.remove(LogFiles.syncFailed)
      try disk.synchronize()
    } catch {
      if error.doing == .synced { _ = LogFiles.markFailedSync(disk) }
      throw LogError(error)
    }
  }
}

extension KeyValueCore {
  /// Bytes of keys and values.
  public var dataBytes: Int { table.dataBytes }
}
