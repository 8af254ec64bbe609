import Runtime

/// Does the log's waiting on a thread of its own.
final class RuntimeLogWorker: LogWorker {
  private let runtime: EventLoopRuntime
  private let worker: any Worker
  /// What the last work took.
  private var last = Duration.zero

  init(_ runtime: EventLoopRuntime) {
    self.runtime = runtime
    worker = runtime.worker("key-value log")
  }

  func run(
    _ work: @escaping @Sendable () -> DiskError?, done: @escaping (DiskError?) -> Void
  ) {
    let began = runtime.now
    let done = Unshared { [self] (error: DiskError?) in
      last = began.duration(to: runtime.now)
      done(error)
    }
    runtime.spawn("key-value log") { [worker, runtime] in
      let error = await worker.run(work)
      runtime.perform { done.value(error) }
    }
  }

  func gather(_ done: @escaping () -> Void) {
    let pause = min(last / KeyValueLimits.gatherShare, KeyValueLimits.gatherPauseMax)
    let done = Unshared(done)
    runtime.schedule(at: runtime.now.advanced(by: pause)) { done.value() }
  }
}

/// A data directory for a server: recovery, the log, its syncs and checkpoints.
///
/// `@unchecked Sendable`: after `init` touched on the loop's thread only.
public final class KeyValueDurability: @unchecked Sendable {
  /// Who the store is from now on: a new replica at each start, since this directory may be a copy
  /// of another one, or have lost writes in a crash that other replicas have heard of. So no
  /// version and no event of a replicated value is ever given twice.
  public let identity: StoreIdentity
  public let fsync: FsyncMode
  private let disk: any LogDisk
  private let repair: Bool
  private var log: DurableLog?
  private weak var server: KeyValueServer?
  private var runtime: EventLoopRuntime?
  private var timer: TimerTicket?
  private var sliceTimer: TimerTicket?
  private let clock: WallClock

  /// Opens a data directory and locks it.
  /// - Parameters:
  ///   - repair: whether damage is dropped with what follows it.
  ///   - fresh: the replica to be, and the store if it is made anew.
  public convenience init(
    directory: String, fsync: FsyncMode, repair: Bool = false, fresh: StoreIdentity,
    clock: WallClock = .system
  ) throws(LogError) {
    try self.init(
      disk: DirectoryDisk(path: directory, forWriting: true), fsync: fsync, repair: repair,
      fresh: fresh, clock: clock)
  }

  package init(
    disk: any LogDisk, fsync: FsyncMode, repair: Bool, fresh: StoreIdentity, clock: WallClock
  ) throws(LogError) {
    self.disk = disk
    self.fsync = fsync
    self.repair = repair
    self.clock = clock
    let stored = try KeyValueRecovery.identity(of: disk)?.store
    identity = StoreIdentity(store: stored ?? fresh.store, replica: fresh.replica)
  }

  /// Recovers what is stored into the server's core, and has its batches logged from now on. The
  /// server's replica is that of `identity`. On the loop's thread, before the server listens.
  public func attach(
    to server: KeyValueServer, notice: @escaping (LogNotice) -> Void
  ) throws(LogError) -> RecoveryReport {
    precondition(server.core.settings.replica == identity.replica, "another replica's store")
    var recovery = KeyValueRecovery(disk, repair: repair, isReadOnly: false)
    try recovery.run(into: &server.core, at: clock.milliseconds)
    let report = recovery.report
    let log = try DurableLog(
      disk, identity, mode: fsync, worker: RuntimeLogWorker(server.runtime),
      last: report.lastFrame, logBytes: report.logBytes)
    // Later: a log that is given the core to read may tell, and the server then changes it.
    log.committed = { [weak server, runtime = server.runtime] batch in
      runtime.soon { [weak server] in server?.committed(through: batch) }
    }
    log.failed = { [weak server, runtime = server.runtime] reason in
      runtime.soon { [weak server] in server?.commitFailed(reason) }
    }
    log.resumed = { [weak server] in server?.core.writeRefusal = nil }
    log.notice = notice
    if !report.distrusted.isEmpty { try log.renew(server.core, at: clock.milliseconds) }
    server.log = log
    (self.log, self.server, runtime) = (log, server, server.runtime)
    scheduleTick()
    return report
  }

  /// Begins a checkpoint, unless one is running.
  public func startCheckpoint() throws(LogError) {
    guard let log, let server else { return }
    try log.startCheckpoint(server.core)
  }

  /// Whether a checkpoint is running.
  public var isRunning: Bool { log?.isRunning ?? false }
  /// When the last checkpoint was done, in milliseconds since 1970.
  public var lastSave: UInt64? { log?.lastSave }

  /// Brings all to the disk, and ends. On the loop's thread, after the server has stopped.
  public func close() {
    if let timer { runtime?.cancel(timer) }
    if let sliceTimer { runtime?.cancel(sliceTimer) }
    log?.close()
    // A checkpoint that is being brought to the disk keeps the lock as long as the process.
    if log?.isRunning != true { disk.unlock() }
    log = nil
  }

  private func scheduleTick() {
    guard let runtime else { return }
    timer = runtime.schedule(at: runtime.now.advanced(by: KeyValueLimits.syncPause)) {
      [weak self] in
      self?.tick()
    }
  }

  private func tick() {
    guard let log, let server else { return }
    log.tick()
    if log.wantsCheckpoint(server.core) { try? log.startCheckpoint(server.core) }
    if log.isRunning, sliceTimer == nil { scheduleSlice() }
    scheduleTick()
  }

  private func scheduleSlice() {
    guard let runtime else { return }
    sliceTimer = runtime.schedule(at: runtime.now.advanced(by: KeyValueLimits.slicePause)) {
      [weak self] in
      guard let self, let log, let server else { return }
      sliceTimer = nil
      if log.stepCheckpoint(server.core, at: clock.milliseconds) { scheduleSlice() }
    }
  }
}

extension KeyValueServer {
  /// The log, if it is one that keeps checkpoints.
  private var durable: DurableLog? { log as? DurableLog }

  /// Has INFO and LASTSAVE tell of checkpoints as they are now.
  func noteCheckpoint() {
    guard let durable else { return }
    core.isSaving = durable.isRunning
    if let saved = durable.lastSave { core.lastSavedAt = saved }
  }

  /// Writes everything to disk for SHUTDOWN SAVE; gives why it could not.
  func saveBeforeEnd() -> String? {
    guard let log = durable else { return "this node keeps its keys in memory only" }
    core.forgetParts()
    do throws(LogError) { try log.save(core, at: core.now) } catch { return "\(error)" }
    return nil
  }

  /// Answers SAVE and BGSAVE.
  func save(isInBackground: Bool) {
    guard let log = durable else {
      return replies.error("ERR nothing is saved: this node keeps its keys in memory only")
    }
    defer { noteCheckpoint() }
    do throws(LogError) {
      guard !log.isRunning else { return replies.error("ERR Background save already in progress") }
      if isInBackground {
        try log.startCheckpoint(core)
        replies.simple("Background saving started")
      } else {
        core.forgetParts()
        try log.save(core, at: core.now)
        replies.simple("OK")
      }
    } catch { replies.error("ERR \(error)") }
  }
}
