import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// Directories of stores that are not open: removed, and put in the place of others.
@Suite struct LMDBDirectoryTests {
  private let folder = TemporaryFolder()
  private var old: String { folder.path + "/old" }
  private var new: String { folder.path + "/new" }

  private func make(_ path: String, _ value: String) throws {
    let store = try LMDBStore(path: path, owner: StorePlace.owner)
    try store.put("a", value)
    try store.close()
  }

  private func value(in path: String) throws -> String? {
    let store = try LMDBStore(path: path, owner: StorePlace.owner)
    defer { try? store.close() }
    return try store.text("a")
  }

  @Test func store_shouldBeRemoved_withItsDirectory() throws {
    #expect(try !LMDBStore.exists(path: old))
    try LMDBStore.remove(path: old)
    try make(old, "1")
    #expect(try LMDBStore.exists(path: old))
    try LMDBStore.remove(path: old)
    #expect(try !LMDBStore.exists(path: old))
    #expect(!FileManager.default.fileExists(atPath: old))
  }

  @Test func removal_shouldLeaveWhatIsNoStore() throws {
    try make(old, "1")
    try Data([1]).write(to: URL(fileURLWithPath: old + "/notes"))
    try LMDBStore.remove(path: old)
    #expect(try folder.contents()["old/notes"] == [1])
    #expect(try folder.contents().keys.filter { $0.hasPrefix("old/") } == ["old/notes"])
    // A file where the directory should be is no store.
    try Data([2]).write(to: URL(fileURLWithPath: new))
    #expect(reason { try LMDBStore.remove(path: new) } == "failed_open")
    #expect(FileManager.default.contents(atPath: new) == Data([2]))
    // Nor is a folder of the store file's name.
    let odd = folder.path + "/odd"
    try FileManager.default.createDirectory(
      atPath: odd + "/data.mdb", withIntermediateDirectories: true)
    #expect(reason { try LMDBStore.remove(path: odd) } != nil)
    #expect(FileManager.default.fileExists(atPath: odd + "/data.mdb"))
  }

  @Test func openStore_shouldBeNeitherRemovedNorReplaced() throws {
    try make(new, "2")
    let store = try LMDBStore(path: old, owner: StorePlace.owner)
    try store.put("a", "1")
    #expect(reason { try LMDBStore.remove(path: old) } == "already_open")
    #expect(reason { try LMDBStore.replace(path: old, with: new) } == "already_open")
    #expect(reason { try LMDBStore.replace(path: new, with: old) } == "already_open")
    #expect(reason { try LMDBStore.replace(path: old, with: old) } == "already_open")
    #expect(try store.text("a") == "1")
    try store.close()
    #expect(try value(in: old) == "1" && value(in: new) == "2")
  }

  @Test func store_shouldTakeThePlaceOfAnother_orOfNone() throws {
    try make(old, "1")
    try make(new, "2")
    try LMDBStore.replace(path: old, with: new)
    #expect(try value(in: old) == "2")
    #expect(try !LMDBStore.exists(path: new))
    let third = folder.path + "/third"
    try LMDBStore.replace(path: third, with: old)
    #expect(try value(in: third) == "2")
    #expect(try !LMDBStore.exists(path: old))
    // What is left of the source is an empty directory of a store, which can be removed.
    try LMDBStore.remove(path: old)
    #expect(!FileManager.default.fileExists(atPath: old))
  }

  @Test func replacement_shouldChangeNothing_whenItIsNoStore() throws {
    try make(old, "1")
    #expect(reason { try LMDBStore.replace(path: old, with: new) } == "failed_open")
    #expect(try value(in: old) == "1")
    #expect(reason { try LMDBStore.replace(path: old, with: old) } == "already_open")
    #expect(try value(in: old) == "1")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/odd/data.mdb", withIntermediateDirectories: true)
    #expect(reason { try LMDBStore.replace(path: old, with: folder.path + "/odd") } != nil)
    #expect(try value(in: old) == "1")
  }
}
