import Foundation
import Storage
import TestSupport
import Testing

@Suite struct StoreGrowthTests {
  private static let namespace = Namespace("test/growth")

  private static func open(_ folder: TemporaryFolder, mapBytes: Int) throws -> LMDBStore {
    try LMDBStore(
      path: folder.store, owner: StoreOwner(kind: "test", version: 1),
      options: LMDBOptions(mapBytes: mapBytes, mapBytesMax: 1 << 26))
  }

  private static func put(_ bytes: Int, in store: LMDBStore) throws {
    try store.write { transaction throws(StorageError) in
      try transaction.put(namespace.key([1]), [UInt8](repeating: 7, count: bytes))
    }
  }

  /// Who reads for long can see that a writer waits for room, and leave.
  @Test func store_shouldSayThatItWaits_whileItMustGrow() throws {
    let folder = TemporaryFolder()
    let store = try Self.open(folder, mapBytes: 1 << 20)
    let done = DispatchSemaphore(value: 0)
    #expect(!store.isGrowthWaiting)
    try store.read { snapshot throws(StorageError) in
      Thread.detachNewThread {
        try? Self.put(4 << 20, in: store)
        done.signal()
      }
      while !store.isGrowthWaiting { usleep(100) }
      #expect(try snapshot.value(of: Self.namespace.key([1])) == nil)
    }
    done.wait()
    #expect(!store.isGrowthWaiting)
    let value = try store.read { snapshot throws(StorageError) in
      try snapshot.value(of: Self.namespace.key([1]))
    }
    #expect(value?.count == 4 << 20)
  }

  /// With room reserved, nobody waits for a reader.
  @Test func store_shouldNotWait_whenRoomWasReserved() throws {
    let folder = TemporaryFolder()
    let store = try Self.open(folder, mapBytes: 1 << 20)
    try store.reserve(8 << 20)
    let bytes = try store.mapBytes()
    #expect(bytes >= 8 << 20)
    try store.reserve(1)
    #expect(try store.mapBytes() == bytes)
    let done = DispatchSemaphore(value: 0)
    try store.read { _ throws(StorageError) in
      Thread.detachNewThread {
        try? Self.put(4 << 20, in: store)
        done.signal()
      }
      done.wait()
    }
    #expect(try store.mapBytes() == bytes)
    // Not above what the store may have, and not inside a snapshot.
    try store.reserve(1 << 30)
    #expect(try store.mapBytes() == 1 << 26)
    #expect(throws: StorageError.self) {
      let other = TemporaryFolder()
      let small = try Self.open(other, mapBytes: 1 << 20)
      try small.read { _ throws(StorageError) in try small.reserve(8 << 20) }
    }
    let memory = try MemoryStore(owner: StoreOwner(kind: "test", version: 1))
    try memory.reserve(1 << 40)
    #expect(!memory.isGrowthWaiting)
  }
}
