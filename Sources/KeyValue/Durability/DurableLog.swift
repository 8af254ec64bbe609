#if MUTANTS
  import Primitives
#endif

/// When writes are brought to the disk.
public enum FsyncMode: String, Sendable, CaseIterable {
  /// Before they are acknowledged.
  case always
  /// Once a second; written to the file before they are acknowledged.
  case everysec
  /// When the system likes; written to the file before they are acknowledged.
  case no
}

/// What the log tells its operator.
public enum LogNotice: Sendable, Hashable, CustomStringConvertible {
  /// There is room again: writes go on.
  case resumed
  case checkpointBegun(frame: UInt64)
  case checkpointDone(entries: UInt64, bytes: Int)
  case checkpointFailed(String)

  public var description: String {
    switch self {
    case .resumed: "there is room on the disk again: writes are taken"
    case .checkpointBegun(let frame): "checkpoint begun at frame \(frame)"
    case .checkpointDone(let entries, let bytes):
      "checkpoint done: \(entries) entries in \(bytes) bytes"
    case .checkpointFailed(let reason): "checkpoint failed, the log goes on: \(reason)"
    }
  }
}

/// Log and checkpoints of one store. On one thread, but for what its worker does.
///
/// All that a batch wrote is written by one call before the batch is answered. In mode `always` a
/// sync follows, which takes all batches along that were written before it began. Where some wait
/// when it ends, the next one begins a little later: those who were answered write again meanwhile,
/// and are served by one sync with the others instead of in turn with them.
public final class DurableLog: CommitLog {
  enum State {
    case open
    /// The last write failed and was taken back; `pending` waits to be written.
    case full(String)
    /// What was written may be lost, and nobody can tell: only a restart helps.
    case broken(String)
  }

  public let identity: StoreIdentity
  public let mode: FsyncMode
  let disk: any LogDisk
  let worker: any LogWorker
  let segmentBytes: Int
  private(set) var state = State.open
  private var frames: FrameWriter
  /// Frames that could not be written.
  private var pending: [UInt8] = []
  private var file: any LogDiskFile
  /// Bytes of the file that are good.
  private var fileBytes: Int
  /// The number of the last frame that was written, and of the last one that is safe.
  package private(set) var written: UInt64
  package private(set) var safe: UInt64
  /// Files that may have something that is not on the disk, in order.
  private var unsynced: [any LogDiskFile] = []
  private var isSyncing = false
  /// Batches that wait: their numbers, last frames, and numbers of effects.
  private var waiting: [(batch: UInt64, frame: UInt64, effects: Int)] = []
  /// While the next sync waits for others to write: how many effects it waits for at most.
  private var gathering: Int?
  /// Counts such waits.
  private var gatherings: UInt64 = 0
  /// Log bytes since the last checkpoint began.
  private(set) var logBytes = 0
  var checkpoint: CheckpointRun?
  /// Ticks before the next checkpoint may begin by itself.
  var retryTicks = 0
  /// Why the last checkpoint was given up; nil if it was not.
  public internal(set) var lastFailure: String?
  public internal(set) var lastSave: UInt64?

  /// All batches up to this one are safe.
  public var committed: (UInt64) -> Void = { _ in }
  /// What waits will not be safe, for this reason.
  public var failed: (String) -> Void = { _ in }
  /// Writes can be taken again.
  public var resumed: () -> Void = {}
  public var notice: (LogNotice) -> Void = { _ in }

  /// Goes on behind frame `last` in a new segment.
  /// - Parameters:
  ///   - logBytes: those since the last checkpoint.
  ///   - segmentBytes: of a file, from which on the next one begins.
  public init(
    _ disk: any LogDisk, _ identity: StoreIdentity, mode: FsyncMode, worker: any LogWorker,
    last: UInt64, logBytes: Int = 0, segmentBytes: Int = KeyValueLimits.segmentBytes
  ) throws(LogError) {
    self.disk = disk
    self.identity = identity
    self.mode = mode
    self.worker = worker
    self.segmentBytes = segmentBytes
    self.logBytes = logBytes
    (written, safe) = (last, last)
    do throws(DiskError) {
      let segment = try Self.makeSegment(disk, identity, first: last + 1)
      file = segment.file
      fileBytes = LogHeader.bytes
      frames = FrameWriter(seed: segment.seed, next: last + 1)
    } catch { throw LogError(error) }
  }

  /// Makes a log file. It gets its name when its header is on the disk.
  private static func makeSegment(
    _ disk: any LogDisk, _ identity: StoreIdentity, first: UInt64
  ) throws(DiskError) -> (file: any LogDiskFile, seed: UInt32) {
    let header = LogHeader(.log, identity, first: first).stored
    try disk.remove(LogFiles.newSegment)
    let file = try disk.create(LogFiles.newSegment)
    try append(header.bytes, to: file)
    try file.synchronize()
    try disk.rename(LogFiles.newSegment, to: LogFiles.segment(first))
    try disk.synchronize()
    return (file, header.seed)
  }

  static func append(_ bytes: [UInt8], to file: any LogDiskFile) throws(DiskError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(DiskError) in try file.append(bytes) }
    }
    try result.get()
  }

  /// Why writes are refused; nil if they are not.
  public var refusal: String? {
    switch state {
    case .open: nil
    case .full(let reason), .broken(let reason): reason
    }
  }

  /// Whether what was written may be lost.
  var isBroken: Bool { if case .broken = state { true } else { false } }

  // MARK: Batches

  public func commit(_ core: borrowing KeyValueCore, batch: UInt64) -> CommitOutcome {
    if case .broken(let reason) = state { return .failed(reason) }
    frames.clear()
    let safe = safe
    if core.isCleared { frames.addClear(safe: safe) }
    if core.isFloorRaised { frames.addFloor(core.floor, safe: safe) }
    core.forEachEffect { frames.add($0, safe: safe) }
    frames.endBatch(safe: safe)
    if case .full(let reason) = state {
      keep(reason)
      return .failed(refusal ?? reason)
    }
    do throws(DiskError) { try Self.append(frames.bytes, to: file) } catch {
      takeBack(error)
      return .failed(refusal ?? "\(error)")
    }
    didWrite(frames.bytes.count)
    #if MUTANTS
      if Mutant.isOn(.answeredBeforeSync) { return .done }
    #endif
    guard mode == .always else { return .done }
    waiting.append((batch, written, core.effectCount))
    if let gathering, effectsWaiting >= gathering { self.gathering = nil }
    sync()
    if self.safe >= written { return .done }
    return refusal.map { .failed($0) } ?? .waiting
  }

  private func didWrite(_ bytes: Int) {
    fileBytes += bytes
    logBytes += bytes
    written = frames.next - 1
    if fileBytes >= segmentBytes { try? rotate() }
  }

  /// Goes on in a new file. Where that cannot be made, the old one goes on; where it is unknown
  /// whether it is there, nothing does.
  func rotate() throws(DiskError) {
    guard fileBytes > LogHeader.bytes else { return }
    do throws(DiskError) {
      let segment = try Self.makeSegment(disk, identity, first: written + 1)
      unsynced.append(file)
      file = segment.file
      fileBytes = LogHeader.bytes
      frames.seed = segment.seed
    } catch {
      if error.doing == .synced { breakDown(sync: error) }
      throw error
    }
  }

  // MARK: A disk that refuses

  /// After a write that failed: what it left in the file goes, and the frames wait for room.
  private func takeBack(_ error: DiskError) {
    abandonCheckpoint("\(error)")
    do throws(DiskError) { try file.truncate(to: fileBytes) } catch {
      return breakDown("\(error)")
    }
    let reason = "writes are refused: \(error)"
    state = .full(reason)
    keep(reason)
  }

  private func keep(_ reason: String) {
    guard pending.count + frames.bytes.count <= KeyValueLimits.pendingBytesMax else {
      return breakDown("\(reason); more than \(KeyValueLimits.pendingBytesMax) bytes wait")
    }
    pending += frames.bytes
  }

  /// After a sync that failed: the next process has to know.
  private func breakDown(sync error: DiskError) {
    let isMarked = LogFiles.markFailedSync(disk)
    breakDown(
      isMarked
        ? "\(error)"
        : "\(error); nor can that be noted in the directory: copy it before a restart")
  }

  func breakDown(_ reason: String) {
    abandonCheckpoint(reason)
    state = .broken("writes are refused until a restart: \(reason)")
    pending = []
    waiting = []
    failed(refusal ?? reason)
  }

  /// Tries to write what could not be written. Nothing else was written meanwhile, so the log has
  /// no gap, and nothing in it was lost: writes can be taken again.
  private func writePending() {
    guard case .full = state else { return }
    do throws(DiskError) { try Self.append(pending, to: file) } catch {
      do throws(DiskError) { try file.truncate(to: fileBytes) } catch { breakDown("\(error)") }
      return
    }
    let bytes = pending.count
    pending = []
    state = .open
    didWrite(bytes)
    // The next file may be what it breaks down at.
    if isBroken { return }
    notice(.resumed)
    resumed()
  }

  // MARK: Syncs

  /// What is due each second.
  public func tick() {
    writePending()
    if mode != .no { sync() }
    if retryTicks > 0 { retryTicks -= 1 }
  }

  /// Begins to bring what was written to the disk, unless that is being done, put off or not
  /// needed.
  public func sync() {
    // Also while there is no room: what was written before waits for it.
    guard !isSyncing, gathering == nil, safe < written, !isBroken else { return }
    let (target, files) = (written, unsynced + [file])
    unsynced = []
    isSyncing = true
    worker.run(
      { Self.synchronize(files) },
      done: { [self] error in
        isSyncing = false
        didSync(through: target, error)
      })
  }

  /// Brings all to the disk, and waits for it. Nothing is written any more.
  public func close() {
    abandonCheckpoint("the store is closed")
    guard !isBroken else { return }
    if let error = Self.synchronize(unsynced + [file]) { breakDown(sync: error) }
  }

  static func synchronize(_ files: [any LogDiskFile]) -> DiskError? {
    for file in files {
      do throws(DiskError) { try file.synchronize() } catch { return error }
    }
    return nil
  }

  private func didSync(through target: UInt64, _ error: DiskError?) {
    if isBroken { return }
    if let error {
      // The kernel may have dropped what it could not write, and calls it clean: a second sync
      // proves nothing.
      return breakDown(sync: error)
    }
    safe = max(safe, target)
    // As many write at a time as wait now, with those who are answered.
    let atATime = effectsWaiting
    if let last = waiting.last(where: { $0.frame <= target }) {
      waiting.removeAll { $0.frame <= target }
      committed(last.batch)
    }
    if mode == .always { gather(atATime) }
  }

  private var effectsWaiting: Int { waiting.reduce(0) { $0 + $1.effects } }

  /// Begins the next sync when as many effects wait as did, or after the worker's pause.
  private func gather(_ effects: Int) {
    guard !isSyncing, gathering == nil, effectsWaiting > 0 else { return sync() }
    gathering = effects
    gatherings += 1
    worker.gather { [self, number = gatherings] in
      guard number == gatherings else { return }
      gathering = nil
      sync()
    }
  }

  // MARK: What a checkpoint needs

  /// Begins a segment for a checkpoint to go on from; gives its first frame.
  func beginSegment() throws(DiskError) -> UInt64 {
    try rotate()
    return written + 1
  }

  /// The files that have to be synced before a checkpoint counts, and the frame they go to.
  func unsafeFiles() -> (files: [any LogDiskFile], through: UInt64) {
    (unsynced + [file], written)
  }

  /// These files, the last of which was the one that is written, were synced.
  func didSync(_ files: [any LogDiskFile], through frame: UInt64, _ error: DiskError?) {
    let ended = files.dropLast()
    if error == nil { unsynced.removeAll { file in ended.contains { $0 === file } } }
    didSync(through: frame, error)
  }

  /// A checkpoint is done that began at so many log bytes.
  func didCheckpoint(logBytes bytes: Int) { logBytes -= bytes }
}
