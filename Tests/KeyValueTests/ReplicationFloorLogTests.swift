import CRDT
import KeyValue
import Primitives
import TestSupport
import Testing

/// The floor as part of the data.
@Suite struct ReplicationFloorLogTests {
  private func raise(_ store: LoggedStore, to ticks: UInt64) {
    store.core.beginBatch(at: LoggedStore.now)
    let isRaised = store.core.raiseFloor(to: ticks)
    #expect(isRaised)
    #expect(store.core.effects == [.floor(ticks)])
    store.core.finishBatch()
    let outcome = store.log.commit(store.core, batch: 99)
    #expect(outcome == .done)
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
    let log = try LoggedStore.recover(disk)
    #expect(log.core.floor == ticks && log.core.recordCount == 2 && log.core.liveCount == 1)
    try store.log.save(store.core, at: LoggedStore.now)
    let checkpoint = try LoggedStore.recover(disk)
    #expect(checkpoint.core.floor == ticks && checkpoint.core.recordCount == 1)
    #expect(checkpoint.report.checkpointEntries == 1)
    #expect(try KeyValueCheck(disk, at: LoggedStore.now).isIndexEqual)
    // A copy knows it too: what is dead stays dead.
    let (copy, restored) = (MemoryDisk(), MemoryDisk())
    _ = try KeyValueBackup.copy(from: disk, to: copy, at: LoggedStore.now)
    _ = try KeyValueBackup.restore(
      from: copy, to: restored, as: LoggedStore.identity, at: LoggedStore.now)
    let other = try LoggedStore.recover(restored)
    #expect(other.core.floor == ticks)
  }

  /// etcd-io/etcd#13766: what is known of the data is not of one piece with it.
  @Test func aFloor_shouldBeThere_whereverDeletionsAreMissing_report11() throws {
    // A checkpoint after the purge has no deletions: the floor is in it.
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .no)
    store.batch("SET a 1", "DEL a", "SET b 1")
    raise(store, to: store.lastTicks)
    purge(store)
    try store.startCheckpoint()
    store.batch("SET c 1")
    while store.log.stepCheckpoint(store.core, at: LoggedStore.now) {}
    let found = try LoggedStore.recover(disk)
    #expect(found.core.floor == store.core.floor && found.core.recordCount == 2)
  }

  /// It was that of a replica, was restored or copied without the list of members, and is started
  /// alone: others have still what is deleted now.
  @Test func deletions_shouldLeaveTombstones_whereverThereWereReplicas() throws {
    let disk = MemoryDisk()
    let store = try LoggedStore(disk, .always, keepsTombstones: false)
    store.batch("SET alone 1", "DEL alone", "SET both 1")
    #expect(!store.core.hasReplicas && store.core.recordCount == 1)
    raise(store, to: 1)
    #expect(store.core.hasReplicas && store.core.settings.keepsTombstones)
    store.batch("SET later 1", "DEL later")
    let log = try LoggedStore.recover(disk, keepsTombstones: false)
    #expect(log.core.hasReplicas && log.core.recordCount == 2)
    try store.log.save(store.core, at: LoggedStore.now)
    let copy = MemoryDisk()
    _ = try KeyValueBackup.copy(from: disk, to: copy, at: LoggedStore.now)
    let alone = try LoggedStore(copy, .always, keepsTombstones: false)
    alone.batch("DEL both")
    let found = try LoggedStore.recover(copy, keepsTombstones: false)
    #expect(found.core.hasReplicas && found.core.recordCount == 2 && found.core.liveCount == 0)
  }

  @Test func whatIsDead_shouldNotBeTaken_butWhatIsHeldIsRenewed() throws {
    var node = Node(keepsTombstones: true)
    node("SET a 1")
    let ticks = node.core.lastTicks
    node.raiseFloor(to: ticks)
    let old = HybridTimeOf.time(1, 9)
    let effects: [(KeyValueEffect, ApplyOutcome)] = [
      (.set(key: [1], kind: .bytes, value: [], version: old, expiry: 0), .dead),
      (.delete(key: [1], version: old), .dead),
      // Of a key that is held the larger version wins, whatever the floor.
      (
        .set(
          key: [97], kind: .bytes, value: [7],
          version: HybridTime(ticks: ticks, replica: ReplicaID(.max)), expiry: 0), .stored
      ),
    ]
    for (effect, outcome) in effects {
      let found = try node.take(effect)
      #expect(found == outcome, "\(effect)")
    }
    for effect in [KeyValueEffect.floor(1 << 50), .clear] {
      #expect(throws: KeyValueCore.Refusal.notReplicated) { try node.apply([effect]) }
    }
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
    let (k, l) = (Array("k".utf8), Array("l".utf8))
    let buried = [
      node.bury(k, versions[1]), node.bury([9], versions[0]), node.bury(k, versions[0]),
      node.bury(l, versions[1]),
    ]
    #expect(buried == [false, false, true, true])
    #expect(node.core.recordCount == 0 && node.core.liveCount == 0)
    try IndexCheck.check(&node.core, "buried")
    var copy = Node(keepsTombstones: true)
    for batch in node.log { try copy.load(batch) }
    #expect(copy.core.liveCount == 0)
    // One that is written in the same batch stays.
    node("SET m v")
    let version = try #require(node.entries.first?.version)
    node.core.beginBatch(at: node.now)
    let isBuried = node.core.bury(Array("m".utf8), version)
    #expect(isBuried)
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
    let hasReplicas = node.core.hasReplicas
    #expect(!hasReplicas)
  }
}
