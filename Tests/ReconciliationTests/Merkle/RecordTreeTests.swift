import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

@Suite struct RecordTreeTests {
  /// What the tree should say of a node, from all records.
  private static func plain(_ path: TreePath, _ plain: PlainRecords) -> MerkleNode {
    var node = MerkleNode()
    for entry in plain.inHashedOrder where path.contains(entry.position) {
      node.count += 1
      node.size += UInt64(entry.size)
      node.latest = max(node.latest, entry.version)
      node.sum.high &+= entry.id.high
      node.sum.low &+= entry.id.low
    }
    return node
  }

  private static func check(_ source: any MerkleSource, _ plain: PlainRecords) throws {
    let rebuilt = MerkleRecords(RecordTable(plain.inKeyOrder), depthMax: 20)
    try source.withTree { view throws(StorageError) in
      #expect(try view.hash(of: .root) == rebuilt.rootHash())
      var paths: [TreePath] = [.root]
      while let path = paths.popLast() {
        let node = try view.node(at: path)
        #expect(node == Self.plain(path, plain), "\(path)")
        let sum = try rebuilt.withTree { view throws(StorageError) in
          let node = try view.node(at: path)
          return (node, try view.hash(of: path))
        }
        #expect(node == sum.0)
        #expect(try view.hash(of: path) == sum.1)
        guard node.count > 1, path.depth < 20 else { continue }
        let children = try view.children(of: path)
        #expect(children.count == 16)
        for nibble in 0..<16 where children[nibble].count > 0 { paths.append(path.child(nibble)) }
      }
    }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_TREE_SEEDS", default: 6))
  func tree_shouldEqualTheRebuiltOne_afterAnyWrites(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let keys = [3, 80, 400][Int(seed % 3)]
    var plain = PlainRecords()
    var records = MerkleRecords()
    for _ in 0..<6 {
      for _ in 0..<generator.below(2 * keys) {
        let write = generator.write(keys: keys)
        #expect(records.apply(write) == plain.apply(write))
      }
      if generator.chance(50) { try records.settleHashes() }
      try Self.check(records, plain)
    }
    for record in plain.inKeyOrder {
      records.remove(record.key)
      _ = plain.apply(.remove(record.key))
    }
    try Self.check(records, plain)
    #expect(try records.rootHash() == MerkleRecords().rootHash())
    #expect(try records.root() == .empty)
  }

  @Test func tree_shouldGetAndLoseLevels_asItGrowsAndShrinks() throws {
    let count = 20 * ReconciliationLimits.bucketRecordsMax
    let all = (0..<count).map {
      Record(key: [UInt8($0 >> 8), UInt8($0 & 255)], version: 1, value: [])!
    }
    var records = MerkleRecords()
    for record in all { records.set(record) }
    #expect(records.tree.levels == 2)
    #expect(try records.rootHash() == MerkleRecords(RecordTable(all)).rootHash())
    for record in all.dropFirst(5) { records.remove(record.key) }
    #expect(records.tree.levels == 0)
    #expect(
      try records.rootHash() == MerkleRecords(RecordTable(all.prefix(5))).rootHash())
    #expect(RecordTree.levels(for: .max) == ReconciliationLimits.treeLevelsMax)
  }

  @Test func latest_shouldBeExact_whenTheLatestRecordGoes() throws {
    var records = MerkleRecords()
    for index in 0..<200 {
      records.set(Record(key: [UInt8(index)], version: UInt64(index), value: [])!)
    }
    for index in (0..<200).reversed() {
      #expect(try records.root().latest == UInt64(index))
      records.remove([UInt8(index)])
    }
    #expect(try records.root().latest == 0)
  }

  @Test func leaves_shouldBeThoseWithFewRecords_orAtTheGreatestDepth() throws {
    let most = ReconciliationLimits.leafRecordsMax
    var records = MerkleRecords()
    var flat = MerkleRecords(depthMax: 1)
    for index in 0..<most {
      records.set(Record(key: [UInt8(index)], version: 1, value: [])!)
      flat.set(Record(key: [UInt8(index)], version: 1, value: [])!)
    }
    #expect(try content(records, .root).isLeaf && records.rootHash() == flat.rootHash())
    for index in 0..<250 { records.set(Record(key: [UInt8(index)], version: 1, value: [])!) }
    #expect(try !content(records, .root).isLeaf)
    for index in 0..<1000 {
      flat.set(Record(key: [9, UInt8(index & 255), UInt8(index >> 8)], version: 1, value: [])!)
    }
    #expect(try !content(flat, .root).isLeaf && content(flat, TreePath.root.child(3)).isLeaf)
    #expect(try content(flat, TreePath.root.child(3)).count > most)
  }

  private func content(_ records: MerkleRecords, _ path: TreePath) throws -> MerkleContent {
    try records.withTree { view throws(StorageError) in try view.content(of: path) }
  }

  @Test func hashes_shouldNotDependOn_howManyEntriesAreHeldAtATime() throws {
    let count = ReconciliationLimits.subtreeEntriesMax + 100
    let table = RecordTable(
      (0..<count).map { index in
        Record(
          key: (0..<3).map { UInt8(index >> (8 * $0) & 255) }, version: 1, digest: .zero, size: 1)!
      })
    var records = MerkleRecords(table)
    let whole = try records.rootHash()
    try records.settleHashes()
    #expect(try records.rootHash() == whole)
    let folder = TemporaryFolder()
    let store = try LMDBStore(
      path: folder.store, owner: StoreOwner(kind: "test", version: 1),
      options: LMDBOptions(durability: .onRequest))
    let stored = try StoredMerkle(in: store, name: "test/many", levels: 0)
    try stored.write(table.records(from: [], limit: .max).map { .set($0) })
    #expect(try stored.rootHash() == whole)
  }
}

extension MerkleContent {
  var isLeaf: Bool { if case .leaf = self { true } else { false } }
}
