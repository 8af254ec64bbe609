import CRDT
import KeyValue
import Primitives
import TestSupport
import Testing

/// The floor as part of the data.
@Suite struct ReplicationFloorLogTests {
  private func raise(_ store: LoggedStore, to ticks: UInt64) {
    store.core.beginBatch(at: LoggedStore.now)
    #expect(store.core.raiseFloor(to: ticks))
    #expect(store.core.effects == [.floor(ticks)])
    store.core.finishBatch()
    #expect(store.log.commit(store.core, batch: 99) == .done)
    store.core.endBatch()
  }

  private func purge(_ store: LoggedStore) {
    var next: UInt32? = 0
    while let start = next {
      next = store.core.purge(through: .max, from: start, entries: 100)
    }
  }

  @Test func aFloor_shouldBeInTheLogAndInCheckpoints() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always)
    store.batch("SET a 1", "SET b 2", "DEL a")
    let ticks = store.lastTicks
    raise(store, to: ticks)
    purge(store)
    #expect(store.core.recordCount == 1)
    var found = try LoggedStore.recover(disk).core
    #expect(found.floor == ticks && found.recordCount == 2 && found.liveCount == 1)
    try store.log.save(store.core, at: LoggedStore.now)
    found = try LoggedStore.recover(disk).core
    #expect(found.floor == ticks && found.recordCount == 1)
    #expect(try LoggedStore.recover(disk).report.checkpointEntries == 1)
    #expect(try KeyValueCheck(disk, at: LoggedStore.now).isIndexEqual)
    // A copy knows it too: what is dead stays dead.
    let (copy, restored) = (MemoryDisk(), MemoryDisk())
    _ = try KeyValueBackup.copy(from: disk, to: copy, at: LoggedStore.now)
    _ = try KeyValueBackup.restore(
      from: copy, to: restored, as: LoggedStore.identity, at: LoggedStore.now)
    #expect(try LoggedStore.recover(restored).core.floor == ticks)
  }

  /// etcd-io/etcd#13766: what is known of the data is not of one piece with it.
  @Test func aFloor_shouldBeThere_whereverDeletionsAreMissing() throws {
    // A checkpoint after the purge has no deletions: the floor is in it.
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no)
    store.batch("SET a 1", "DEL a", "SET b 1")
    raise(store, to: store.lastTicks)
    purge(store)
    try store.startCheckpoint()
    store.batch("SET c 1")
    while store.log.stepCheckpoint(store.core, at: LoggedStore.now) {}
    let found = try LoggedStore.recover(disk).core
    #expect(found.floor == store.core.floor && found.recordCount == 2)
  }

  @Test func whatIsDead_shouldNotBeTaken_butWhatIsHeldIsRenewed() throws {
    var node = Node(keepsTombstones: true)
    node("SET a 1")
    let ticks = node.core.lastTicks
    node.raiseFloor(to: ticks)
    let old = HybridTimeOf.time(1, 9)
    node.core.beginBatch(at: node.now)
    #expect(
      try node.core.apply(.set(key: [1], kind: .bytes, value: [], version: old, expiry: 0))
        == .dead)
    #expect(try node.core.apply(.delete(key: [1], version: old)) == .dead)
    // Of a key that is held the larger version wins, whatever the floor.
    let same = HybridTime(ticks: ticks, replica: ReplicaID(.max))
    #expect(
      try node.core.apply(.set(key: [97], kind: .bytes, value: [7], version: same, expiry: 0))
        == .stored)
    #expect(throws: KeyValueCore.Refusal.notReplicated) { try node.core.apply(.floor(1 << 50)) }
    #expect(throws: KeyValueCore.Refusal.notReplicated) { try node.core.apply(.clear) }
    node.end()
    // The own log has values from before the floor.
    try node.load([.set(key: [1], kind: .bytes, value: [], version: old, expiry: 0)])
    #expect(node.entries.count == 2)
  }

  @Test func whatHasExpired_shouldStay_untilItsTimeIsBelowTheFloor() {
    var node = Node(keepsTombstones: true)
    node("SET k v PX 1000")
    node.now += 2_000
    #expect(node("GET k") == .null)
    let written = node.core.lastTicks
    node.raiseFloor(to: written)
    node.purge(through: written)
    #expect(node.core.recordCount == 1)
    node.raiseFloor(to: written + 1_500 << 16)
    node.purge(through: .max)
    #expect(node.core.recordCount == 0)
  }

  @Test func whatIsBuried_shouldBeGone_alsoAfterARestart_unlessItWasWrittenSince() throws {
    var node = Node(keepsTombstones: true)
    node("SET k v")
    node("SET l v")
    node("DEL l")
    let versions = node.entries.compactMap(\.version)
    node.core.beginBatch(at: node.now)
    #expect(!node.core.bury(Array("k".utf8), versions[1]) && !node.core.bury([9], versions[0]))
    #expect(node.core.bury(Array("k".utf8), versions[0]))
    #expect(node.core.bury(Array("l".utf8), versions[1]))
    node.end()
    #expect(node.core.recordCount == 0 && node.core.liveCount == 0)
    try IndexCheck.check(&node.core, "buried")
    var copy = Node(keepsTombstones: true)
    for batch in node.log { try copy.load(batch) }
    #expect(copy.core.liveCount == 0)
    // One that is written in the same batch stays.
    node("SET m v")
    let version = try #require(node.entries.first?.version)
    node.core.beginBatch(at: node.now)
    #expect(node.core.bury(Array("m".utf8), version))
    _ = try node.core.apply(
      .set(
        key: Array("m".utf8), kind: .bytes, value: [1],
        version: HybridTimeOf.time(node.now + 5, 9), expiry: 0))
    node.end()
    #expect(node.core.liveCount == 1)
    try IndexCheck.check(&node.core, "written since")
  }

  @Test func aClockThatIsRaised_shouldGiveOnlyLaterTimes() {
    var node = Node(keepsTombstones: true)
    node.core.raiseClock(to: 5_000_000 << 16)
    node("SET k v")
    #expect((node.entries.first?.version?.ticks ?? 0) > 5_000_000 << 16)
    let shown = node.core.clock(at: 6_000_000)
    #expect(shown == 6_000_000 << 16)
    node("SET k w")
    #expect(node.core.lastTicks > shown)
    // One that leaves no room is left out.
    node.core.raiseClock(to: .max)
    #expect(node.core.lastTicks < 1 << 63)
    #expect(!node.core.hasReplicas)
  }
}
