import Foundation
import Primitives
import Storage
import TestSupport

/// A store with long and short values, removed records, free pages and trees of some levels.
struct DamagePlace {
  let folder = TemporaryFolder()
  let sound: Data
  let records: [StoreEntry]

  init(seed: UInt64, records count: Int = 600) throws {
    var random = SeededGenerator(seed: seed)
    let store = try LMDBStore(
      path: folder.store, owner: StorePlace.owner, options: .init(durability: .onRequest))
    for round in 0..<8 {
      try store.write { transaction throws(StorageError) in
        for _ in 0..<(count / 8) {
          let key = [UInt8(0x10 + random.below(3))] + random.bytes(1 + random.below(40))
          let isLong = random.chance(3)
          try transaction.put(key, random.bytes(random.below(isLong ? 20_000 : 120)))
        }
        guard round % 2 == 1 else { return }
        let start = [UInt8(0x10), UInt8(random.below(200))]
        try transaction.delete(
          in: StoreRange(from: start, to: [start[0], start[1] + 40]))
      }
    }
    records = try store.all()
    try store.close()
    sound = try Data(contentsOf: URL(filePath: folder.file))
  }

  /// Bytes up to the end of the last page in use.
  func bytesInUse() throws -> Int { try LMDBArchive(path: folder.store).bytesInUse }

  /// Nil if the damaged file is as good as the sound one; the reason if it is refused.
  ///
  /// - Parameter opensStore: Whether a node's way to open it is tried, too.
  func reason(of damaged: Data, opensStore: Bool = true) throws -> String? {
    try damaged.write(to: URL(filePath: folder.file))
    let found: [StoreEntry]
    do throws(StorageError) {
      let archive = try LMDBArchive(path: folder.store, checksRecords: true)
      found = try archive.read { snapshot throws(StorageError) in try snapshot.entries() }
    } catch {
      guard opensStore else { return error.reason }
      // What a node would do may not be worse.
      _ = StorageTests.reason {
        let store = try LMDBStore(path: folder.store, owner: StorePlace.owner)
        _ = try store.all()
      }
      return error.reason
    }
    return found == records ? nil : "other records"
  }
}
