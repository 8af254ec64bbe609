import Glibc
import KeyValue
import TestSupport
import Testing

/// A sync that failed, a restart, and then the power fails.
@Suite struct FailedSyncTests {
  /// A store of which a sync failed, on the disk that the next process finds.
  private func failed(_ random: inout SeededGenerator) throws -> MemoryDisk {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always)
    for number in 0..<5 { store.batch("SET k\(number) \(number)") }
    // A write, and its sync.
    disk.faults[disk.calls + 1] = .error(EIO, written: 0)
    guard case .failed(let reason) = store.batch("SET lost 1") else {
      Issue.record("a sync that failed is not told")
      return disk
    }
    #expect(reason.contains("until a restart") && disk.files["sync-failed"] != nil)
    return disk.afterCrash(powerLoss: &random, false)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func restart_shouldWriteEverythingAnew_afterAFailedSync(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let disk = try failed(&random)
    let found = try LoggedStore.recover(disk)
    let old = disk.files.keys.filter { $0 != "sync-failed" }
    #expect(!found.report.distrusted.isEmpty && Set(found.report.distrusted) == Set(old))
    let store = try LoggedStore(disk, .always)
    store.batch("SET after 1")
    #expect(disk.files["sync-failed"] == nil)
    #expect(try LoggedStore.recover(disk).report.distrusted.isEmpty)
    let dark = disk.afterCrash(powerLoss: &random, true)
    #expect(try LoggedStore.entries(of: dark) == LoggedStore.entries(store.core), "seed \(seed)")
  }

  @Test func mark_shouldStay_untilAllIsWritten() throws {
    var random = SeededGenerator(seed: 1)
    var calls = 0
    var hasStarted = false
    while !hasStarted {
      let disk = try failed(&random)
      disk.faults[calls] = .error(EIO, written: 3)
      do {
        _ = try LoggedStore(disk, .always)
        hasStarted = disk.faults.keys.allSatisfy { $0 >= disk.calls }
      } catch {
        #expect(disk.files["sync-failed"] != nil, "call \(calls): \(disk.log.last ?? "")")
      }
      // A failure that was not told must have done no harm.
      let next = disk.afterCrash(powerLoss: &random, false)
      let store = try LoggedStore(next, .always)
      let dark = next.afterCrash(powerLoss: &random, true)
      #expect(try LoggedStore.entries(of: dark) == LoggedStore.entries(store.core), "call \(calls)")
      calls += 1
    }
    #expect(calls > 8)
  }

  @Test func refusal_shouldSayIfTheMarkCouldNotBeMade() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always)
    disk.faults[disk.calls + 1] = .error(EIO, written: 0)
    disk.faults[disk.calls + 2] = .error(EROFS, written: 0)
    guard case .failed(let reason) = store.batch("SET a 1") else {
      Issue.record("a sync that failed is not told")
      return
    }
    #expect(reason.contains("copy it before a restart"), "\(reason)")
  }
}
