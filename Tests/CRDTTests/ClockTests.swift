import CRDT
import Primitives
import Storage
import TestSupport
import Testing

@Suite struct ClockTests {
  private let a = ReplicaID(1)
  private let b = ReplicaID(2)

  @Test func laterTime_shouldBeLarger_whateverTheWallClocksSay() throws {
    var generator = SeededGenerator(seed: 3)
    let hour: UInt64 = 3_600_000
    for _ in 0..<200 {
      var clocks = [0, 1, 2].map {
        HybridClock(replica: ReplicaID($0), aheadMax: 2 * hour + 100)
      }
      var last = HybridTime.zero
      for step in 0..<100 as Range<UInt64> {
        // An hour before or after, and now and then back again.
        let number = generator.below(3)
        let wall = 10 * hour + step - hour + UInt64(number) * hour
        try clocks[number].observe(last, at: wall)
        let next = try clocks[number].now(at: wall)
        #expect(next > last)
        last = next
      }
    }
  }

  @Test func timeFarAhead_shouldBeRefused_andChangeNothing() throws {
    var clock = HybridClock(replica: a)
    let allowed = CRDTLimits.clockAheadMillisecondsMax
    let near = HybridTime(ticks: (1_000 + allowed) << 16, replica: b)
    let far = HybridTime(ticks: (1_001 + allowed) << 16, replica: b)
    #expect(throws: CRDTError.clockAhead(milliseconds: allowed + 1, allowed: allowed)) {
      try clock.observe(far, at: 1_000)
    }
    #expect(clock.last == 0)
    try clock.observe(near, at: 1_000)
    #expect(try clock.now(at: 1_000) > near)
  }

  @Test func counter_shouldGoOnIntoTheMilliseconds_whenItIsFull() throws {
    var clock = HybridClock(replica: a, last: 5 << 16 | 0xffff)
    let next = try clock.now(at: 5)
    #expect(next.milliseconds == 6 && next.counter == 0)
    #expect(throws: CRDTError.clockExhausted) { try clock.now(at: 1 << 48) }
    var full = HybridClock(replica: a, last: .max)
    #expect(throws: CRDTError.clockExhausted) { try full.now(at: 5) }
  }

  @Test func equalTimes_shouldBeOrderedByReplica() {
    #expect(HybridTime(ticks: 7, replica: a) < HybridTime(ticks: 7, replica: b))
  }

  @Test func vectors_shouldSayWhoKnewWhat() {
    var (first, second) = (VersionVector(), VersionVector())
    #expect(first.order(to: second) == .equal)
    first.raise(a, to: 3)
    #expect(first.order(to: second) == .after && second.order(to: first) == .before)
    second.raise(b, to: 1)
    #expect(first.order(to: second) == .concurrent)
    first.merge(second)
    first.raise(a, to: 2)
    #expect(first[a] == 3 && first.contains(Dot(b, 1)) && !first.contains(Dot(b, 2)))
  }

  /// Clients that write through one replica without reading: with a vector for each replica alone,
  /// each write would either lose its sibling or stay for ever.
  @Test func siblings_shouldBeWhatWasWrittenWithoutKnowledge_andNoMore() {
    var versions: [DottedVersion] = []
    let blind = VersionVector()
    for counter in 1...3 as ClosedRange<UInt64> {
      versions.append(DottedVersion(dot: Dot(a, counter), past: blind))
    }
    #expect(DottedVersion.newest(of: versions).count == 3)
    var seen = blind
    for version in versions.prefix(2) { seen.merge(version.seen) }
    let next = DottedVersion(dot: Dot(a, 4), past: seen)
    versions.append(next)
    #expect(DottedVersion.newest(of: versions + versions).map(\.dot) == [Dot(a, 3), Dot(a, 4)])
    #expect(next.order(to: versions[0]) == .after && versions[1].order(to: next) == .before)
    #expect(next.order(to: versions[2]) == .concurrent && next.order(to: next) == .equal)
  }

  @Test func context_shouldCompact_whenGapsClose_inAnyOrder() {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<200 {
      let count = 1 + generator.below(40)
      var dots = (1...count).flatMap { [Dot(a, UInt64($0)), Dot(b, UInt64($0))] }
      dots.shuffle(using: &generator)
      var context = CausalContext()
      var model: Set<Dot> = []
      for dot in dots {
        if generator.chance(30) {
          var other = CausalContext()
          other.insert(dot)
          context.merge(other)
        } else {
          context.insert(dot)
        }
        model.insert(dot)
        for probe in dots { #expect(context.contains(probe) == model.contains(probe)) }
      }
      #expect(context.rangeCount == 2)
      #expect(context.contiguous[a] == UInt64(count))
      #expect(context.next(of: a) == Dot(a, UInt64(count) + 1))
    }
  }

  // MARK: Identities

  private func open(
    _ disk: MemoryDisk, fresh: ReplicaID = ReplicaID(1), nonce: UInt64
  ) throws -> (MemoryStore, ReplicaIdentity) {
    let store = try MemoryStore(on: disk, owner: replicaOwner)
    let identity = try store.write { transaction throws(StorageError) in
      try ReplicaIdentity.open(in: &transaction, fresh: fresh, nonce: nonce)
    }
    return (store, identity)
  }

  private func reserve(
    _ identity: inout ReplicaIdentity, in store: MemoryStore, after last: UInt64
  ) throws {
    var changed = identity
    try store.write { transaction throws(StorageError) in
      try changed.reserve(in: &transaction, after: last)
    }
    identity = changed
  }

  @Test func counters_shouldBeGivenOnlyAfterTheyWereStored() throws {
    var (store, identity) = try open(MemoryDisk(), nonce: 1)
    #expect(identity.needsReserve(after: 0))
    #expect(throws: CRDTError.counterExhausted(a)) { try identity.dot(after: 0) }
    try reserve(&identity, in: store, after: 0)
    for counter in 0..<CRDTLimits.counterBlock {
      #expect(try identity.dot(after: counter) == Dot(a, counter + 1))
    }
    #expect(throws: CRDTError.counterExhausted(a)) {
      try identity.dot(after: CRDTLimits.counterBlock)
    }
    try reserve(&identity, in: store, after: CRDTLimits.counterBlock)
    #expect(try identity.dot(after: CRDTLimits.counterBlock, count: 9).counter == 1_025)
  }

  @Test func counters_shouldGoOnBehindTheBlock_afterACrash_andWithoutGapAfterAnEnd() throws {
    let disk = MemoryDisk()
    var (store, identity) = try open(disk, nonce: 1)
    try reserve(&identity, in: store, after: 0)
    #expect(try identity.dot(after: 0).counter == 1)
    store.crash()
    (store, identity) = try open(disk, fresh: b, nonce: 2)
    #expect(identity.replica == a && identity.floor == CRDTLimits.counterBlock)
    try reserve(&identity, in: store, after: 1)
    #expect(try identity.dot(after: 1).counter == CRDTLimits.counterBlock + 1)
    let closed = identity
    try store.write { transaction throws(StorageError) in try closed.close(in: &transaction) }
    try store.close()
    (store, identity) = try open(disk, fresh: b, nonce: 3)
    #expect(identity.floor == 0 && identity.claim.incarnation == 3)
    try reserve(&identity, in: store, after: CRDTLimits.counterBlock + 1)
    #expect(
      try identity.dot(after: CRDTLimits.counterBlock + 1).counter == CRDTLimits.counterBlock + 2)
  }

  @Test func restoredStore_shouldBeRecognised_byWhatPeersKnowOfIt() throws {
    var witness = ReplicaWitness()
    let claim = ReplicaClaim(replica: a, incarnation: 4, nonce: 77)
    #expect(witness.judge(claim, knownCounter: 10, ownCounter: 10) == .current)
    let restored = ReplicaClaim(replica: a, incarnation: 5, nonce: 78)
    // It lacks what it has written itself.
    #expect(witness.judge(restored, knownCounter: 12, ownCounter: 11) == .superseded)
    #expect(witness.judge(ReplicaClaim(replica: a, incarnation: 3, nonce: 1)) == .superseded)
    #expect(witness.judge(ReplicaClaim(replica: a, incarnation: 4, nonce: 78)) == .superseded)
    #expect(witness.judge(claim) == .current)
    #expect(witness.judge(restored) == .current)
  }

  @Test func witness_shouldForgetTheOldestClaim_whenItHasTooMany() {
    var witness = ReplicaWitness()
    for number in 0...UInt64(CRDTLimits.witnessedReplicasMax) {
      let claim = ReplicaClaim(replica: ReplicaID(number), incarnation: 2, nonce: 0)
      #expect(witness.judge(claim) == .current)
    }
    let old = { ReplicaClaim(replica: ReplicaID($0), incarnation: 1, nonce: 0) }
    #expect(witness.judge(old(1)) == .superseded)
    #expect(witness.judge(old(0)) == .current)
  }

  @Test func damagedRecord_shouldLeadToANewID() throws {
    let disk = MemoryDisk()
    let (store, _) = try open(disk, nonce: 1)
    let records = try store.read { snapshot throws(StorageError) in try snapshot.records() }
    try store.write { transaction throws(StorageError) in
      try transaction.put(records[0].key, [1, 2, 3])
    }
    try store.close()
    let (_, identity) = try open(disk, fresh: b, nonce: 2)
    #expect(identity.replica == b && identity.claim.incarnation == 1)
  }
}
