import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// A store on disk that is only looked at.
@Suite struct LMDBArchiveTests {
  @Test func archive_shouldReadWhatIsThere_ofWhateverChain_andChangeNothing() throws {
    let folder = TemporaryFolder()
    let store = try LMDBStore(path: folder.store, owner: StorePlace.otherOwner)
    try store.put("a", "1")
    try store.put("b", String(repeating: "long ", count: 10_000))
    let records = try store.all()
    try store.close()
    let before = try folder.contents()
    do {
      let archive = try LMDBArchive(path: folder.store)
      let second = try LMDBArchive(path: folder.store)
      #expect(archive.header == StoreHeader(owner: StorePlace.otherOwner))
      #expect(archive.bytesInUse > 50_000 && archive.bytesInUse <= archive.fileBytes)
      for each in [archive, second] {
        #expect(
          try each.read { snapshot throws(StorageError) in try snapshot.entries() } == records)
      }
      #expect(
        reason { _ = try LMDBStore(path: folder.store, owner: StorePlace.otherOwner) }
          == "already_open")
      withExtendedLifetime((archive, second)) {}
    }
    #expect(try folder.contents() == before)
    try LMDBStore(path: folder.store, owner: StorePlace.otherOwner).close()
  }

  @Test func directory_shouldBeRefusedAndLeftAsItWas_whenItIsNoStore() throws {
    let folder = TemporaryFolder()
    #expect(reason { _ = try LMDBArchive(path: folder.store) } == "failed_open")
    #expect(try folder.contents().isEmpty)
    #expect(reason { _ = try LMDBArchive(path: folder.path) } == "failed_open")
    let store = try LMDBStore(path: folder.store, owner: StorePlace.owner)
    #expect(reason { _ = try LMDBArchive(path: folder.store) } == "already_open")
    try store.close()
    for (bytes, expected) in [
      ([UInt8]("not a store at all, but long enough".utf8), "foreign_file"), ([], "truncated"),
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: folder.file))
      #expect(reason { _ = try LMDBArchive(path: folder.store) } == expected)
      #expect(FileManager.default.contents(atPath: folder.file) == Data(bytes))
    }
  }
}
