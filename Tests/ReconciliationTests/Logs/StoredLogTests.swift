import MerkleTree
import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

@Suite struct StoredLogTests {
  private static let owner = StoreOwner(kind: "test", version: 1)
  private static let name = "test/log"

  private static func opened(_ disk: MemoryDisk) throws -> (store: MemoryStore, log: StoredLog) {
    let store = try MemoryStore(on: disk, owner: owner)
    return (store, try StoredLog(in: store, name: name))
  }

  /// Whether a stored log says of itself what one in memory says.
  private static func check(_ stored: some LogReading, _ plain: AppendOnlyLog, _ what: String)
    throws
  {
    #expect(stored.count == plain.count, "\(what)")
    guard stored.count == plain.count else { return }
    #expect(try LogHead(stored) == LogHead(plain), "\(what)")
    for count in 0...plain.count {
      #expect(try stored.root(ofFirst: count) == plain.root(ofFirst: count), "\(what)")
      #expect(try stored.frontier(ofFirst: count) == plain.frontier(ofFirst: count))
      #expect(try stored.consistencyProof(from: count) == plain.consistencyProof(from: count))
      if count < plain.count {
        #expect(try stored.entry(at: count) == plain.entry(at: count))
        #expect(
          try stored.entries(from: count, bytes: 20) == plain.entries(from: count, bytes: 20))
      }
    }
    #expect(try stored.consistencyProof(from: plain.count + 1) == nil)
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_LOG_SEEDS", default: 20))
  func storedLog_shouldEqualTheOneInMemory_afterAnyAppendsCutsAndOpenings(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let disk = MemoryDisk()
    var (store, log) = try Self.opened(disk)
    var plain = AppendOnlyLog()
    for step in 0..<8 {
      let entries = (0..<generator.below(20)).map { _ in generator.bytes(generator.below(12)) }
      let head = try log.append(entries)
      for entry in entries { plain.append(entry) }
      #expect(try head == LogHead(plain))
      let before = try log.view()
      let beforeCut = plain
      if generator.chance(30) {
        let count = generator.below(plain.count + 1)
        let isCut = try store.write { transaction throws(StorageError) in
          try log.truncate(to: count, in: &transaction)
        }
        #expect(isCut)
        plain.truncate(to: count)
        if count < beforeCut.count, count > 0 {
          // What was dropped is not given out, nor what comes in its place.
          let error = #expect(throws: ReconciliationError.self) { try before.entry(at: 0) }
          #expect(error?.kind == .unavailable)
        }
      }
      if generator.chance(30) {
        store.crash()
        (store, log) = try Self.opened(disk)
      }
      try Self.check(try log.view(), plain, "seed \(seed), step \(step)")
      try log.check()
    }
  }

  @Test func view_shouldStayAsItIs_whenOthersAppend() throws {
    let (_, log) = try Self.opened(MemoryDisk())
    let first = (0..<20).map { [UInt8($0)] }
    try log.append(first)
    let view = try log.view()
    try log.append([[1], [2]])
    try Self.check(view, AppendOnlyLog(first), "an older view")
    #expect(try log.view().count == 22)
  }

  @Test func append_shouldBeThereWithItsTransaction_orNot() throws {
    let (store, log) = try Self.opened(MemoryDisk())
    try log.append([[1]])
    try store.write { transaction throws(StorageError) in
      try log.append([[2]], in: &transaction)
      // It sees what the transaction has appended.
      let head = try log.append([[3]], in: &transaction)
      #expect(head?.count == 3)
      transaction.discard()
    }
    try Self.check(try log.view(), AppendOnlyLog([[1]]), "discarded")
  }

  @Test func entries_shouldBeBounded_inAStoreToo() throws {
    let (store, log) = try Self.opened(MemoryDisk())
    let most = ReconciliationLimits.logEntryBytesMax
    let long = [UInt8](repeating: 1, count: most + 1)
    #expect(try log.append([[1], long]) == nil)
    #expect(try log.view().count == 0)
    #expect(try log.append([Array(long.dropLast())])?.count == 1)
    let isCut = try store.write { transaction throws(StorageError) in
      try log.truncate(to: 2, in: &transaction)
    }
    #expect(!isCut)
  }

  /// Opening takes as many reads as the log has levels.
  @Test func opening_shouldReadTheEdgeAlone() throws {
    let disk = MemoryDisk()
    try Self.opened(disk).log.append((0..<4_095).map { [UInt8($0 & 255), UInt8($0 >> 8)] })
    let before = disk.reads
    let (_, log) = try Self.opened(disk)
    #expect(disk.reads - before <= 12 + 6)
    let appended = disk.reads
    try log.append([[1]])
    #expect(disk.reads - appended <= 1)
  }

  @Test func log_shouldBeWholeOrAsBefore_afterACrashAtEachWritePoint() throws {
    func life(_ disk: MemoryDisk) throws -> [AppendOnlyLog] {
      let (store, log) = try Self.opened(disk)
      var states = [AppendOnlyLog()]
      for entries in [[[1], [2], [3]], [[4]], [[5], [6], [7], [8]]] as [[[UInt8]]] {
        try log.append(entries)
        var next = states[states.count - 1]
        for entry in entries { next.append(entry) }
        states.append(next)
      }
      try store.write { transaction throws(StorageError) in
        try log.truncate(to: 5, in: &transaction)
        try log.append([[9]], in: &transaction)
      }
      var next = states[states.count - 1]
      next.truncate(to: 5)
      next.append([9])
      states.append(next)
      return states
    }
    let calm = MemoryDisk()
    let states = try life(calm)
    for point in 1...calm.writes {
      for fault in StorageFaults.Write.allCases {
        let disk = MemoryDisk()
        disk.faults.writes[point] = fault
        do { _ = try life(disk) } catch is StorageError {}
        disk.faults = .none
        let (_, log) = try Self.opened(disk)
        let head = try LogHead(log.view())
        let state = try states.first { try LogHead($0) == head }
        let found = try #require(state, "\(fault) at write \(point): a log that never was")
        try Self.check(try log.view(), found, "\(fault) at write \(point)")
        try log.check()
      }
    }
  }

  /// Damages one record and gives what is said of it at opening, or else by `check`.
  private static func named(
    _ damage: (inout StoreTransaction, _ entries: Namespace, _ nodes: Namespace)
      throws(StorageError) -> Void
  ) throws -> (atOpening: Bool, text: String) {
    let disk = MemoryDisk()
    let (store, log) = try opened(disk)
    try log.append((0..<21).map { [UInt8($0)] })
    try store.write { transaction throws(StorageError) in
      let spaces = transaction.namespaces
      guard let entries = spaces.first(where: { $0.name.hasSuffix("/entries") }),
        let nodes = spaces.first(where: { $0.name.hasSuffix("/nodes") })
      else { return }
      try damage(&transaction, entries, nodes)
    }
    do { _ = try StoredLog(in: store, name: name) } catch {
      #expect(error.isDamage)
      return (true, "\(error)")
    }
    let error = #expect(throws: StorageError.self) { try log.check() }
    #expect(error?.isDamage == true)
    return (false, error.map { "\($0)" } ?? "")
  }

  private static func key(_ number: UInt8) -> [UInt8] { [0, 0, 0, 0, 0, 0, 0, number] }

  @Test func damage_shouldBeFound_andNamed() throws {
    typealias Damage =
      @Sendable (inout StoreTransaction, Namespace, Namespace) throws(StorageError)
      -> Void
    let cases: [(String, Bool, Damage)] = [
      (
        "entry 7 (missing)", false,
        { t, e, _ throws(StorageError) in try t.delete(e.key(Self.key(7))) }
      ),
      (
        "entry 7 (its hash", false,
        { t, e, _ throws(StorageError) in try t.put(e.key(Self.key(7)), [99]) }
      ),
      (
        "entry 20 (its hash", true,
        { t, e, _ throws(StorageError) in try t.put(e.key(Self.key(20)), [9]) }
      ),
      (
        "entry 21 (past", true,
        { t, e, _ throws(StorageError) in try t.put(e.key(Self.key(21)), [9]) }
      ),
      (
        "node 39 (past", true,
        { t, _, n throws(StorageError) in
          try t.put(n.key(Self.key(39)), [UInt8](repeating: 1, count: 32))
        }
      ),
      (
        "node 2 (3 bytes)", false,
        { t, _, n throws(StorageError) in try t.put(n.key(Self.key(2)), [1, 2, 3]) }
      ),
      (
        "node 2 (missing)", false,
        { t, _, n throws(StorageError) in try t.delete(n.key(Self.key(2))) }
      ),
      (
        "node 2 (not that", false,
        { t, _, n throws(StorageError) in
          try t.put(n.key(Self.key(2)), [UInt8](repeating: 1, count: 32))
        }
      ),
      (
        "node 30 (not what", true,
        { t, _, n throws(StorageError) in
          try t.put(n.key(Self.key(30)), [UInt8](repeating: 1, count: 32))
        }
      ),
      ("right edge", true, { t, _, n throws(StorageError) in try t.put(n.key(), [1, 2, 3]) }),
    ]
    for (expected, isAtOpening, damage) in cases {
      let (atOpening, text) = try Self.named(damage)
      #expect(text.contains("the log test/log") && text.contains(expected), "\(text)")
      #expect(atOpening == isAtOpening, "\(expected): \(text)")
    }
  }

  /// A bit that is read wrongly is told as what it is part of, and no wrong answer is given.
  @Test func damagedBits_shouldBeNamed() throws {
    let disk = MemoryDisk()
    let (_, log) = try Self.opened(disk)
    try log.append((0..<9).map { [UInt8($0), 7, 7] })
    let view = try log.view()
    var generator = SeededGenerator(seed: 1)
    for (read, name) in [(1, "right edge"), (2, "entry 4"), (3, "node 7")] {
      disk.faults.bitFlips = [disk.reads + UInt64(read): generator.next()]
      let error = #expect(throws: ReconciliationError.self) { try view.entry(at: 4) }
      #expect(error?.kind == .unavailable && error?.reason.contains(name) == true, "\(name)")
    }
    disk.faults = .none
    #expect(try view.entry(at: 4) == [4, 7, 7])
  }
}
