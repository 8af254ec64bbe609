import Foundation
import Locking
import Storage
import TestSupport
import Testing

/// What only the store on disk does.
@Suite struct LMDBStoreTests {
  private let folder = TemporaryFolder()

  private func open(_ options: LMDBOptions = LMDBOptions()) throws -> LMDBStore {
    try LMDBStore(path: folder.store, owner: StorePlace.owner, options: options)
  }

  private static let small = LMDBOptions(
    durability: .onRequest, mapBytes: 64 << 10, mapBytesMax: 1 << 20)

  private static func fill(
    _ transaction: inout StoreTransaction, from start: Int = 0, count: Int
  ) throws(StorageError) {
    for number in start..<(start + count) {
      try transaction.put("key \(number)".key, [UInt8](repeating: 1, count: 1_000))
    }
  }

  /// A process that is forked while the store is open has its descriptors too, until it starts its
  /// program.
  @Test func directory_shouldBeFree_whenAForkedProcessStillHasItsDescriptors() throws {
    let store = try open()
    try store.put("a", "1")
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    let copies = descriptors.compactMap { name -> Int32? in
      let target = try? FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/self/fd/" + name)
      guard target == folder.store, let descriptor = Int32(name) else { return nil }
      return dup(descriptor)
    }
    #expect(!copies.isEmpty)
    defer { for copy in copies { close(copy) } }
    try store.close()
    #expect(try open().text("a") == "1")
  }

  @Test func damagedRecord_shouldBeNamedByItsKey() throws {
    let store = try open()
    try store.put("left", "one of its kind")
    try store.close()
    var data = try Data(contentsOf: URL(filePath: folder.file))
    let place = try #require(data.range(of: Data("one of its kind".utf8)))
    data[place.lowerBound] ^= 1
    try data.write(to: URL(filePath: folder.file))
    let damaged = try open()
    for read in [{ _ = try damaged.text("left") }, { _ = try damaged.all() }] {
      do {
        try read()
        Issue.record("a damaged record was read")
      } catch {
        #expect((error as? StorageError)?.reason == "corrupted")
        let record = "the record 6c656674 of test/plain"
        #expect("\(error)" == "\(folder.file) is damaged: \(record) is not what was written")
      }
    }
  }

  @Test func map_shouldGrow_whenATransactionDoesNotFit() throws {
    let store = try open(Self.small)
    let before = try store.mapBytes()
    var runs = 0
    try store.write { transaction throws(StorageError) in
      runs += 1
      try Self.fill(&transaction, count: 400)
    }
    #expect(runs > 2)
    #expect(try store.mapBytes() > before)
    #expect(try store.all().count == 400)
    try store.close()
    #expect(try open(Self.small).all().count == 400)
  }

  @Test func map_shouldGrow_evenIfTheErrorIsCaught() throws {
    let store = try open(Self.small)
    try store.write { transaction throws(StorageError) in
      do throws(StorageError) { try Self.fill(&transaction, count: 400) } catch {}
    }
    #expect(try store.all().count == 400)
  }

  @Test func transaction_shouldBeRefused_whenTheMapMayNotGrow() throws {
    let store = try open(Self.small)
    try store.put("a", "1")
    let thrown = reason {
      try store.write { transaction throws(StorageError) in
        try Self.fill(&transaction, count: 2_000)
      }
    }
    #expect(thrown == "map_full")
    #expect(try store.mapBytes() == Self.small.mapBytesMax)
    #expect(try store.all().count == 1)
    try store.put("a", "2")
    #expect(try store.text("a") == "2")
  }

  @Test func transaction_shouldBeRefused_whenItsOwnSnapshotHoldsTheMap() throws {
    let store = try open(Self.small)
    try store.read { snapshot throws(StorageError) in
      let thrown = reason {
        try store.write { transaction throws(StorageError) in
          try Self.fill(&transaction, count: 400)
        }
      }
      #expect(thrown == "map_full")
      #expect(try snapshot.entries() == [])
    }
    try store.write { transaction throws(StorageError) in
      try Self.fill(&transaction, count: 400)
    }
    #expect(try store.all().count == 400)
  }

  @Test func map_shouldGrow_whileOtherThreadsRead() async throws {
    let store = try open(Self.small)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for part in 0..<20 {
          try store.write { transaction throws(StorageError) in
            try Self.fill(&transaction, from: part * 20, count: 20)
          }
        }
      }
      for _ in 0..<3 {
        group.addTask {
          for _ in 0..<200 {
            try store.read { snapshot throws(StorageError) in
              let count = try snapshot.entries().count
              // Whoever holds a snapshot is let in again, although the map is to move.
              try store.read { inner throws(StorageError) in
                #expect(try inner.entries().count >= count)
              }
              #expect(count % 20 == 0)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.all().count == 400)
  }

  @Test(.timeLimit(.minutes(1)))
  func map_shouldStay_whileAnotherThreadHoldsASnapshot() throws {
    let store = try open(Self.small)
    try store.put("a", "1")
    let reader = SlowReader(store)
    try store.write { transaction throws(StorageError) in
      do throws(StorageError) {
        try Self.fill(&transaction, count: 400)
      } catch {
        reader.end()
        throw error
      }
    }
    #expect(reader.hasEnded)
    #expect(reader.found == "1")
    #expect(try store.all().count == 401)
  }

  @Test(.timeLimit(.minutes(1)))
  func transactionsInSnapshots_shouldNotWaitForEachOther_whileTheMapGrows() async throws {
    // Old pages cannot be used again as long as snapshots read them: there must be room for all.
    var options = Self.small
    options.mapBytesMax = 64 << 20
    let store = try open(options)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<3 {
        group.addTask {
          for part in 0..<30 {
            let refused = reason {
              try store.read { _ throws(StorageError) in
                try store.write { transaction throws(StorageError) in
                  try Self.fill(&transaction, from: (writer * 30 + part) * 5, count: 5)
                }
              }
            }
            guard refused == "map_full" else { continue }
            try store.write { transaction throws(StorageError) in
              try Self.fill(&transaction, from: (writer * 30 + part) * 5, count: 5)
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.all().count == 450)
  }

  @Test func snapshot_shouldBeRefused_aboveTheLimitOfReaders() throws {
    let store = try open(LMDBOptions(readersMax: 2))
    try store.read { _ throws(StorageError) in
      try store.read { _ throws(StorageError) in
        #expect(reason { _ = try store.all() } == "too_many_readers")
      }
    }
    #expect(try store.all() == [])
  }

  @Test func flippedBit_shouldBeFound_whenItsValueIsRead() throws {
    let store = try open()
    try store.put("key", "a value that stands in the file")
    try store.put("other", "sound")
    try store.close()
    var data = try #require(FileManager.default.contents(atPath: folder.file))
    while let place = data.range(of: Data("stands".utf8)) { data[place.lowerBound] ^= 4 }
    try data.write(to: URL(fileURLWithPath: folder.file))
    let damaged = try open()
    #expect(try damaged.text("other") == "sound")
    #expect(reason { _ = try damaged.text("key") } == "corrupted")
    #expect(reason { _ = try damaged.all() } == "corrupted")
  }

  @Test func file_shouldBeRefusedAndLeftAsItWas_whenItIsNotOurs() throws {
    let store = try open(LMDBOptions(mapBytes: 256 << 10))
    try store.put("a", "1")
    try store.close()
    let sound = try #require(FileManager.default.contents(atPath: folder.file))
    #expect(sound.count == 256 << 10)
    func patched(_ old: String, _ new: [UInt8]) -> Data {
      var data = sound
      while let place = data.range(of: Data(old.utf8)) { data.replaceSubrange(place, with: new) }
      return data
    }
    // The version follows the eight letters; the new beginning keeps the search from going on.
    func ofFormat(_ version: UInt8) -> Data {
      var data = sound
      var from = data.startIndex
      while let place = data.range(of: Data("livesync".utf8), in: from..<data.endIndex) {
        data[place.upperBound] = version
        from = place.upperBound
      }
      return data
    }
    let plants: [(Data, String)] = [
      (Data("a text of somebody else".utf8), "foreign_file"), (Data("short".utf8), "foreign_file"),
      (Data(repeating: 0x55, count: 20_000), "foreign_file"),
      (patched("records", Array("recordz".utf8)), "foreign_file"),
      (patched("header", Array("hexder".utf8)), "foreign_file"),
      (patched("livesync", Array("deadsync".utf8)), "foreign_file"), (ofFormat(9), "newer_format"),
      (ofFormat(1), "older_format"),
      (Data(), "truncated"), (sound.prefix(10), "truncated"), (sound.prefix(5_000), "truncated"),
      (sound.prefix(2 * 4_096), "truncated"), (sound.prefix(3 * 4_096 + 5), "truncated"),
    ]
    for (plant, expected) in plants {
      try plant.write(to: URL(fileURLWithPath: folder.file))
      let before = try folder.contents()
      let thrown = #expect(throws: StorageError.self) { _ = try open() }
      #expect(thrown?.reason == expected, "\(plant.count) bytes: \(String(describing: thrown))")
      #expect(thrown?.description.contains(folder.file) == true)
      #expect(try folder.contents() == before)
    }
    try sound.write(to: URL(fileURLWithPath: folder.file))
    let before = try folder.contents()
    let thrown = #expect(throws: StorageError.self) {
      _ = try LMDBStore(path: folder.store, owner: StorePlace.otherOwner)
    }
    #expect(thrown?.reason == "other_owner")
    #expect(thrown?.description.contains(folder.file) == true)
    #expect(try folder.contents() == before)
    #expect(try open().text("a") == "1")
  }

  @Test func directory_shouldBeRefused_whenItIsOpenUnderAnotherName() throws {
    let store = try open()
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.store)
    for path in [folder.store, folder.store + "/", folder.store + "/../store", link] {
      let opening = reason { _ = try LMDBStore(path: path, owner: StorePlace.owner) }
      #expect(opening == "already_open")
    }
    try store.close()
    #expect(try LMDBStore(path: link, owner: StorePlace.owner).all() == [])
  }

  @Test func directory_shouldBeRefused_whenThereIsNoneAboveIt() throws {
    let path = folder.path + "/a/b"
    let thrown = #expect(throws: StorageError.self) {
      _ = try LMDBStore(path: path, owner: StorePlace.owner)
    }
    #expect(thrown?.reason == "failed_open")
    #expect(thrown?.description.contains(path) == true)
  }

  @Test func store_shouldBeCreated_whenACrashLeftHalfOfOne() throws {
    try FileManager.default.createDirectory(
      atPath: folder.store, withIntermediateDirectories: false)
    let half = folder.file + ".new"
    try Data("half".utf8).write(to: URL(fileURLWithPath: half))
    try open().put("a", "1")
    #expect(!FileManager.default.fileExists(atPath: half))
    #expect(try open().text("a") == "1")
  }
}

/// A thread that holds a snapshot until some time after it is told to end it.
private final class SlowReader: Sendable {
  private let hasBegun = DispatchSemaphore(value: 0)
  private let mayEnd = DispatchSemaphore(value: 0)
  private let result = Lock<(hasEnded: Bool, found: String?)>((false, nil))

  var hasEnded: Bool { result.withLock { $0.hasEnded } }
  var found: String? { result.withLock { $0.found } }

  /// Returns when the snapshot is open.
  init(_ store: any KeyValueStore) {
    Thread.detachNewThread { [self] in
      try? store.read { snapshot throws(StorageError) in
        hasBegun.signal()
        mayEnd.wait()
        usleep(50_000)
        let bytes = try snapshot.value(of: "a".key) ?? []
        result.withLock { $0 = (true, String(decoding: bytes, as: UTF8.self)) }
      }
    }
    hasBegun.wait()
  }

  func end() {
    mayEnd.signal()
  }
}
