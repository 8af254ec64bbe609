import Primitives
import Storage
import TestSupport
import Testing

/// Random operations on a store beside a plain sorted list of records.
@Suite struct StorePropertyTests {
  private static let seeds = Campaign.seeds("LIVESYNC_STORAGE_SEEDS", default: 6)

  @Test(arguments: StoreKind.allCases, 0..<seeds)
  func store_shouldHoldWhatAPlainDictionaryHolds(_ kind: StoreKind, seed: UInt64) throws {
    let place = StorePlace(kind)
    var run = StoreRun(seed: seed)
    var store = try place.open()
    for _ in 0..<6 {
      try run.steps(on: store, count: 12, depth: 0)
      try store.close()
      store = try place.open()
      try run.check(store)
    }
  }

  @Test(arguments: 0..<seeds)
  func memoryStore_shouldHoldACommittedPrefix_whenItCrashesAtAnyWritePoint(seed: UInt64) throws {
    // One run without faults tells how many write points there are.
    let calmDisk = MemoryDisk()
    var calm = StoreRun(seed: seed, disk: calmDisk)
    let calmStore = try MemoryStore(on: calmDisk, owner: StorePlace.owner)
    try calm.steps(on: calmStore, count: 8, depth: 1)
    let points = calmDisk.writes
    #expect(points > 8)
    for point in 1...points {
      for fault in StorageFaults.Write.allCases {
        let disk = MemoryDisk()
        disk.faults.writes[point] = fault
        var run = StoreRun(seed: seed)
        let store = try MemoryStore(on: disk, owner: StorePlace.owner)
        let thrown = reason { try run.steps(on: store, count: 8, depth: 1) }
        switch fault {
        case .failed: #expect(thrown == "failed_write", "seed \(seed), write \(point)")
        case .fullDisk: #expect(thrown == "full_disk", "seed \(seed), write \(point)")
        case .crashBefore, .crashAfter:
          #expect(thrown == "closed", "seed \(seed), write \(point)")
        case .torn: #expect(thrown == nil, "seed \(seed), write \(point)")
        }
        store.crash()
        let found = try MemoryStore(on: disk, owner: StorePlace.owner).all()
        // A torn commit that is the last one is lost; any other was followed by a sound one.
        let lost = fault == .torn && point == calm.lastCommit ? 1 : 0
        let count = Int(disk.commits) - lost
        #expect(count >= run.history.count - 1 - lost && count < calm.history.count)
        #expect(
          found == StoreRun.entries(calm.history[count]),
          "seed \(seed), \(fault) at write \(point)")
      }
    }
  }
}

/// A run of random operations and the records that must be there.
struct StoreRun {
  typealias Records = [[UInt8]: [UInt8]]

  private let seed: UInt64
  private let disk: MemoryDisk?
  private var generator: SeededGenerator
  /// The records after each commit; the first are those before any.
  private(set) var history: [Records] = [[:]]

  /// The write point of the last commit, if the disk is known.
  private(set) var lastCommit: UInt64 = 0

  init(seed: UInt64, disk: MemoryDisk? = nil) {
    self.seed = seed
    self.disk = disk
    generator = SeededGenerator(seed: seed)
  }

  static func entries(_ records: Records) -> [StoreEntry] {
    records.map { StoreEntry(key: $0.key, value: $0.value) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  /// Transactions, and snapshots that stay open while more of both run inside them.
  mutating func steps(
    on store: any KeyValueStore, count: Int, depth: Int
  ) throws(StorageError) {
    for _ in 0..<count {
      if depth < 3, generator.chance(25) {
        var inner = self
        try store.read { snapshot throws(StorageError) in
          let expected = inner.history.last ?? [:]
          try inner.steps(on: store, count: 3, depth: depth + 1)
          try inner.check(snapshot, expected)
        }
        self = inner
      } else {
        try transaction(on: store)
      }
    }
  }

  func check(_ store: any KeyValueStore) throws(StorageError) {
    var copy = self
    let expected = history.last ?? [:]
    try store.read { snapshot throws(StorageError) in try copy.check(snapshot, expected) }
  }

  private mutating func transaction(on store: any KeyValueStore) throws(StorageError) {
    let before = (generator, history.last ?? [:])
    let fate = generator.below(10)
    var after = before
    try store.write { transaction throws(StorageError) in
      // A store that grows runs this again.
      after = before
      var (generator, records) = before
      _ = generator.below(10)
      for _ in 0..<(1 + generator.below(8)) {
        try Self.operation(&transaction, &records, &generator, seed)
      }
      if fate == 0 { transaction.discard() }
      after = (generator, records)
    }
    generator = after.0
    guard fate != 0 else { return }
    history.append(after.1)
    lastCommit = disk?.writes ?? 0
  }

  private static func operation(
    _ transaction: inout StoreTransaction, _ records: inout Records,
    _ generator: inout SeededGenerator, _ seed: UInt64
  ) throws(StorageError) {
    let key = randomKey(&generator)
    switch generator.below(10) {
    case 0..<5:
      let value = generator.bytes(generator.chance(5) ? 6_000 : generator.below(40))
      try transaction.put(key, value)
      records[key] = value
    case 5..<7:
      #expect(try transaction.delete(key) == (records.removeValue(forKey: key) != nil))
    case 7:
      let prefix = Array(key.prefix(1 + generator.below(2)))
      let gone = records.keys.filter { $0.starts(with: prefix) }
      for key in gone { records[key] = nil }
      #expect(try transaction.delete(in: .prefix(prefix)) == gone.count, "seed \(seed)")
    case 8:
      let other = randomKey(&generator)
      let range = StoreRange(from: key, to: other)
      let gone = records.keys.filter {
        !$0.lexicographicallyPrecedes(key) && $0.lexicographicallyPrecedes(other)
      }
      for key in gone { records[key] = nil }
      #expect(try transaction.delete(in: range) == gone.count, "seed \(seed)")
    default:
      #expect(try transaction.value(of: key) == records[key], "seed \(seed)")
      #expect(try transaction.entries() == entries(records), "seed \(seed)")
    }
  }

  private mutating func check(
    _ snapshot: borrowing StoreSnapshot, _ records: Records
  ) throws(StorageError) {
    let expected = Self.entries(records)
    #expect(try snapshot.entries() == expected, "seed \(seed)")
    #expect(try snapshot.entries(descending: true) == expected.reversed(), "seed \(seed)")
    let key = Self.randomKey(&generator)
    #expect(try snapshot.value(of: key) == records[key], "seed \(seed)")
    let later = expected.filter { !$0.key.lexicographicallyPrecedes(key) }
    let earlier = expected.dropLast(later.count)
    try snapshot.withCursor(in: plain) { cursor throws(StorageError) in
      #expect(try cursor.seek(key) == later.first, "seed \(seed)")
      #expect(try cursor.previous() == earlier.last, "seed \(seed)")
      #expect(try cursor.next() == (earlier.isEmpty ? expected.first : later.first))
      #expect(try cursor.seek(before: key) == earlier.last, "seed \(seed)")
    }
  }

  /// Few letters, so that keys meet and are prefixes of each other.
  private static func randomKey(_ generator: inout SeededGenerator) -> [UInt8] {
    let letters: [UInt8] = [0, 1, 0x7f, 0xfe, 0xff]
    let count = generator.chance(3) ? StorageLimits.keyBytesMax : generator.below(5)
    return (0..<count).map { _ in letters[generator.below(letters.count)] }
  }
}
