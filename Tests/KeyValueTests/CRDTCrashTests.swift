import CRDT
import KeyValue
import Primitives
import RESP
import TestSupport
import Testing

/// Events of replicated values over crashes, old copies and copies.
@Suite struct CRDTCrashTests {
  /// A store on a disk, as a start of a node finds it.
  private final class Store {
    let disk: MemoryDisk
    let log: DurableLog
    private(set) var node: Node

    /// - Parameter fresh: the name that is drawn at this start.
    init(_ disk: MemoryDisk, _ mode: FsyncMode, fresh: UInt64) throws {
      self.disk = disk
      let durability = try KeyValueDurability(
        disk: disk, fsync: mode, repair: false,
        fresh: StoreIdentity(store: Hash256(words: (fresh, 2, 3, 4)), replica: ReplicaID(fresh)),
        clock: .system)
      node = Node(durability.identity.replica.bits, keepsTombstones: true)
      var recovery = KeyValueRecovery(disk, repair: false, isReadOnly: false)
      try recovery.run(into: &node.core, at: node.now)
      log = try DurableLog(
        disk, durability.identity, mode: mode, worker: InlineLogWorker(),
        last: recovery.report.lastFrame, logBytes: recovery.report.logBytes)
    }

    func callAsFunction(_ request: String) -> RESPReply {
      let reply = node(request, log)
      return reply
    }

    func apply(_ effects: [KeyValueEffect]) throws { try node.apply(effects, log) }
  }

  @Test func aStart_shouldTakeANewName_andKeepTheStore() throws {
    let disk = MemoryDisk()
    let first = try Store(disk, .always, fresh: 1)
    _ = first("CRDT.INCRBY c 1")
    first.log.close()
    let second = try Store(disk.copy(), .always, fresh: 2)
    #expect(second.log.identity.replica == ReplicaID(2))
    #expect(second.log.identity.store == first.log.identity.store)
    #expect(second("CRDT.INCRBY c 1") == .integer(2))
    second.log.close()
    let third = try Store(second.disk.copy(), .always, fresh: 3)
    #expect(third("CRDT.COUNT c") == .integer(2) && third("SET a 1") == .ok)
  }

  /// A replica's counter is used again after a loss, and a new write is taken for an old one.
  @Test(arguments: FsyncMode.allCases)
  func whatAPowerCutTook_shouldComeBack_andHideNothing(mode: FsyncMode) throws {
    var random = SeededGenerator(seed: 5)
    let disk = MemoryDisk()
    let store = try Store(disk, mode, fresh: 1)
    var peer = Node(100, keepsTombstones: true)
    _ = store("CRDT.INCRBY c 1")
    _ = store("CRDT.SADD s kept")
    store.log.sync()
    // A peer hears of it; the disk may not.
    _ = store("CRDT.INCRBY c 2")
    _ = store("CRDT.SADD s pushed")
    _ = store("CRDT.SREM s kept")
    try peer.apply(store.node.entries)
    let cut = disk.afterCrash(powerLoss: &random, true)
    let again = try Store(cut, mode, fresh: 2)
    // What is written now must not be taken for what was lost, nor count as having seen it.
    _ = again("CRDT.INCRBY c 10")
    _ = again("CRDT.SADD s new")
    for _ in 0..<2 {
      try peer.apply(again.node.entries)
      try again.apply(peer.entries)
    }
    #expect(again("CRDT.COUNT c") == .integer(13) && peer("CRDT.COUNT c") == .integer(13))
    let members = RESPReply.array([.text("new"), .text("pushed")])
    #expect(again("CRDT.SMEMBERS s") == members && peer("CRDT.SMEMBERS s") == members)
    #expect(again.node.entries == peer.entries)
  }

  /// A copied database, both of which go on.
  @Test func copiesOfAStore_shouldConverge() throws {
    let disk = MemoryDisk()
    let first = try Store(disk, .always, fresh: 1)
    _ = first("CRDT.INCRBY c 1")
    _ = first("SET k 0")
    first.log.close()
    let (a, b) = (
      try Store(disk.copy(), .always, fresh: 2), try Store(disk.copy(), .always, fresh: 3)
    )
    for (store, text) in [(a, "a"), (b, "b")] {
      _ = store("CRDT.INCRBY c 1")
      _ = store("CRDT.SADD s \(text)")
      _ = store("SET k \(text)")
    }
    try a.apply(b.node.entries)
    try b.apply(a.node.entries)
    #expect(a("CRDT.COUNT c") == .integer(3) && b("CRDT.COUNT c") == .integer(3))
    #expect(a("CRDT.SCARD s") == .integer(2))
    #expect(a.node.entries == b.node.entries)
  }

  /// Every prefix of a log gives a value that merges with the whole to the whole.
  @Test(arguments: 0..<12 as Range<UInt64>)
  func everyPrefix_shouldMergeToTheWhole(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let store = try Store(MemoryDisk(), .no, fresh: 1)
    for _ in 0..<60 {
      _ = store(
        [
          "CRDT.SADD k\(draw.below(2)) w\(draw.below(4))",
          "CRDT.SREM k\(draw.below(2)) w\(draw.below(4))", "CRDT.INCRBY c 1", "DEL k0", "DEL c",
          "PEXPIRE k1 100000", "SET c 1", "CRDT.HSET m f 1", "CRDT.HDEL m f",
        ][draw.below(9)])
    }
    let whole = store.node.entries
    for _ in 0..<6 {
      let cut = store.disk.afterCrash(powerLoss: &draw, true)
      let again = try Store(cut, .no, fresh: 2)
      try again.apply(whole)
      #expect(again.node.entries == whole, "seed \(seed)")
    }
  }
}

extension Node {
  fileprivate mutating func callAsFunction(_ request: String, _ log: DurableLog) -> RESPReply {
    let count = self.log.count
    let reply = self(request)
    if self.log.count > count { commit(to: log) }
    return reply
  }

  fileprivate mutating func apply(_ effects: [KeyValueEffect], _ log: DurableLog) throws {
    let count = self.log.count
    try apply(effects)
    if self.log.count > count { commit(to: log) }
  }

  /// Writes the last batch once more, as it is now, as one of a log.
  private mutating func commit(to log: DurableLog) {
    guard let effects = self.log.last else { return }
    var batch = KeyValueCore(core.settings, at: now)
    batch.beginBatch(at: now)
    for effect in effects { _ = try? batch.load(effect) }
    batch.finishBatch()
    _ = log.commit(batch, batch: UInt64(self.log.count))
  }
}
