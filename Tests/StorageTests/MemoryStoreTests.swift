import Primitives
import Storage
import Testing

/// The crash model and the faults of the store in memory.
@Suite struct MemoryStoreTests {
  private let disk = MemoryDisk(name: "node s0")

  private func open() throws -> MemoryStore {
    try MemoryStore(on: disk, owner: StorePlace.owner)
  }

  @Test func crash_shouldLoseTheOpenTransaction_andNothingElse() throws {
    let store = try open()
    try store.put("a", "1")
    let thrown = reason {
      try store.write { transaction throws(StorageError) in
        try transaction.put("a".key, "2".key)
        store.crash()
        try transaction.put("b".key, "2".key)
      }
    }
    #expect(thrown == "closed")
    #expect(reason { _ = try store.text("a") } == "closed")
    let reopened = try open()
    #expect(try reopened.text("a") == "1")
    #expect(reason { _ = try store.text("a") } == "closed")
    // The dead store must not close the disk under the living one.
    store.crash()
    try store.close()
    #expect(try reopened.text("a") == "1")
  }

  @Test func snapshot_shouldEnd_whenTheStoreCrashes() throws {
    let store = try open()
    try store.put("a", "1")
    let thrown = reason {
      try store.read { snapshot throws(StorageError) in
        store.crash()
        _ = try snapshot.value(of: "none".key)
      }
    }
    #expect(thrown == "closed")
  }

  @Test func commit_shouldBeStored_whenTheCrashComesAfterIt() throws {
    let store = try open()
    // The first record of a namespace is written behind the byte that the namespace gets.
    disk.faults.writes[3] = .crashAfter
    #expect(reason { try store.put("a", "1") } == "closed")
    #expect(try open().text("a") == "1")
  }

  @Test func failedWrite_shouldFailItsTransaction_andLeaveTheStoreUsable() throws {
    let store = try open()
    disk.faults.writes = [1: .failed, 3: .fullDisk]
    #expect(reason { try store.put("a", "1") } == "failed_write")
    #expect(reason { try store.put("a", "2") } == "full_disk")
    try store.put("a", "3")
    #expect(try store.text("a") == "3")
    #expect(disk.writes == 6 && disk.commits == 1)
  }

  @Test func tornCommit_shouldBeSeenUntilTheCrash_andNotAfterIt() throws {
    let store = try open()
    try store.put("a", "1")
    disk.faults.writes[5] = .torn
    try store.put("a", "2")
    #expect(try store.text("a") == "2")
    store.crash()
    #expect(try open().text("a") == "1")
  }

  @Test(arguments: ["commit", "synchronize", "close"])
  func tornCommit_shouldBeWhole_whenTheDiskCaughtUp(_ how: String) throws {
    let store = try open()
    disk.faults.writes[3] = .torn
    try store.put("a", "1")
    switch how {
    case "commit": try store.put("b", "2")
    case "synchronize": try store.synchronize()
    default: try store.close()
    }
    store.crash()
    #expect(try open().text("a") == "1")
  }

  @Test func bitFlip_shouldBeFound_whicheverBitItIs() throws {
    let store = try open()
    try store.put("key", "value")
    let bits = UInt64(8 * ("value".utf8.count + 4))
    for bit in 0..<bits {
      disk.faults.bitFlips = [disk.reads + 1: bit]
      #expect(reason { _ = try store.text("key") } == "corrupted")
      disk.faults.bitFlips = [disk.reads + 1: bit]
      #expect(reason { _ = try store.all() } == "corrupted")
    }
    #expect(try store.text("key") == "value")
  }

  @Test func fullDisk_shouldRefuseGrowth_untilSomethingIsRemoved() throws {
    let store = try open()
    try store.put("a", "12345678")
    disk.faults.capacity = disk.byteCount + 10
    #expect(reason { try store.put("b", "12345678") } == "full_disk")
    #expect(try store.all().count == 1)
    try store.write { transaction throws(StorageError) in
      try transaction.delete("a".key)
      try transaction.put("b".key, "12345678".key)
    }
    #expect(try store.text("b") == "12345678")
  }

  @Test func disk_shouldBeRefusedAndLeftAsItWas_whenItsHeaderIsNotOurs() throws {
    try open().put("a", "1")
    let header = try #require(disk.header)
    var newer = header
    newer[8] = 3
    var older = header
    older[8] = 1
    var damaged = header
    damaged[20] ^= 1
    let plants: [([UInt8], String)] = [
      (Array("something else".utf8), "foreign_file"), (newer, "newer_format"),
      (older, "older_format"), (damaged, "corrupted"), ([], "truncated"),
      (Array(header.dropLast()), "truncated"),
      (Array(header.prefix(5)), "truncated"), (header + [0], "corrupted"),
      (StoreHeader(owner: StorePlace.otherOwner).bytes, "other_owner"),
    ]
    for (plant, expected) in plants {
      disk.header = plant
      #expect(reason { _ = try open() } == expected)
      #expect(disk.header == plant)
    }
    disk.header = newer
    #expect {
      _ = try open()
    } throws: {
      "\($0)" == "node s0 has format 3, this program knows formats up to 2"
    }
    disk.header = header
    #expect(try open().text("a") == "1")
  }

  @Test func tree_shouldStayBalanced_whenKeysComeInOrder() throws {
    let store = try open()
    let count = 50_000
    let keys = (0..<count).map { number in
      (0..<4).reversed().map { UInt8(number >> (8 * $0) & 0xff) }
    }
    try store.write { transaction throws(StorageError) in
      for key in keys { try transaction.put(key, key) }
    }
    let half = try store.write { transaction throws(StorageError) in
      for key in keys.prefix(count / 2) { try transaction.delete(key) }
      return try transaction.entries().map(\.key)
    }
    #expect(half == Array(keys.suffix(count / 2)))
  }

  @Test func copyOfADisk_shouldHaveWhatIsCommitted_andGoItsOwnWay() throws {
    let store = try open()
    try store.put("a", "1")
    let copy = store.disk.copy(name: "copy")
    try store.put("a", "2")
    store.disk.faults.capacity = 1
    let other = try MemoryStore(on: copy, owner: StorePlace.owner)
    #expect(try other.text("a") == "1")
    try other.put("b", "3")
    #expect(try store.text("b") == nil)
    #expect(try store.text("a") == "2")
    #expect(copy.name == "copy" && copy.faults == .none)
  }
}
