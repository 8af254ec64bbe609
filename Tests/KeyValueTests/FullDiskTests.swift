import Glibc
import KeyValue
import TestSupport
import Testing

/// What was written before the disk refused.
@Suite struct FullDiskTests {
  @Test func whatWasWrittenBefore_shouldBeSynced_whileTheDiskIsFull() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always, isDelayed: true)
    #expect(store.batch("SET a 1") == .waiting)
    // The first sync takes the first batch only.
    #expect(store.batch("SET b 2") == .waiting)
    disk.fullWith = ENOSPC
    guard case .failed = store.batch("SET c 3") else {
      Issue.record("a write on a full disk was taken")
      return
    }
    store.worker?.doAll()
    #expect(store.acknowledged == 2)
    #expect(store.log.safe == store.log.written)
    #expect(store.failures.isEmpty)
  }

  @Test(arguments: [false, true])
  func everysec_shouldSync_whileTheDiskIsFull(isClosed: Bool) throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .everysec)
    #expect(store.batch("SET a 1") == .done)
    disk.fullWith = ENOSPC
    store.batch("SET b 2")
    isClosed ? store.log.close() : store.log.tick()
    var random = SeededGenerator(seed: 1)
    let found = try LoggedStore.entries(of: disk.afterCrash(powerLoss: &random, true))
    #expect(found == store.states[1])
  }

  @Test func whatWaits_shouldBeToldThatItFailed_whenTheLogBreaksDown() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always, isDelayed: true)
    #expect(store.batch("SET a 1") == .waiting)
    #expect(store.batch("SET b 2") == .waiting)
    // The write fails, and so does taking it back.
    disk.faults[disk.calls] = .error(ENOSPC, written: 3)
    disk.faults[disk.calls + 1] = .error(EIO, written: 0)
    guard case .failed = store.batch("SET c 3") else {
      Issue.record("a write that failed was taken")
      return
    }
    #expect(store.failures.count == 1)
    #expect(store.failures.first == store.log.refusal)
    store.worker?.doAll()
    #expect(store.acknowledged == 0 && store.failures.count == 1)
  }

  @Test func writes_shouldStayRefused_whenTheFileBehindThePendingOnesCannotBeMade() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .everysec)
    store.batch("SET a 1")
    disk.fullWith = ENOSPC
    store.batch("SET b " + String(repeating: "v", count: 700))
    disk.fullWith = nil
    var hasResumed = false
    store.log.resumed = { hasResumed = true }
    // Calls: the write, then to make the file, its header, its sync, its name, the names' sync.
    disk.faults[disk.calls + 3] = .error(EIO, written: 0)
    store.log.tick()
    #expect(!hasResumed)
    #expect(store.log.refusal?.contains("restart") == true)
    #expect(store.failures.count == 1)
  }
}
