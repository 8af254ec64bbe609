import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

@Suite struct StoredSymbolsTests {
  private static let owner = StoreOwner(kind: "test", version: 1)
  private static let name = "test/coded"

  /// Whether the symbols and ids are those of the records.
  private static func check(
    _ symbols: StoredSymbols, _ plain: PlainRecords, _ what: String
  ) throws {
    let ids = plain.records.values.map(\.id)
    let (source, prefix) = try symbols.view()
    let expected = SymbolPrefix(length: symbols.length, of: ids)
    #expect(prefix.symbols == expected.symbols, "\(what)")
    #expect(prefix.itemCount == ids.count && source.count == ids.count, "\(what)")
    for range in [0...UInt64.max, 1 << 62...3 << 62, 5...5] {
      var found: [RecordID] = []
      try source.visit(in: range) { found += $0 }
      #expect(found == ids.filter { range.contains($0.high) }.sorted(), "\(what)")
    }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_SYMBOL_SEEDS", default: 12))
  func storedSymbols_shouldEqualThoseInMemory_afterAnyWritesAndOpenings(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let keys = [5, 120, 500][Int(seed % 3)]
    let length = [1, 100, 1_000][Int(seed / 3 % 3)]
    let disk = MemoryDisk()
    var store = try MemoryStore(on: disk, owner: Self.owner)
    var symbols = try StoredSymbols(in: store, name: Self.name, length: length)
    var tree = try StoredMerkle(in: store, name: Self.name, levels: 1, symbols: symbols)
    var plain = PlainRecords()
    for step in 0..<10 {
      let writes = (0..<generator.below(keys)).map { _ in generator.write(keys: keys) }
      let changes = writes.compactMap { plain.apply($0) }
      switch generator.below(6) {
      case 0:
        // Past the symbols, which must notice.
        #expect(try StoredRecords(in: store, name: Self.name).write(writes) == changes)
      case 1, 2: #expect(try tree.write(writes) == changes)
      default: #expect(try symbols.write(writes) == changes)
      }
      if generator.chance(30) {
        store.crash()
        store = try MemoryStore(on: disk, owner: Self.owner)
        symbols = try StoredSymbols(
          in: store, name: Self.name, length: generator.chance(20) ? length + 30 : length)
        tree = try StoredMerkle(in: store, name: Self.name, levels: 1, symbols: symbols)
      }
      try Self.check(symbols, plain, "seed \(seed), step \(step)")
      #expect(
        try tree.rootHash() == MerkleRecords(RecordTable(plain.inKeyOrder)).rootHash())
    }
  }

  /// Opening reads what stands there and no id, unless it is of another state.
  @Test func opening_shouldReadTheSymbolsAlone_whenTheyAreCurrent() throws {
    let disk = MemoryDisk()
    var store = try MemoryStore(on: disk, owner: Self.owner)
    var generator = SeededGenerator(seed: 3)
    let symbols = try StoredSymbols(in: store, name: Self.name, length: 64)
    try symbols.write((0..<3_000).map { _ in generator.write(keys: 60_000) })
    func opened() throws -> (reads: UInt64, writes: UInt64) {
      try store.close()
      store = try MemoryStore(on: disk, owner: Self.owner)
      let (reads, writes) = (disk.reads, disk.writes)
      _ = try StoredSymbols(in: store, name: Self.name, length: 64)
      return (disk.reads - reads, disk.writes - writes)
    }
    let pages = UInt64(64 / ReconciliationLimits.storedPageSymbols)
    let current = try opened()
    #expect(current.reads <= pages + 4 && current.writes == 0)
    try StoredRecords(in: store, name: Self.name).write([generator.write(keys: 60_000)])
    let behind = try opened()
    #expect(behind.reads > 1_000 && behind.writes > 0)
  }

  /// A write of one record writes few pages, whatever the number of symbols and records.
  @Test func write_shouldTouchFewPages() throws {
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: Self.owner)
    var generator = SeededGenerator(seed: 4)
    let symbols = try StoredSymbols(in: store, name: Self.name, length: 4_096)
    try symbols.write((0..<500).map { _ in generator.write(keys: 6_000) })
    var most: UInt64 = 0
    var sum: UInt64 = 0
    for _ in 0..<100 {
      let before = disk.writes
      try symbols.write([.set(generator.record(keys: 6_000))])
      most = max(most, disk.writes - before)
      sum += disk.writes - before
    }
    // Records, state and commit are 7 of them; an id is part of some 15 symbols.
    #expect(most < 60 && sum < 100 * 40, "\(most), \(sum)")
  }

  @Test func storedSymbols_shouldBeThoseOfTheRecords_afterACrashAtEachWritePoint() throws {
    func life(_ disk: MemoryDisk) throws -> PlainRecords {
      var generator = SeededGenerator(seed: 9)
      var plain = PlainRecords()
      let store = try MemoryStore(on: disk, owner: Self.owner)
      let symbols = try StoredSymbols(in: store, name: Self.name, length: 40)
      for _ in 0..<3 {
        let writes = (0..<4).map { _ in generator.write(keys: 9) }
        try symbols.write(writes)
        for write in writes { _ = plain.apply(write) }
      }
      return plain
    }
    let calm = MemoryDisk()
    _ = try life(calm)
    #expect(calm.writes > 40)
    for point in 1...calm.writes {
      for fault in StorageFaults.Write.allCases {
        let disk = MemoryDisk()
        disk.faults.writes[point] = fault
        do { _ = try life(disk) } catch is StorageError {}
        disk.faults = .none
        let store = try MemoryStore(on: disk, owner: Self.owner)
        let symbols = try StoredSymbols(in: store, name: Self.name, length: 40)
        let records = try symbols.records.withView { view throws(StorageError) in
          try view.records(from: [], limit: .max)
        }
        var plain = PlainRecords()
        for record in records { _ = plain.apply(.set(record)) }
        try Self.check(symbols, plain, "\(fault) at write \(point)")
        var generator = SeededGenerator(seed: point)
        let write = generator.write(keys: 9)
        _ = plain.apply(write)
        try symbols.write([write])
        try Self.check(symbols, plain, "\(fault) at write \(point), and a write")
      }
    }
  }

  /// A failed write leaves records and symbols as they were, in memory too.
  @Test func failedWrites_shouldLeaveSymbolsAndRecordsAsTheyWere() throws {
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: Self.owner)
    let symbols = try StoredSymbols(in: store, name: Self.name, length: 40)
    var generator = SeededGenerator(seed: 5)
    var plain = PlainRecords()
    for _ in 0..<20 {
      let write = generator.write(keys: 9)
      _ = plain.apply(write)
      try symbols.write([write])
    }
    disk.faults = StorageFaults(capacity: 1)
    #expect(throws: StorageError.self) { try symbols.write([.set(generator.record(keys: 90))]) }
    disk.faults = .none
    try Self.check(symbols, plain, "after a failed write")
  }

  /// Bits that are read wrongly at opening: the symbols are computed anew, or the records
  /// themselves are damaged, and that is told.
  @Test func symbols_shouldBeComputedAnew_whenTheyAreDamaged() throws {
    let disk = MemoryDisk()
    var generator = SeededGenerator(seed: 6)
    var plain = PlainRecords()
    do {
      let store = try MemoryStore(on: disk, owner: Self.owner)
      let writes = (0..<30).map { _ in generator.write(keys: 20) }
      for write in writes { _ = plain.apply(write) }
      try StoredSymbols(in: store, name: Self.name, length: 100).write(writes)
    }
    for read in 1...9 as ClosedRange<UInt64> {
      let store = try MemoryStore(on: disk, owner: Self.owner)
      disk.faults.bitFlips = [disk.reads + read: generator.next()]
      do {
        try Self.check(
          StoredSymbols(in: store, name: Self.name, length: 100), plain, "read \(read)")
      } catch let error as StorageError {
        #expect(error.isDamage)
      }
      disk.faults = .none
    }
    // Pages that are missing, too short, or of another place.
    for damage in 0..<5 {
      let store = try MemoryStore(on: disk, owner: Self.owner)
      try store.write { transaction throws(StorageError) in
        guard let pages = transaction.namespaces.first(where: { $0.name.hasSuffix("/symbols") })
        else { return }
        let entries = try transaction.entries(in: pages.all)
        switch damage {
        case 0: try transaction.delete(pages.key(entries[2].key))
        case 1: try transaction.put(pages.key(entries[2].key), [1, 2, 3])
        case 2: try transaction.delete(pages.key())
        case 3: try transaction.put(pages.key(), [9])
        default:
          var first = entries[1].value
          first[31] ^= 1
          try transaction.put(pages.key(entries[1].key), first)
        }
      }
      try Self.check(
        StoredSymbols(in: store, name: Self.name, length: 100), plain, "damage \(damage)")
      // What was computed anew was written.
      let writes = disk.writes
      _ = try StoredSymbols(in: store, name: Self.name, length: 100)
      #expect(disk.writes == writes)
    }
  }

  /// Longer prefixes than the kept one are made by going through the ids.
  @Test func comparison_shouldGiveTheDifference_fromStoredSymbols() throws {
    let (own, other) = replicas(3_000, changed: 200, alone: 100, seed: 8)
    var sources: [StoredSymbols] = []
    for table in [own, other] {
      let symbols = try StoredSymbols(
        in: MemoryStore(owner: Self.owner), name: Self.name, length: 64)
      try symbols.write(table.records(from: [], limit: .max).map { .set($0) })
      sources.append(symbols)
    }
    let (mine, theirs) = (try sources[0].view(), try sources[1].view())
    var comparison = SketchComparison(mine.ids, prefix: mine.prefix)
    let responder = SketchResponder(theirs.ids, prefix: theirs.prefix)
    try run(&comparison, against: responder)
    #expect(comparison.isComplete && comparison.difference == plainDifference(own, other))
    #expect(comparison.symbolCount > 64)
    // Once the records change, no more symbols than those kept and made can be had.
    var late = SketchComparison(mine.ids, prefix: mine.prefix)
    try sources[0].write([.remove(own.records(from: [], limit: 1)[0].key)])
    let error = #expect(throws: ReconciliationError.self) {
      try run(&late, against: responder)
    }
    #expect(error?.kind == .unavailable)
  }

  @Test func ids_shouldBeHandedOut_aBoundedNumberAtATime() throws {
    let most = ReconciliationLimits.visitedIDsMax
    let records = StoredRecords(in: try MemoryStore(owner: Self.owner), name: Self.name)
    try records.write(
      (0..<most + 10).map { index in
        let key = (0..<3).map { UInt8(index >> (8 * $0) & 255) }
        return .set(Record(key: key, version: 1, digest: .zero, size: 1)!)
      })
    let symbols = try StoredSymbols(in: records.store, name: Self.name, length: 8)
    var sizes: [Int] = []
    try symbols.view().ids.visit { sizes.append($0.count) }
    #expect(sizes == [most, 10])
  }
}
