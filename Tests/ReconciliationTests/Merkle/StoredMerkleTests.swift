import Locking
import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

@Suite struct StoredMerkleTests {
  private static let owner = StoreOwner(kind: "test", version: 1)

  /// Everything that is said of the tree's nodes down to its leaves.
  private static func nodes(_ source: any MerkleSource) throws -> [TreePath: MerkleNode] {
    var nodes: [TreePath: MerkleNode] = [:]
    try source.withTree { view throws(StorageError) in
      var paths: [TreePath] = [.root]
      while let path = paths.popLast() {
        let node = try view.node(at: path)
        guard node.count > 0 else { continue }
        nodes[path] = node
        if node.count > 1 { paths += (0..<16).map(path.child) }
      }
    }
    return nodes
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_TREE_SEEDS", default: 8))
  func storedTree_shouldEqualTheOneInMemory_afterAnyWritesAndOpenings(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let keys = [5, 120, 500][Int(seed % 3)]
    let levels = Int(seed % 4)
    let disk = MemoryDisk()
    var store = try MemoryStore(on: disk, owner: Self.owner)
    var stored = try StoredMerkle(in: store, name: "test/tree", levels: levels, hotNodes: 20)
    var plain = PlainRecords()
    for _ in 0..<8 {
      let writes = (0..<generator.below(keys)).map { _ in generator.write(keys: keys) }
      let changes = writes.compactMap { plain.apply($0) }
      switch generator.below(6) {
      case 0:
        // Past the tree, which must notice.
        try StoredRecords(in: store, name: "test/tree").write(writes)
      case 1:
        #expect(try stored.write(writes) == changes)
        try stored.settleHashes()
      default: #expect(try stored.write(writes) == changes)
      }
      if generator.chance(30) {
        store.crash()
        store = try MemoryStore(on: disk, owner: Self.owner)
        stored = try StoredMerkle(
          in: store, name: "test/tree", levels: generator.chance(20) ? 1 : levels, hotNodes: 20)
      }
      let whole = MerkleRecords(RecordTable(plain.inKeyOrder))
      #expect(try Self.nodes(stored) == Self.nodes(whole), "seed \(seed)")
      #expect(try stored.rootHash() == whole.rootHash())
      #expect(stored.hotCount <= 20)
    }
  }

  @Test func storedTrees_shouldBeCompared_likeThoseInMemory() throws {
    let (own, other) = replicas(2_000, changed: 60, alone: 40, seed: 4)
    var sources: [StoredMerkle] = []
    for table in [own, other] {
      let stored = try StoredMerkle(
        in: MemoryStore(owner: Self.owner), name: "test/tree", levels: 1)
      try stored.write(table.records(from: [], limit: .max).map { .set($0) })
      sources.append(stored)
    }
    var comparison = MerkleComparison(sources[0])
    try run(&comparison, against: MerkleResponder(sources[1]))
    #expect(comparison.difference == plainDifference(own, other))
    var proven = ProvenComparison(sources[0], root: try sources[1].rootHash())
    try run(&proven, against: MerkleResponder(sources[1]))
    #expect(proven.difference == plainDifference(own, other))
    // What the peer lacks and has is exchanged; then both are the same.
    let difference = comparison.difference
    for (from, to, ids) in [
      (sources[1], sources[0], difference.missing), (sources[0], sources[1], difference.extra),
    ] {
      let records = try from.withView { view throws(StorageError) in
        var records: [Record] = []
        for id in ids.sorted() {
          if let record = try view.record(named: id) { records.append(record) }
        }
        return records
      }
      try to.write(
        records.compactMap { record in
          // The newer of two versions of a key stays.
          guard
            let held = try? to.withView({ view throws(StorageError) in
              try view.record(of: record.key)
            }),
            (held.version, held.id) > (record.version, record.id)
          else { return .set(record) }
          return nil
        })
    }
    #expect(try sources[0].rootHash() == sources[1].rootHash())
  }

  @Test func failedWrites_shouldLeaveTreeAndRecordsAsTheyWere() throws {
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: Self.owner)
    let stored = try StoredMerkle(in: store, name: "test/tree", levels: 2)
    let (own, _) = replicas(300, changed: 0, alone: 0, seed: 1)
    try stored.write(own.records(from: [], limit: .max).map { .set($0) })
    let root = try stored.rootHash()
    disk.faults = StorageFaults(capacity: 1)
    #expect(throws: StorageError.self) {
      try stored.write([.set(Record(key: [9, 9], version: 1, value: [])!)])
    }
    disk.faults = .none
    #expect(try stored.rootHash() == root)
    #expect(try stored.root() == MerkleRecords(own).root())
  }

  /// While others write between each snapshot and the tree, a view is tried for a bounded number of
  /// times.
  @Test func view_shouldBeGivenUp_whenOthersWriteAgainAndAgain() throws {
    let attempts = ReconciliationLimits.viewAttemptsMax
    // An attempt reads once, and catches up once.
    for (writes, isGiven) in [(2 * attempts, false), (2 * attempts - 2, true)] {
      let store = BusyStore(try MemoryStore(owner: Self.owner))
      let stored = try StoredMerkle(in: store, name: "test/tree", levels: 1)
      try stored.write([.set(Record(key: [1], version: 1, value: [])!)])
      store.writes.withLock { $0 = (done: 0, most: writes) }
      if isGiven {
        #expect(try stored.root().latest == UInt64(writes + 1))
      } else {
        let error = #expect(throws: StorageError.self) { try stored.root() }
        #expect(error.map { "\($0)".contains("again and again") } == true)
      }
      #expect(store.writes.withLock { $0.done } == writes)
    }
  }
}

/// A store in which somebody writes before each snapshot, past the tree.
private final class BusyStore: KeyValueStore {
  let inner: MemoryStore
  let writes = Lock((done: 0, most: 0))

  init(_ inner: MemoryStore) { self.inner = inner }

  func read<Output>(
    _ body: (borrowing StoreSnapshot) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    let version = writes.withLock { writes -> UInt64? in
      guard writes.done < writes.most else { return nil }
      writes.done += 1
      return UInt64(writes.done + 1)
    }
    if let version, let record = Record(key: [1], version: version, value: []) {
      try StoredRecords(in: inner, name: "test/tree").write([.set(record)])
    }
    return try inner.read(body)
  }

  func write<Output>(
    _ body: (inout StoreTransaction) throws(StorageError) -> Output
  ) throws(StorageError) -> Output { try inner.write(body) }

  func synchronize() throws(StorageError) { try inner.synchronize() }
  func close() throws(StorageError) { try inner.close() }
}
