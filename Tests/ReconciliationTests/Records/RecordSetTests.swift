import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

/// A set of records in the plainest way.
struct PlainRecords {
  var records: [[UInt8]: Record] = [:]

  mutating func apply(_ write: RecordWrite) -> RecordChange? {
    switch write {
    case .set(let record):
      let old = records.updateValue(record, forKey: record.key)
      return old == record
        ? nil : RecordChange(old: old.map(RecordEntry.init), new: RecordEntry(record))
    case .remove(let key):
      return records.removeValue(forKey: key).map {
        RecordChange(old: RecordEntry($0), new: nil)
      }
    }
  }

  var inKeyOrder: [Record] {
    records.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  var inHashedOrder: [RecordEntry] {
    records.values.map(RecordEntry.init).sorted { $0.position < $1.position }
  }
}

extension SeededGenerator {
  /// A record of one of some 2 x `keys` keys, a few of which are beginnings of others.
  mutating func record(keys: Int) -> Record {
    let number = below(keys)
    var key: [UInt8] = [UInt8(number >> 8), UInt8(number & 0xff)]
    if number % 3 == 0 { key += [UInt8](repeating: 0, count: number % 13) }
    return Record(key: key, version: UInt64(below(50)), value: [UInt8(below(3))])!
  }

  mutating func write(keys: Int) -> RecordWrite {
    let record = record(keys: keys)
    return chance(40) ? .remove(record.key) : .set(record)
  }
}

@Suite struct RecordSetTests {
  private static func check(_ view: any RecordReading, _ plain: PlainRecords) throws {
    let keys = plain.inKeyOrder
    let hashed = plain.inHashedOrder
    #expect(try view.recordCount() == keys.count)
    #expect(try view.records(from: [], limit: .max) == keys)
    #expect(try view.entries(from: .first, through: .last, limit: .max) == hashed)
    var pages: [RecordEntry] = []
    try view.forEachEntry { pages.append($0) }
    #expect(pages == hashed)
    for record in keys {
      #expect(try view.record(of: record.key) == record)
      #expect(try view.record(named: record.id) == record)
      #expect(try view.records(startingWith: record.id.high) == [record])
    }
    #expect(try view.record(of: [1, 2, 3, 4]) == nil)
    #expect(try view.record(of: []) == nil)
    #expect(try view.records(startingWith: 5).isEmpty)
    #expect(try view.record(named: RecordID(high: 1, low: 2)) == nil)
    for start in 0..<16 {
      let key = [UInt8(start % 3), UInt8(start * 16)]
      #expect(
        try view.records(from: key, limit: 5)
          == keys.filter { !$0.key.lexicographicallyPrecedes(key) }.prefix(5).map { $0 })
      let first = HashedPosition(high: UInt64(start) << 60, low: 0)
      let last = HashedPosition(high: UInt64(start) << 60 | .max >> 4, low: .max)
      #expect(
        try view.entries(from: first, through: last, limit: 7)
          == hashed.filter { first <= $0.position && $0.position <= last }.prefix(7).map { $0 })
    }
    #expect(try view.records(from: [0], limit: 0).isEmpty)
    #expect(try view.entries(from: .first, through: .last, limit: 0).isEmpty)
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_RECORD_SEEDS", default: 6))
  func sets_shouldEqualAPlainModel_afterAnyWrites(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let keys = [4, 60, 700][Int(seed % 3)]
    var plain = PlainRecords()
    var table = RecordTable((0..<keys).map { _ in generator.record(keys: keys) })
    for record in table.records(from: [], limit: .max) { _ = plain.apply(.set(record)) }
    let store = try MemoryStore(owner: StoreOwner(kind: "test", version: 1))
    let stored = StoredRecords(in: store, name: "test/set")
    try stored.write(plain.inKeyOrder.map { .set($0) })
    for _ in 0..<8 {
      let view = table
      let before = plain
      let writes = (0..<generator.below(200)).map { _ in generator.write(keys: keys) }
      let changes = writes.compactMap { plain.apply($0) }
      #expect(writes.compactMap { table.apply($0) } == changes)
      #expect(try stored.write(writes) == changes)
      try Self.check(table, plain)
      try Self.check(view, before)
      try stored.withView { view throws(StorageError) in
        #expect(throws: Never.self) { try Self.check(view, plain) }
      }
    }
  }

  @Test func table_shouldTakeTheLastOfEachKey_whenMadeOfRepeatedRecords() throws {
    let records = (0..<600).map {
      Record(key: [UInt8($0 % 200)], version: UInt64($0), value: [])!
    }
    let table = RecordTable(records)
    #expect(table.count == 200)
    #expect(table.records(from: [], limit: .max) == Array(records[400...]))
    var emptied = table
    for record in records { emptied.remove(record.key) }
    #expect(emptied.count == 0 && table.count == 200)
    try Self.check(emptied, PlainRecords())
  }

  @Test func longPages_shouldLeaveNothingOut() throws {
    let count = 3 * ReconciliationLimits.pageEntriesMax + 1
    let table = RecordTable(
      (0..<count).map { Record(key: [UInt8($0 >> 8), UInt8($0 & 255)], version: 1, value: [])! })
    var found = 0
    try table.forEachEntry { _ in found += 1 }
    #expect(found == count)
  }

  @Test func storedSet_shouldKeepLongKeys_andFindWhatFollowsLongerOnes() throws {
    let most = ReconciliationLimits.keyBytesMax
    let long = [UInt8](repeating: 5, count: most)
    let store = try MemoryStore(owner: StoreOwner(kind: "test", version: 1))
    let stored = StoredRecords(in: store, name: "test/long")
    let records = [long, [6]].map { Record(key: $0, version: 1, value: [])! }
    try stored.write(records.map { .set($0) })
    try stored.withView { view throws(StorageError) in
      #expect(try view.records(from: long, limit: 9) == records)
      #expect(try view.records(from: long + [0], limit: 9) == [records[1]])
      #expect(try view.record(of: long + [0]) == nil)
    }
  }
}
