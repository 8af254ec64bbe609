import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// A disk that is full: nothing committed is lost, the error says what is needed, and the work goes
/// on when there is room.
@Suite(.serialized) struct FullDiskTests {
  private static func value(_ number: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(number % 251), count: 700)
  }

  private static func put(_ number: Int, in store: LMDBStore) throws(StorageError) {
    try store.write { transaction throws(StorageError) in
      try transaction.put("key \(number)".key, value(number))
    }
  }

  private static func check(_ error: StorageError, _ path: String, _ what: String) {
    #expect(error.reason == "full_disk" && error.isFullDisk, "\(what): \(error)")
    let words = error.description
    #expect(words.hasPrefix("the disk is full: \(path)/"), "\(what): \(words)")
    #expect(words.contains("bytes (No space left on device)"), "\(what): \(words)")
  }

  /// The numbers of the records that are there; each must be whole.
  private static func numbers(of store: LMDBStore) throws -> Set<Int> {
    let entries = try store.all()
    for entry in entries {
      let number = try #require(Int(String(decoding: entry.key.dropFirst(4), as: UTF8.self)))
      #expect(entry.value == value(number))
    }
    return Set(entries.compactMap { Int(String(decoding: $0.key.dropFirst(4), as: UTF8.self)) })
  }

  @Test(
    .enabled(if: SmallDisk.isAvailable, Comment(rawValue: SmallDisk.reasonIfNone)),
    arguments: Durability.allCases)
  func store_shouldKeepWhatIsCommitted_andGoOn_whateverSizeTheDiskHas(
    durability: Durability
  ) throws {
    let options = LMDBOptions(durability: durability)
    var opened = 0
    for kilobytes in stride(from: 4, through: 200, by: 4) {
      let what = "\(kilobytes) kB"
      let disk = try SmallDisk(kilobytes: kilobytes)
      let path = disk.path + "/store"
      func open() throws(StorageError) -> LMDBStore {
        try LMDBStore(path: path, owner: StorePlace.owner, options: options)
      }
      var store: LMDBStore?
      do throws(StorageError) { store = try open() } catch { Self.check(error, path, what) }
      // Half of a file would take the room that is missing.
      #expect(!FileManager.default.fileExists(atPath: path + "/data.mdb.new"), "\(what)")
      guard let first = store else {
        try disk.resize(kilobytes: 400)
        try Self.put(0, in: try open())
        continue
      }
      opened += 1
      var done: Set<Int> = []
      var failure: StorageError?
      for number in 0..<200 where failure == nil {
        do throws(StorageError) {
          try Self.put(number, in: first)
          done.insert(number)
        } catch { failure = error }
      }
      if let failure { Self.check(failure, path, what) }
      // Nothing of what was refused is there, and it can be refused again.
      #expect(try Self.numbers(of: first) == done, "\(what)")
      if failure != nil {
        do throws(StorageError) {
          try first.write { transaction throws(StorageError) in
            try transaction.put([1], [UInt8](repeating: 1, count: kilobytes << 10))
          }
          Issue.record("\(what): more was written than the disk holds")
        } catch { Self.check(error, path, what) }
      }
      try disk.resize(kilobytes: 2_000)
      try Self.put(1_000, in: first)
      try first.close()
      let again = try open()
      #expect(try Self.numbers(of: again) == done.union([1_000]), "\(what)")
      try again.close()
      _ = try LMDBArchive(path: path, checksRecords: true)
    }
    #expect(opened > 10)
  }

  @Test(.enabled(if: SmallDisk.isAvailable, Comment(rawValue: SmallDisk.reasonIfNone)))
  func store_shouldOpen_whenTheDiskIsFullButTheFilesAreThere() throws {
    let disk = try SmallDisk(kilobytes: 200)
    let path = disk.path + "/store"
    let store = try LMDBStore(path: path, owner: StorePlace.owner)
    try Self.put(1, in: store)
    try store.close()
    let filler = disk.path + "/filler"
    try Data().write(to: URL(filePath: filler))
    let handle = try FileHandle(forWritingTo: URL(filePath: filler))
    while (try? handle.write(contentsOf: Data(count: 4_096))) != nil {}
    try handle.close()
    let full = try LMDBStore(path: path, owner: StorePlace.owner)
    #expect(try Self.numbers(of: full) == [1])
    try FileManager.default.removeItem(atPath: filler)
    try Self.put(2, in: full)
    #expect(try Self.numbers(of: full) == [1, 2])
  }

  /// A write behind the limit would end the process by a signal.
  @Test func store_shouldRefuse_whatTheProcessMayNotWrite() async throws {
    let folder = TemporaryFolder()
    let path = folder.path
    try LMDBStore(path: path + "/old", owner: StorePlace.owner).close()
    await #expect(processExitsWith: .success) { [path = path as String] in
      var words: [String] = []
      let open = try LMDBStore(path: path + "/open", owner: StorePlace.owner)
      for bytes in [0, 5_000, 20_000, 1 << 20] as [rlim_t] {
        var limit = rlimit(rlim_cur: bytes, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        for work in [
          { _ = try LMDBStore(path: path + "/new", owner: StorePlace.owner) },
          {
            let options = LMDBOptions(mapBytes: 1 << 30)
            _ = try LMDBStore(path: path + "/old", owner: StorePlace.owner, options: options)
          },
          { try open.put("a", "1") },
        ] {
          do {
            try work()
            words.append("done")
          } catch { words.append("\(error)") }
        }
      }
      let isRight = words.allSatisfy { $0.contains("the disk is full") && $0.contains("too large") }
      var none = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &none)
      try open.put("a", "1")
      exit(isRight ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }
}
