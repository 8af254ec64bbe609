import CRDT
import Glibc
import KeyValue
import Primitives
import TestSupport
import Testing

/// Checkpoints, the clock after a restart, checks and backups.
@Suite struct CheckpointTests {
  @Test(arguments: 0..<12 as Range<UInt64>)
  func checkpoint_shouldBeASnapshotWithItsLog_whateverIsWrittenMeanwhile(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let keeps = seed % 2 == 0
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .everysec, keepsTombstones: keeps)
    let count = 3 * KeyValueLimits.sliceEntries
    for start in stride(from: 0, to: count, by: 1_000) {
      store.quietly((start..<min(count, start + 1_000)).map { "SET key:\($0) \($0)" })
    }
    try store.log.startCheckpoint(store.core)
    var slices = 1
    while store.log.stepCheckpoint(store.core, at: 5) {
      slices += 1
      store.batch(LoggedStore.requests(&random))
      store.batch("DEL key:\(random.below(count))", "SET key:\(random.below(count)) new")
    }
    // What was cleared needs none.
    #expect(slices >= 3 || !keeps)
    #expect(!store.log.isRunning && store.log.lastSave == 5)
    store.batch("SET last 1")
    #expect(disk.files.keys.filter { $0.hasPrefix("checkpoint-") }.count == 1)
    #expect(disk.files["log-0000000000000001"] == nil)
    #expect(try LoggedStore.entries(of: disk, keepsTombstones: keeps) == store.states.last)
  }

  @Test func aSlice_shouldBeBounded_byEntriesAndBytes() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no, segmentBytes: 64 << 20)
    let value = String(repeating: "v", count: 40_000)
    for number in 0..<100 { store.quietly(["SET k\(number) \(value)"]) }
    try store.log.startCheckpoint(store.core)
    var sizes: [Int] = []
    repeat {
      sizes.append(disk.files["checkpoint.new"]?.data.count ?? 0)
    } while store.log.stepCheckpoint(store.core, at: 1)
    for (one, next) in zip(sizes, sizes.dropFirst()) {
      #expect(next - one < KeyValueLimits.sliceBytes + 50_000)
    }
    #expect(sizes.count >= 100 * 40_000 / KeyValueLimits.sliceBytes)
  }

  @Test func aCheckpoint_shouldBeWanted_whenTheLogIsLongForItsData() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no, segmentBytes: 1 << 30)
    let value = String(repeating: "v", count: 4 << 20)
    let rounds = KeyValueLimits.checkpointBytesMin / (4 << 20)
    for _ in 0..<rounds {
      #expect(!store.wantsCheckpoint)
      store.quietly(["SET k \(value)"])
    }
    #expect(store.wantsCheckpoint)
    #expect(KeyValueLimits.checkpointRatio >= 1)
    try store.log.save(store.core, at: 1)
    #expect(!store.wantsCheckpoint)
    // One that fails is not tried again at once.
    for _ in 0..<rounds { store.quietly(["SET k \(value)"]) }
    try store.log.startCheckpoint(store.core)
    disk.faults[disk.calls] = .error(ENOSPC, written: 3)
    let goesOn = store.log.stepCheckpoint(store.core, at: 2)
    #expect(!goesOn)
    for _ in 0..<KeyValueLimits.checkpointRetryTicks {
      #expect(!store.wantsCheckpoint)
      store.log.tick()
    }
    #expect(store.wantsCheckpoint)
    #expect(store.log.refusal == nil)
  }

  @Test func theClock_shouldBeginAboveAllThatIsStored_afterARestart() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always)
    store.batch("SET a 1")
    let ahead = HybridTime(ticks: (LoggedStore.now + 300) << 16, replica: ReplicaID(9))
    store.apply(.set(key: [1], kind: .bytes, value: [2], version: ahead, expiry: 0))
    let again = try LoggedStore(disk, .always)
    #expect(again.lastTicks == ahead.ticks)
    again.batch("SET a 2")
    guard case .set(_, _, let value, let version, _)? = again.states.last?.last else {
      Issue.record("no value")
      return
    }
    #expect(value == [50] && version.ticks > ahead.ticks)
  }

  @Test func whatWasClearedOnce_shouldStayCleared_andKeepWhatFollowed_whenReplicasCome() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always, keepsTombstones: false)
    store.batch("SET a 1", "SET b 2")
    store.batch("FLUSHALL")
    store.batch("SET a 3")
    #expect(try LoggedStore.entries(of: disk, keepsTombstones: true) == store.states.last)
  }

  @Test func check_shouldTellWhatIsThere_andChangeNothing() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always)
    for number in 0..<50 { store.batch("SET k\(number) v") }
    try store.log.save(store.core, at: 1)
    store.batch("DEL k1", "SET x 1")
    let name = try #require(disk.files.keys.filter { $0.hasPrefix("log-") }.max())
    let inode = try #require(disk.files[name])
    inode.data += [1, 2, 3]
    let before = disk.files.mapValues { $0.data }
    let check = try KeyValueCheck(disk, at: LoggedStore.now)
    #expect(disk.files.mapValues { $0.data } == before)
    #expect(check.keys == 50 && check.records == 51 && check.isIndexEqual)
    #expect(check.recovery.batches == 1 && check.recovery.checkpointEntries == 50)
    #expect(check.recovery.tornTail?.bytes == 3)
    #expect(check.root.count == 32)
    store.batch("SET x 2")
    inode.data.removeAll()
    #expect(throws: LogError.self) { try KeyValueCheck(disk, at: 1) }
    #expect(throws: LogError.self) { try KeyValueCheck(MemoryDisk(), at: 1) }
  }

  @Test func backup_shouldBeOfOneMoment_andRestoreUnderAnotherIdentity() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .everysec)
    for number in 0..<50 { store.batch("SET k\(number) v", "PEXPIRE k\(number) 100000") }
    try store.log.save(store.core, at: 1)
    store.batch("DEL k1")
    let copy = MemoryDisk()
    let check = try KeyValueBackup.copy(from: disk, to: copy, at: LoggedStore.now)
    #expect(check.keys == 49 && check.recovery.tornTail == nil)
    #expect(try LoggedStore.entries(of: copy) == store.states.last)
    #expect(throws: LogError.self) {
      try KeyValueBackup.copy(from: disk, to: copy, at: LoggedStore.now)
    }
    let identity = StoreIdentity(store: .zero, replica: ReplicaID(99))
    let target = MemoryDisk()
    _ = try KeyValueBackup.restore(from: copy, to: target, as: identity, at: LoggedStore.now)
    #expect(try KeyValueRecovery.identity(of: target) == identity)
    #expect(try LoggedStore.entries(of: target) == store.states.last)
    // Ended before its checkpoint has its name, it is no store that happens to be empty.
    let half = MemoryDisk()
    half.faults[8] = .crash(written: 1)
    #expect(throws: LogError.self) {
      try KeyValueBackup.restore(from: copy, to: half, as: identity, at: LoggedStore.now)
    }
    #expect(throws: LogError.self) { try LoggedStore.entries(of: half) }
  }

  /// A node ends a checkpoint while its directory is copied.
  @Test func backup_shouldBeginAgain_whenFilesGo() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .everysec)
    for number in 0..<50 { store.batch("SET k\(number) v") }
    let copy = MemoryDisk()
    var rounds = 0
    copy.onCreate = {
      rounds += 1
      if rounds < KeyValueLimits.backupAttempts { try? store.log.save(store.core, at: 1) }
      store.batch("SET round \(rounds)")
    }
    _ = try KeyValueBackup.copy(from: disk, to: copy, at: LoggedStore.now)
    #expect(store.states.contains(try LoggedStore.entries(of: copy)))
    #expect(rounds > 2)
  }

  @Test func aSecondProcess_shouldBeRefused() throws {
    let folder = TemporaryFolder()
    let disk = try DirectoryDisk(path: folder.store, forWriting: true)
    #expect(throws: LogError.self) { try DirectoryDisk(path: folder.store, forWriting: true) }
    let store = try LoggedStore(disk, .always)
    store.batch("SET a 1", "SET b 2")
    try store.log.save(store.core, at: 1)
    store.batch("SET c 3")
    let reader = try DirectoryDisk(path: folder.store, forWriting: false)
    #expect(try LoggedStore.entries(of: reader) == store.states.last)
  }

  @Test(.enabled(if: SmallDisk.isAvailable, "\(SmallDisk.reasonIfNone)"))
  func aFullDisk_shouldRefuseWrites_untilThereIsRoom() throws {
    let small = try SmallDisk(kilobytes: 64)
    let disk = try DirectoryDisk(path: small.path + "/kv", forWriting: true)
    let store = try LoggedStore(disk, .always, segmentBytes: 1 << 20)
    let value = String(repeating: "v", count: 5_000)
    var number = 0
    while store.log.refusal == nil, number < 100 {
      store.batch("SET k\(number) \(value)")
      number += 1
    }
    #expect(number > 3 && number < 20)
    let refusal = try #require(store.log.refusal)
    #expect(refusal.contains("No space left"))
    #expect(store.acknowledged == number - 1)
    try small.resize(kilobytes: 1_000)
    store.log.tick()
    #expect(store.log.refusal == nil)
    store.core.writeRefusal = nil
    #expect(store.batch("SET more 1") == .done)
    let reader = try DirectoryDisk(path: small.path + "/kv", forWriting: false)
    #expect(try LoggedStore.entries(of: reader) == store.states.last)
  }

  @Test func whatWaitsForRoom_shouldBeLimited() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no)
    let bytes = KeyValueLimits.valueBytesMax - 10
    disk.fullWith = ENOSPC
    for _ in 0..<KeyValueLimits.pendingBytesMax / bytes {
      #expect(store.log.refusal?.contains("restart") != true)
      store.core.writeRefusal = nil
      store.apply(
        .set(
          key: [1], kind: .bytes, value: Array(repeating: 1, count: bytes),
          version: HybridTime(ticks: store.core.lastTicks + 1, replica: ReplicaID(9)), expiry: 0))
    }
    #expect(store.log.refusal?.contains("restart") == true)
  }
}
