import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// Namespaces: each a store of its own, in one store.
@Suite struct NamespaceTests {
  private static let seeds = Campaign.seeds("LIVESYNC_STORAGE_SEEDS", default: 6)
  /// One name begins with another, and none is in the order of its first use.
  private static let spaces = ["test/b", "test/b/a", "test/a", "test/c"].map { Namespace($0) }

  @Test(arguments: StoreKind.allCases, 0..<seeds)
  func namespaces_shouldNeverSeeEachOther_whateverTheirKeysAre(
    _ kind: StoreKind, seed: UInt64
  ) throws {
    let place = StorePlace(kind)
    var random = SeededGenerator(seed: seed)
    var model: [StoreKey: [UInt8]] = [:]
    for _ in 0..<5 {
      let store = try place.open()
      for _ in 0..<12 {
        let before = (random, model)
        try store.write { transaction throws(StorageError) in
          // A store that grows runs this again.
          (random, model) = before
          for _ in 0..<(1 + random.below(8)) {
            try Self.change(&transaction, &model, &random, seed)
          }
        }
        try store.read { snapshot throws(StorageError) in
          try Self.compare(snapshot, model, &random, seed)
        }
      }
      try store.close()
    }
  }

  private static func change(
    _ transaction: inout StoreTransaction, _ model: inout [StoreKey: [UInt8]],
    _ random: inout SeededGenerator, _ seed: UInt64
  ) throws(StorageError) {
    let space = spaces[random.below(spaces.count)]
    let key = space.key(self.key(&random))
    switch random.below(10) {
    case 0..<6:
      let value = random.bytes(random.below(40))
      try transaction.put(key, value)
      model[key] = value
    case 6..<8:
      let isThere = model.removeValue(forKey: key) != nil
      #expect(try transaction.delete(key) == isThere, "seed \(seed)")
    default:
      let range = self.range(in: space, &random)
      let gone = model.keys.filter { $0.namespace == space && range.contains($0.bytes) }
      for key in gone { model[key] = nil }
      #expect(try transaction.delete(in: range) == gone.count, "seed \(seed): \(range)")
    }
    #expect(try transaction.value(of: key) == model[key], "seed \(seed)")
  }

  private static func compare(
    _ snapshot: borrowing StoreSnapshot, _ model: [StoreKey: [UInt8]],
    _ random: inout SeededGenerator, _ seed: UInt64
  ) throws(StorageError) {
    for space in spaces {
      let all = model.filter { $0.key.namespace == space }.sorted { $0.key < $1.key }
        .map { StoreEntry(key: $0.key.bytes, value: $0.value) }
      let range = self.range(in: space, &random)
      let part = all.filter { range.contains($0.key) }
      #expect(try snapshot.entries(in: space.all) == all, "seed \(seed): \(space)")
      #expect(try snapshot.entries(in: range) == part, "seed \(seed): \(range)")
      let backwards = try snapshot.entries(in: range, descending: true)
      #expect(backwards == part.reversed(), "seed \(seed): \(range)")
      let key = self.key(&random)
      #expect(try snapshot.value(of: space.key(key)) == model[space.key(key)], "seed \(seed)")
      let next = all.firstIndex { !$0.key.lexicographicallyPrecedes(key) } ?? all.count
      try snapshot.withCursor(in: space) { cursor throws(StorageError) in
        #expect(try cursor.last() == all.last, "seed \(seed): \(space)")
        #expect(try cursor.next() == nil, "seed \(seed): \(space)")
        #expect(try cursor.previous() == all.last, "seed \(seed): \(space)")
        #expect(try cursor.first() == all.first, "seed \(seed): \(space)")
        #expect(try cursor.previous() == nil, "seed \(seed): \(space)")
        #expect(try cursor.next() == all.first, "seed \(seed): \(space)")
        #expect(try cursor.seek(key) == all.dropFirst(next).first, "seed \(seed): \(space)")
        #expect(try cursor.seek(before: key) == all.prefix(next).last, "seed \(seed): \(space)")
      }
      #expect(try snapshot.view.lastKey(in: range) == part.last?.key, "seed \(seed): \(range)")
    }
  }

  /// Empty ones, those at both ends, the longest, and prefixes of each other.
  private static func key(_ random: inout SeededGenerator) -> [UInt8] {
    let letters: [UInt8] = [0, 1, 2, 3, 4, 0x7f, 0xff]
    let count = random.chance(4) ? StorageLimits.keyBytesMax : random.below(4)
    return (0..<count).map { _ in letters[random.below(letters.count)] }
  }

  private static func range(
    in space: Namespace, _ random: inout SeededGenerator
  ) -> StoreRange {
    switch random.below(4) {
    case 0: space.all
    case 1: space.prefix(key(&random))
    case 2: StoreRange(in: space, from: key(&random))
    default: StoreRange(in: space, from: key(&random), to: key(&random))
    }
  }

  @Test(arguments: StoreKind.allCases)
  func byte_shouldBeKept_fromTheCommitOfTheFirstRecordOn(_ kind: StoreKind) throws {
    let (early, late) = (Self.spaces[0], Self.spaces[1])
    let place = StorePlace(kind)
    var store = try place.open()
    // What is not committed takes no byte.
    try store.write { transaction throws(StorageError) in
      try transaction.put(late.key(), [1])
      #expect(try transaction.value(of: late.key()) == [1])
      transaction.discard()
    }
    try store.read { before throws(StorageError) in
      #expect(before.namespaces == [])
      try store.write { transaction throws(StorageError) in try transaction.put(early.key(), [2]) }
      try store.write { transaction throws(StorageError) in try transaction.put(late.key(), [3]) }
      #expect(try before.entries(in: early.all) == [])
      #expect(try before.entries(in: late.all) == [])
    }
    try store.close()
    store = try place.open()
    try store.read { snapshot throws(StorageError) in
      #expect(snapshot.namespaces == [early, late])
      #expect(try snapshot.value(of: early.key()) == [2])
      #expect(try snapshot.value(of: late.key()) == [3])
    }
  }

  @Test func sameName_shouldBeRefused_whenAnotherRoomDeclaresIt() throws {
    let first = Namespace("test/taken", fileID: "FirstRoom/A.swift")
    let again = Namespace("test/taken", fileID: "FirstRoom/B.swift")
    let second = Namespace("test/taken", fileID: "SecondRoom/A.swift")
    let store = try MemoryStore(owner: StorePlace.owner)
    try store.write { transaction throws(StorageError) in try transaction.put(first.key(), [1]) }
    let thrown = #expect(throws: StorageError.self) {
      try store.write { transaction throws(StorageError) in
        try transaction.put(first.key(), [2])
        try? transaction.put(second.key(), [3])
      }
    }
    #expect(thrown?.reason == "namespace_taken")
    #expect(thrown?.description.contains("test/taken is that of FirstRoom") == true)
    try store.read { snapshot throws(StorageError) in
      #expect(try snapshot.value(of: again.key()) == [1])
      #expect(reason { _ = try snapshot.value(of: second.key()) } == "namespace_taken")
      #expect(reason { _ = try snapshot.entries(in: second.all) } == "namespace_taken")
    }
  }

  @Test(arguments: StoreKind.allCases)
  func namespaces_shouldBeBounded_andTheLastBeWhole(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    var store = try place.open()
    let spaces = (0..<StorageLimits.namespacesMax).map { Namespace("test/number-\($0)") }
    try store.write { transaction throws(StorageError) in
      for space in spaces { try transaction.put(space.key([0xff]), Array(space.name.utf8)) }
    }
    let thrown = reason {
      try store.write { transaction throws(StorageError) in
        try transaction.put(spaces[0].key(), [])
        try? transaction.put(Namespace("test/one-more").key(), [])
      }
    }
    #expect(thrown == "too_many_namespaces")
    try store.close()
    store = try place.open()
    try store.read { snapshot throws(StorageError) in
      #expect(snapshot.namespaces == spaces)
      for space in spaces {
        let expected = [StoreEntry(key: [0xff], value: Array(space.name.utf8))]
        #expect(try snapshot.entries(in: space.all, descending: true) == expected)
      }
    }
  }

  @Test(arguments: StoreKind.allCases)
  func store_shouldBelongToWhoeverBeganIt_andNeedNoChain(_ kind: StoreKind) throws {
    let place = StorePlace(kind)
    let owner = StoreOwner(kind: "key-value", version: 3)
    try place.open(owner: owner).put("a", "1")
    let some = Blake2b256.hash([1])
    for other in [
      StoreOwner(kind: "key-value", version: 4), StoreOwner(kind: "chain", version: 3),
      StoreOwner(kind: "key-value", version: 3, identity: some),
    ] {
      let thrown = #expect(throws: StorageError.self) { _ = try place.open(owner: other) }
      #expect(thrown?.reason == "other_owner")
      let words = "belongs to key-value version 3, not to \(other)"
      #expect(thrown?.description.hasSuffix(words) == true, "\(String(describing: thrown))")
    }
    #expect(try place.open(owner: owner).text("a") == "1")
  }

  @Test func names_shouldBeBounded() throws {
    let longest = String(repeating: "n", count: StorageLimits.nameBytesMax)
    let header = StoreHeader(owner: StoreOwner(kind: longest, version: 1))
    #expect(try StoreHeader(header.bytes, of: "file") == header)
    // The same with a letter more, and one that no name has.
    let sealed = try #require(SealedRecord.open(header.bytes, under: []))
    let before = Array(sealed.prefix(48))
    for kind in [longest + "n", "N", ""] {
      let bytes = before + [UInt8(kind.utf8.count)] + Array(kind.utf8)
      let planted = SealedRecord.seal(bytes, under: [])
      #expect(reason { _ = try StoreHeader(planted, of: "file") } == "corrupted")
    }
  }

  /// Entries of the list of namespaces that no store writes, and a record of none of them.
  private static let plants: [(name: String, byte: [UInt8], words: String)] = [
    ("test/z", [1], "cannot have the byte 01"), ("test/z", [0], "cannot have the byte 00"),
    ("test/z", [9], "cannot have the byte 09"), ("test/z", [], "cannot have the byte"),
    ("test/z", [2, 0], "cannot have the byte 0200"), ("Test", [2], "names no namespace"),
    ("", [2], "names no namespace"),
  ]

  @Test func damagedList_shouldBeNamed_whenTheStoreIsOpened() throws {
    for plant in Self.plants {
      let place = StorePlace(.disk)
      try place.open().put("a", "1")
      try Self.put([0] + Array(plant.name.utf8), plant.byte, in: place)
      for open in [
        { _ = try place.open() }, { _ = try LMDBArchive(path: place.folder.store) },
        { _ = try LMDBArchive(path: place.folder.store, checksRecords: true) },
      ] as [() throws -> Void] {
        let thrown = #expect(throws: StorageError.self, "\(plant)") { try open() }
        #expect(thrown?.isDamage == true && thrown?.reason == "corrupted")
        #expect(thrown?.description.contains("table namespaces: ") == true)
        #expect(thrown?.description.contains(plant.words) == true, "\(plant)")
      }
    }
  }

  @Test func recordOfNoNamespace_shouldBeFound_whenAllAreChecked() throws {
    let place = StorePlace(.disk)
    try place.open().put("a", "1")
    try Self.put([2, 5], [5], in: place)
    #expect(try place.open().text("a") == "1")
    let thrown = #expect(throws: StorageError.self) {
      _ = try LMDBArchive(path: place.folder.store, checksRecords: true)
    }
    #expect(thrown?.isDamage == true && thrown?.description.contains("no namespace") == true)
  }

  /// In format 1 there was no list of namespaces: that is no damage.
  @Test func oldStore_shouldBeNamedSo_whenItsRecordsAreChecked() throws {
    let place = StorePlace(.disk)
    try place.open().put("a", "1")
    try Self.put([0x11, 5], [5], in: place)
    let file = URL(filePath: place.folder.file)
    var data = try Data(contentsOf: file)
    let version = try #require(data.range(of: Data("livesync".utf8))).upperBound
    data[version] = 1
    try data.write(to: file)
    for checksRecords in [false, true] {
      let thrown = #expect(throws: StorageError.self) {
        _ = try LMDBArchive(path: place.folder.store, checksRecords: checksRecords)
      }
      #expect(thrown?.reason == "older_format" && thrown?.isDamage == false)
    }
  }

  /// Stores a record whose key has the byte of a namespace already, as a wrong program would.
  private static func put(_ key: [UInt8], _ value: [UInt8], in place: StorePlace) throws {
    let store = try place.open()
    try store.write { transaction throws(StorageError) in
      try key.withUnsafeBufferPointer { key throws(StorageError) in
        try value.withUnsafeBufferPointer { value throws(StorageError) in
          try transaction.put(UnsafeRawBufferPointer(key), UnsafeRawBufferPointer(value))
        }
      }
    }
    try store.close()
  }
}
