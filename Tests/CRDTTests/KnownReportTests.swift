import CRDT
import Primitives
import Storage
import TestSupport
import Testing

/// What was reported of other implementations, as what should happen.
@Suite struct KnownReportTests {
  private let a = ReplicaID(1)
  private let b = ReplicaID(2)

  private func change<Value: ReplicatedType>(
    _ value: inout Value, _ operation: Value.Operation, by replica: ReplicaID, ticks: UInt64 = 0
  ) throws -> Value.Delta {
    try value.apply(operation, at: stamp(value.nextDot(of: replica), ticks: ticks))
  }

  /// basho/riak_dt#82
  @Test func element_shouldVanish_whenEachSideHasRemovedWhatTheOtherHas() throws {
    var first = ORSet()
    _ = try change(&first, .add([1]), by: a)
    var second = ORSet()
    _ = try change(&second, .add([1]), by: b)
    // Each takes in the other's addition, and removes its own before that.
    let (fromFirst, fromSecond) = (first, second)
    _ = try change(&first, .remove([1]), by: a)
    _ = try change(&second, .remove([1]), by: b)
    try first.merge(fromSecond)
    try second.merge(fromFirst)
    #expect(first.contains([1]) && second.contains([1]))
    try first.merge(second)
    #expect(!first.contains([1]))
  }

  /// basho/riak_dt#98
  @Test func counterInMap_shouldBeRemovedAndResetCheaply_andCountFromZero() throws {
    var map = ORMap()
    let key = FieldKey([1], .counter)
    for _ in 0..<100 { _ = try change(&map, .update([1], .counter(.add(1))), by: a) }
    let grown = map.wireBytes.count
    let removal = try change(&map, .remove(key), by: b)
    #expect(map[key] == nil)
    #expect(removal.wireBytes.count < 40)
    #expect(map.wireBytes.count < grown)
    _ = try change(&map, .update([1], .counter(.add(5))), by: a)
    #expect(map[key] == .counter(5))
    _ = try change(&map, .update([1], .counter(.reset)), by: b)
    #expect(map.value.isEmpty)
  }

  /// basho/riak_kv#1094
  @Test func write_shouldNotBeSubsumed_whenTheStoreLostWhatItHadGiven() throws {
    let disk = MemoryDisk()
    var peer = ORSet()
    do {
      let store = try MemoryStore(on: disk, owner: replicaOwner)
      var identity = try store.write { transaction throws(StorageError) in
        var identity = try ReplicaIdentity.open(in: &transaction, fresh: a, nonce: 1)
        try identity.reserve(in: &transaction, after: 0)
        return identity
      }
      var set = ORSet()
      for element in [UInt8]([1, 2, 3]) {
        let dot = try identity.dot(after: set.context.last(of: a))
        try peer.merge(try set.apply(.add([element]), at: stamp(dot)))
      }
      store.crash()  // The set was not stored.
    }
    let store = try MemoryStore(on: disk, owner: replicaOwner)
    var identity = try store.write { transaction throws(StorageError) in
      var identity = try ReplicaIdentity.open(in: &transaction, fresh: b, nonce: 2)
      try identity.reserve(in: &transaction, after: 0)
      return identity
    }
    #expect(identity.replica == a)
    var lost = ORSet()
    let dot = try identity.dot(after: 0)
    #expect(!peer.context.contains(dot))
    try peer.merge(try lost.apply(.add([4]), at: stamp(dot)))
    #expect(peer.value == [[1], [2], [3], [4]])
  }

  /// The same for counters, which add to what they had.
  @Test func counts_shouldNotBeLostOrDoubled_whenTheStoreLostSome() throws {
    var peer = (GCounter(), PNCounter())
    var mine = (GCounter(), PNCounter())
    try peer.0.merge(try mine.0.apply(.add(5), at: stamp(Dot(a, 1))))
    try peer.1.merge(try mine.1.apply(.add(5), at: stamp(Dot(a, 1))))
    let kept = mine
    try peer.0.merge(try mine.0.apply(.add(4), at: stamp(Dot(a, 2))))
    try peer.1.merge(try mine.1.apply(.add(4), at: stamp(Dot(a, 2))))
    mine = kept
    let after = Stamp(dot: Dot(a, 1_025), time: .zero, floor: 1_024)
    try peer.0.merge(try mine.0.apply(.add(3), at: after))
    try peer.1.merge(try mine.1.apply(.add(3), at: after))
    #expect(peer.0.value == 12)
    #expect(peer.1.value == 12)
  }

  /// akka/akka-core#22655
  @Test func emptyDelta_shouldTakeANumber_soThatTheNextOneFollows() throws {
    var set = ORSet()
    var buffer = DeltaBuffer<ORSet>(sender: a)
    var receipts = DeltaReceipts()
    var received = ORSet()
    for operation in [ORSet.Operation.add([1]), .remove([9]), .add([2])] {
      buffer.append(try change(&set, operation, by: a))
      let state = set
      let interval = try #require(try buffer.interval(for: b) { state })
      #expect(!interval.isFull)
      #expect(try receipts.receive(interval, into: &received))
      try buffer.acknowledge(receipts.last(of: a), by: b, of: [b])
    }
    #expect(receipts.last(of: a) == 3)
    #expect(received == set)
    #expect(buffer.count == 0)
  }

  /// akka/akka-core#22668
  @Test func removalDeltas_shouldRemoveAsMuchAsTheirChanges_inSetsAndMaps() throws {
    var set = ORSet()
    var copy = ORSet()
    let deltas = try [ORSet.Operation.add([1]), .add([2]), .remove([1]), .add([1]), .remove([2])]
      .map { try change(&set, $0, by: a) }
    let joined = try deltas.reduce(ORSet()) { try ORSet.join($0, $1) }
    for delta in deltas.reversed() { try copy.merge(delta) }
    #expect(copy == set)
    var other = ORSet()
    _ = try change(&other, .add([2]), by: b)
    try other.merge(joined)
    #expect(other.value == [[1], [2]])

    var map = ORMap()
    let key = FieldKey([7], .addWinsSet)
    let adding = try change(&map, .update([7], .addWinsSet(.add([1]))), by: a)
    let removing = try change(&map, .remove(key), by: a)
    let again = try change(&map, .update([7], .addWinsSet(.add([2]))), by: a)
    var late = ORMap()
    for delta in [again, removing, adding] { try late.merge(delta) }
    #expect(late == map)
    #expect(late[key] == .set([[2]]))
  }

  /// derekkraan/delta_crdt_ex#65
  @Test func partialState_shouldDeleteNothing_thatItDoesNotSpeakOf() throws {
    var set = ORSet()
    var map = ORMap()
    for element in UInt8(1)...5 {
      _ = try change(&set, .add([element]), by: a)
      _ = try change(&map, .update([element], .lastWriter(.write([element]))), by: a)
    }
    var (other, otherMap) = (set, map)
    try other.merge(set.part(of: [[2]]))
    try otherMap.merge(map.part(of: [FieldKey([2], .lastWriter)]))
    #expect(other.count == 5)
    #expect(otherMap.value.count == 5)
    var empty = ORSet()
    try empty.merge(set.part(of: [[2], [9]]))
    #expect(empty.value == [[2]])
    try empty.merge(set)
    #expect(empty == set)
  }

  /// automerge/automerge#1284 and #702
  @Test func lostMessages_shouldBeMadeUpFor_inBoundedRounds() throws {
    var generator = SeededGenerator(seed: 9)
    var set = ORSet()
    var buffer = DeltaBuffer<ORSet>(sender: a)
    var receipts = DeltaReceipts()
    var received = ORSet()
    for number in 0..<200 {
      buffer.append(try change(&set, .add([UInt8(number)]), by: a))
      let state = set
      // Half of the messages and half of the acknowledgements are lost; nothing is in flight for
      // ever, since each interval begins at what was acknowledged.
      guard generator.chance(50), let interval = try buffer.interval(for: b, state: { state })
      else { continue }
      _ = try receipts.receive(interval, into: &received)
      if generator.chance(50) {
        try buffer.acknowledge(receipts.last(of: a), by: b, of: [b])
      }
    }
    let state = set
    if let last = try buffer.interval(for: b, state: { state }) {
      _ = try receipts.receive(last, into: &received)
    }
    #expect(received == set)
  }

  /// ipfs/go-ds-crdt#238
  @Test func putsAndDelete_shouldShowOneValue_whateverTheirOrder() throws {
    var first = LWWRegister()
    let one = try change(&first, .write([1]), by: a, ticks: 10)
    let two = try change(&first, .write([2]), by: a, ticks: 20)
    var map = ORMap()
    let key = FieldKey([0], .lastWriter)
    let puts = try [10, 20].map {
      try change(&map, .update([0], .lastWriter(.write([UInt8($0)]))), by: a, ticks: $0)
    }
    let deletion = try change(&map, .remove(key), by: a)
    var other = ORMap()
    let put = try change(&other, .update([0], .lastWriter(.write([3]))), by: b, ticks: 15)
    let all = puts + [deletion, put]
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<50 {
      var merged = ORMap()
      for delta in all.shuffled(using: &generator) { try merged.merge(delta) }
      #expect(merged[key] == .lastWriter([3]))
    }
    var late = LWWRegister()
    try late.merge(two)
    try late.merge(one)
    #expect(late == first)
  }

  /// A copied database with the same replica id.
  @Test func copiedStore_shouldTakeANewID_beforeItWrites() throws {
    func open(_ disk: MemoryDisk, nonce: UInt64) throws -> (MemoryStore, ReplicaIdentity) {
      let store = try MemoryStore(on: disk, owner: replicaOwner)
      let identity = try store.write { transaction throws(StorageError) in
        try ReplicaIdentity.open(in: &transaction, fresh: ReplicaID(nonce), nonce: nonce)
      }
      return (store, identity)
    }
    let disk = MemoryDisk()
    let (store, identity) = try open(disk, nonce: 5)
    let records = try store.read { snapshot throws(StorageError) in try snapshot.records() }
    let copy = MemoryDisk()
    let copied = try MemoryStore(on: copy, owner: replicaOwner)
    try copied.write { transaction throws(StorageError) in
      for record in records { try transaction.put(record.key, record.value) }
    }
    try store.close()
    try copied.close()
    let (_, original) = try open(disk, nonce: 6)
    var (copyStore, duplicate) = try open(copy, nonce: 7)
    #expect(original.replica == identity.replica && duplicate.replica == identity.replica)
    var witness = ReplicaWitness()
    #expect(witness.judge(identity.claim) == .current)
    #expect(witness.judge(original.claim) == .current)
    #expect(witness.judge(duplicate.claim) == .superseded)
    #expect(witness.judge(identity.claim) == .superseded)
    #expect(witness.judge(original.claim) == .current)
    try copyStore.write { transaction throws(StorageError) in
      try duplicate.renew(in: &transaction, fresh: ReplicaID(99), nonce: 8)
    }
    #expect(duplicate.replica == ReplicaID(99))
    #expect(witness.judge(duplicate.claim) == .current)
    try copyStore.close()
    copyStore = try MemoryStore(on: copy, owner: replicaOwner)
    let again = try copyStore.write { transaction throws(StorageError) in
      try ReplicaIdentity.open(in: &transaction, fresh: ReplicaID(1), nonce: 9)
    }
    #expect(again.replica == ReplicaID(99))
  }
}
