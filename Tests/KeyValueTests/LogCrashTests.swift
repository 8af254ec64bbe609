import Glibc
import KeyValue
import TestSupport
import Testing

/// A run of a store on a disk that fails or ends in one call.
struct LogRun {
  let seed: UInt64
  let mode: FsyncMode
  let keepsTombstones: Bool
  let isDelayed: Bool

  init(seed: UInt64) {
    self.seed = seed
    mode = FsyncMode.allCases[Int(seed % 3)]
    keepsTombstones = seed / 3 % 2 == 0
    isDelayed = seed / 6 % 2 == 0
  }

  /// What was promised when the run ended.
  struct Promise {
    var states: [[KeyValueEffect]] = [[]]
    var acknowledged = 0
    /// Batches that a sync covered.
    var safe = 0
  }

  /// Batches, checkpoints, ticks and restarts, until the disk is dead or all is done.
  func play(_ disk: MemoryDisk, batches: Int = 24) -> Promise {
    var random = SeededGenerator(seed: seed)
    var promise = Promise()
    guard let store = try? make(disk) else { return promise }
    func note() {
      promise.states = store.states
      promise.acknowledged = store.acknowledged
      promise.safe = store.frames.lastIndex { $0 <= store.log.safe } ?? 0
    }
    for step in 0..<batches where !disk.isDead {
      if step == batches / 2 { disk.fullWith = nil }
      store.batch(LoggedStore.requests(&random))
      note()
      if random.chance(25) { store.worker?.doOne() }
      if random.chance(20) { store.log.tick() }
      if random.chance(15) { try? store.log.startCheckpoint(store.core) }
      if random.chance(50) { _ = store.log.stepCheckpoint(store.core, at: LoggedStore.now) }
      if random.chance(15) { store.worker?.doAll() }
      note()
    }
    return promise
  }

  func make(_ disk: MemoryDisk) throws -> LoggedStore {
    try LoggedStore(disk, mode, keepsTombstones: keepsTombstones, isDelayed: isDelayed)
  }

  /// What is wrong with what is found after the run; nil if every acknowledged write is there.
  func fault(_ disk: MemoryDisk, _ promise: Promise) -> String? {
    var random = SeededGenerator(seed: seed ^ 0x5eed)
    for loss in 0..<4 {
      let isPowerLoss = loss > 0
      let found = disk.afterCrash(powerLoss: &random, isPowerLoss)
      let least = isPowerLoss && mode != .always ? promise.safe : promise.acknowledged
      do {
        // Once as it is, then with what recovery changes: twice must be the same.
        let entries = try LoggedStore.entries(of: found.copy(), keepsTombstones: keepsTombstones)
        let whole = promise.states.lastIndex(of: entries)
        guard let whole, whole >= least else {
          return "power loss \(loss): found \(whole.map(String.init) ?? "no state"), "
            + "at least \(least) of \(promise.states.count - 1)"
        }
        let store = try make(found)
        guard LoggedStore.entries(store.core) == entries else { return "cutting changed it" }
        store.batch("SET after 1")
        store.worker?.doAll()
        let later = try LoggedStore.entries(of: found, keepsTombstones: keepsTombstones)
        guard later == LoggedStore.entries(store.core) else { return "what followed is lost" }
        guard mode == .always else { continue }
        // The power fails after all: what the killed process left was vouched for.
        let dark = found.afterCrash(powerLoss: &random, true)
        guard try LoggedStore.entries(of: dark, keepsTombstones: keepsTombstones) == later else {
          return "what was acknowledged after a restart is lost"
        }
      } catch { return "power loss \(loss): \(error)" }
    }
    return nil
  }
}

/// Crashes and failures at every call, against what was acknowledged.
@Suite struct LogCrashTests {
  private static func calls(_ run: LogRun) -> Int {
    let disk = MemoryDisk()
    _ = run.play(disk)
    return disk.calls
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func acknowledgedWrites_shouldBeThere_whereverTheProcessEnds(seed: UInt64) {
    let run = LogRun(seed: seed)
    var random = SeededGenerator(seed: seed + 1_000)
    for call in 0...Self.calls(run) {
      let disk = MemoryDisk()
      disk.faults[call] = .crash(written: random.below(400))
      let promise = run.play(disk)
      let fault = run.fault(disk, promise)
      #expect(fault == nil, "seed \(seed), \(run.mode), call \(call): \(disk.log.suffix(3))")
    }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func acknowledgedWrites_shouldBeThere_whateverCallFails(seed: UInt64) {
    let run = LogRun(seed: seed)
    var random = SeededGenerator(seed: seed + 2_000)
    for call in 0...Self.calls(run) {
      let disk = MemoryDisk()
      let code = random.chance(50) ? ENOSPC : EIO
      disk.faults[call] = .error(code, written: random.below(400))
      let promise = run.play(disk)
      let fault = run.fault(disk, promise)
      #expect(fault == nil, "seed \(seed), \(run.mode), call \(call): \(disk.log)")
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func acknowledgedWrites_shouldBeThere_whenTheDiskWasFullForAWhile(seed: UInt64) throws {
    let run = LogRun(seed: seed)
    let disk = MemoryDisk()
    let store = try run.make(disk)
    store.batch("SET a 1")
    store.worker?.doAll()
    disk.fullWith = ENOSPC
    guard case .failed(let reason) = store.batch("SET b 2") else {
      Issue.record("a write on a full disk was taken")
      return
    }
    #expect(reason.contains("No space left"))
    #expect(store.log.refusal != nil)
    store.log.tick()
    #expect(store.log.refusal != nil)
    disk.fullWith = nil
    store.log.tick()
    store.worker?.doAll()
    #expect(store.log.refusal == nil)
    store.core.writeRefusal = nil
    store.batch("SET c 3")
    store.worker?.doAll()
    let found = try LoggedStore.entries(of: disk.copy(), keepsTombstones: run.keepsTombstones)
    #expect(found == store.states.last)
    #expect(found.count == 3)
  }

  @Test func aFailedSync_shouldRefuseWrites_untilARestart() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always)
    store.batch("SET a 1")
    disk.faults[disk.calls + 1] = .error(EIO, written: 0)
    guard case .failed(let reason) = store.batch("SET b 2") else {
      Issue.record("a failed sync was taken for one")
      return
    }
    #expect(reason.contains("until a restart"))
    store.log.tick()
    #expect(store.log.refusal != nil)
    #expect(store.acknowledged == 1)
    #expect(throws: LogError.self) { try store.startCheckpoint() }
  }

  @Test func syncs_shouldTakeAllBatchesAlong_thatWereWrittenBefore() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always, isDelayed: true)
    for number in 1...5 { #expect(store.batch("SET k\(number) v") == .waiting) }
    #expect(store.acknowledged == 0)
    store.worker?.doOne()
    #expect(store.acknowledged == 1)
    store.worker?.doOne()
    #expect(store.acknowledged == 5)
    // One of the header before.
    #expect(disk.log.filter { $0 == "synced log.new" }.count == 3)
  }

  @Test func writes_shouldBeSyncedTogether_whenOthersAreAnsweredMeanwhile() throws {
    let store = try LoggedStore(MemoryDisk(), .always, isDelayed: true)
    let worker = try #require(store.worker)
    worker.holdsGathering = true
    store.batch("SET a v", "SET b v")
    store.batch("SET c v")
    worker.doOne()
    #expect(store.acknowledged == 1 && worker.isIdle, "the next sync waits for two more writes")
    store.batch("SET a w")
    #expect(worker.isIdle)
    store.batch("SET b w")
    #expect(!worker.isIdle)
    // The end of a wait that is over changes nothing.
    worker.endGathering()
    worker.doOne()
    #expect(store.acknowledged == 4 && worker.isIdle)
  }

  @Test func writesThatWait_shouldBeSynced_whenNobodyWritesInThePauseAfterASync() throws {
    let store = try LoggedStore(MemoryDisk(), .always, isDelayed: true)
    let worker = try #require(store.worker)
    worker.holdsGathering = true
    store.batch("SET a v")
    store.batch("SET b v")
    worker.doOne()
    #expect(store.acknowledged == 1 && worker.isIdle)
    worker.endGathering()
    #expect(!worker.isIdle)
    worker.doOne()
    #expect(store.acknowledged == 2)
    // Whoever is alone is not kept waiting.
    store.batch("SET a w")
    #expect(!worker.isIdle)
  }

  // MARK: Planted faults

  /// Whether any seed shows that something is wrong.
  private func isCaught(_ plant: (MemoryDisk) -> Void) -> Bool {
    for seed in 0..<24 as Range<UInt64> {
      let run = LogRun(seed: seed)
      var random = SeededGenerator(seed: seed + 3_000)
      for call in 0...Self.calls(run) {
        let disk = MemoryDisk()
        plant(disk)
        disk.faults[call] = .crash(written: random.below(400))
        let promise = run.play(disk)
        if run.fault(disk, promise) != nil { return true }
      }
    }
    return false
  }

  @Test func harness_shouldCatch_anAcknowledgementBeforeTheSync() {
    #expect(isCaught { $0.forgetsSyncs = true })
  }

  @Test func harness_shouldCatch_segmentsThatGoBeforeTheCheckpointHasItsName() {
    #expect(isCaught { $0.removesBeforeRename = true })
  }

  @Test func harness_shouldCatch_aTailThatIsCutTooShort() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always)
    store.batch("SET a 1")
    store.batch("SET b 2")
    let name = try #require(disk.files.keys.max())
    let inode = try #require(disk.files[name])
    inode.data += [1, 2, 3]
    let sound = disk.copy()
    _ = try LoggedStore(sound, .always)
    #expect(try LoggedStore.entries(of: sound) == store.states.last)
    let faulty = disk.copy()
    faulty.cutsMore = 40
    _ = try? LoggedStore(faulty, .always)
    #expect((try? LoggedStore.entries(of: faulty)) != store.states.last)
  }
}
