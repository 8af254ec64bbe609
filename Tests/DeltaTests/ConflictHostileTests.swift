import CRDT
import Delta
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

/// Pieces of strangers.
@Suite struct ConflictHostileTests {
  private let a = ReplicaID(5)

  private func stamp(_ dot: Dot) -> Stamp {
    Stamp(dot: dot, time: HybridTime(ticks: 1, replica: dot.replica))
  }

  private func entry(
    _ value: [UInt8], key: [UInt8] = [1], version: UInt64 = 0
  ) throws -> SyncEntry {
    SyncEntry(
      record: try #require(Record(key: key, version: version, value: value)), value: value)
  }

  /// All or nothing: good pieces before a bad one have no effect either.
  private func refuse<Value: ReplicatedType>(
    _ replica: LatticeReplica<Value>, _ entries: [SyncEntry], _ error: LatticeError? = nil,
    reason: String? = nil
  ) async {
    let (value, root) = (replica.value, replica.root)
    do throws(LatticeError) {
      _ = try await replica.apply(entries, dropping: [])
      Issue.record("nothing was refused")
    } catch let refusal {
      if let error { #expect(refusal == error) }
      if let reason { #expect(refusal.reason == reason, "\(refusal)") }
    }
    #expect(replica.value == value && replica.root == root && replica.waitingCount == 0)
  }

  @Test func pieces_shouldBeRefusedAndChangeNothing_whenTheyAreNone() async throws {
    let other = LatticeReplica<ORSet>.forTests()
    for element in UInt8(0)..<3 {
      try other.apply(.add([element])) { self.stamp($0.nextDot(of: a)) }
    }
    try other.apply(.remove([1])) { self.stamp($0.nextDot(of: a)) }
    let good = other.entries
    let replica = LatticeReplica<ORSet>.forTests()
    try replica.apply(.add([9])) { self.stamp($0.nextDot(of: ReplicaID(6))) }
    await refuse(replica, good + [try entry([1, 2, 3])], reason: "lattice_undecodable")
    await refuse(replica, good + [try entry(good[0].value + [0])], reason: "lattice_undecodable")
    var grown = GSet()
    _ = try grown.apply(.add([1]), at: stamp(Dot(a, 1)))
    await refuse(replica, good + [try entry(grown.wireBytes)], reason: "lattice_undecodable")
    var kept = RWSet()
    _ = try kept.apply(.remove([1]), at: stamp(Dot(a, 1)))
    await refuse(replica, good + [try entry(kept.wireBytes)], reason: "lattice_undecodable")
    // A whole value, two events, and an event with a key that has none.
    await refuse(replica, good + [try entry(other.value.wireBytes)], .noPiece)
    var two = other.value.part(of: [[0], [2]])
    await refuse(replica, good + [try entry(two.wireBytes)], .noPiece)
    two = other.value.part(of: [[0]])
    try two.merge(other.value.part(of: []))
    await refuse(replica, good + [try entry(ORSet().wireBytes)], .noPiece)
    // Another key or version than that of the piece.
    let wrong = try entry(good[0].value, key: [7])
    await refuse(replica, good + [wrong], .wrongRecord(key: [7]))
    let late = try entry(good[0].value, key: good[0].record.key, version: 99)
    await refuse(replica, good + [late], .wrongRecord(key: good[0].record.key))
    var text = RGAText()
    let delta = try text.insert("abc", at: 0, as: Dot(a, 1))
    await refuse(replica, [try entry(delta.wireBytes)], reason: "lattice_undecodable")
    let texts = LatticeReplica<RGAText>.forTests(text)
    await refuse(
      texts, [try entry(TextDelta(deletions: [DotRange(a, 1...2)]).wireBytes)], .noPiece)
    _ = try await replica.apply(good, dropping: [])
    #expect(replica.value.value == [[0], [2], [9]] && replica.followsItsValue)
  }

  @Test func piecesThatTheValueRefuses_shouldChangeNothing() async throws {
    var text = RGAText()
    _ = try text.insert("abc", at: 0, as: Dot(a, 1))
    let texts = LatticeReplica<RGAText>.forTests(text)
    // A copy of the author's store went on by itself.
    var fork = RGAText()
    _ = try fork.insert("abc", at: 0, as: Dot(a, 1))
    _ = try fork.insert("x", at: 3, as: Dot(ReplicaID(9), 1))
    _ = try fork.insert("z", at: 4, as: Dot(a, 40))
    let good = LatticeReplica.forTests(fork).entries
    #expect(good.count == 3)
    var bad = try #require(fork.decomposed().first { $0.insertions[0].first == Dot(a, 40) })
    bad.insertions[0].previous = 2
    bad.insertions[0].left = Dot(a, 1)
    let name = try #require(RGAText.name(of: bad))
    await refuse(
      texts, good.filter { $0.record.key != name.key } + [try entry(bad.wireBytes, key: name.key)],
      .refused(.reusedDot(Dot(a, 40))))
    // If it has waited, whoever brings what it stands on is not refused for it.
    let late = LatticeReplica<RGAText>.forTests()
    _ = try await late.apply([try entry(bad.wireBytes, key: name.key)], dropping: [])
    #expect(late.waitingCount == 1)
    _ = try await late.apply(good.filter { $0.record.key != name.key }, dropping: [])
    #expect(late.waitingCount == 0 && late.value.count == 4 && late.followsItsValue)
  }

  @Test func pieces_shouldBeRefused_whenTheyAreTooLong() async throws {
    let most = DeltaLimits.pieceBytesMax
    func piece(_ bytes: Int) throws -> SyncEntry {
      var set = ORSet()
      _ = try set.apply(.add([UInt8](repeating: 1, count: bytes)), at: stamp(Dot(a, 1)))
      return try #require(LatticeReplica.forTests(set).entries.first)
    }
    let overhead = try piece(most / 2).value.count - most / 2
    let replica = LatticeReplica<ORSet>.forTests()
    await refuse(
      replica, [try piece(most - overhead + 1)], .pieceTooLarge(bytes: most + 1))
    _ = try await replica.apply([try piece(most - overhead)], dropping: [])
    #expect(replica.count == 1)
  }

  @Test func pieces_shouldBeRefused_whenThereWouldBeTooMany() async throws {
    var random = SeededGenerator(seed: 3)
    var set = ORSet()
    for number in 0..<UInt8(30) {
      _ = try set.apply(.add([number]), at: stamp(set.nextDot(of: a)))
      if random.chance(30) { _ = try set.apply(.remove([number]), at: stamp(set.nextDot(of: a))) }
    }
    let pieces = LatticeReplica.forTests(set).entries
    let replica = LatticeReplica<ORSet>(
      piecesMax: pieces.count - 1,
      salts: RandomStream(seed: 1, consumer: RandomConsumer(.test)))
    await refuse(
      replica, pieces, .tooManyPieces(pieces.count, limit: pieces.count - 1))
    _ = try await replica.apply(Array(pieces.dropLast()), dropping: [])
    // What is held already counts once more until it is known to be the same.
    await refuse(
      replica, [pieces[0]], .tooManyPieces(pieces.count, limit: pieces.count - 1))
    #expect(DeltaLimits.piecesMax == ReconciliationLimits.differenceMax)
  }

  @Test func changes_shouldBeRefused_whenThereWouldBeTooManyPieces() throws {
    let most = 4
    #expect(most < DeltaLimits.deltaPiecesMax)
    let replica = LatticeReplica<ORSet>(
      piecesMax: most, salts: RandomStream(seed: 1, consumer: RandomConsumer(.test)))
    for number in 0..<UInt8(most) {
      try replica.apply(.add([number])) { self.stamp($0.nextDot(of: a)) }
    }
    var other = ORSet()
    let delta = try other.apply(.add([9]), at: stamp(Dot(ReplicaID(9), 1)))
    let refusal = CRDTError.tooLarge("pieces of a value", limit: most)
    let (value, root) = (replica.value, replica.root)
    #expect(throws: refusal) {
      try replica.apply(.add([9])) { self.stamp($0.nextDot(of: a)) }
    }
    #expect(throws: refusal) { try replica.merge(delta: delta) }
    #expect(throws: refusal) {
      try replica.change { value throws(CRDTError) in try value.merge(other) }
    }
    #expect(replica.value == value && replica.root == root && replica.followsItsValue)
    // An element less is a range more; then there is one range of all.
    for number in 0..<UInt8(most) {
      try replica.apply(.remove([number])) { self.stamp($0.nextDot(of: a)) }
      #expect(replica.count <= most && replica.followsItsValue)
    }
    try replica.merge(delta: delta)
    #expect(replica.value.value == [[9]] && replica.followsItsValue)

    // A short delta of many pieces.
    let text = LatticeReplica<RGAText>(
      piecesMax: most, salts: RandomStream(seed: 1, consumer: RandomConsumer(.test)))
    var long = RGAText()
    let count = most * Int(CRDTLimits.textPieceCharacters)
    _ = try long.insert(String(repeating: "a", count: count), at: 0, as: Dot(a, 1))
    _ = try long.delete(0..<count)
    let pieces = try long.decomposed().reduce(TextDelta()) { try RGAText.join($0, $1) }
    #expect(pieces.wireBytes.count < 100)
    #expect(throws: refusal) { try text.merge(delta: pieces) }
    #expect(text.value == RGAText() && text.count == 0)
  }

  /// What waits is merged when what it stands on comes by another way, and costs no look at all
  /// that waits.
  @Test func waitingPieces_shouldBeMerged_whicheverWayTheirBaseComes() async throws {
    let (known, all) = (300, 2_000)
    var base = RGAText()
    var whole = RGAText()
    // Each character of `a` is a piece of its own, and behind each another replica writes.
    for number in 1...all {
      let dot = Dot(a, UInt64(number) * CRDTLimits.textPieceCharacters)
      _ = try whole.insert("x", at: number - 1, as: dot)
      if number == known { base = whole }
    }
    for number in 1...all {
      _ = try whole.insert("y", at: 2 * number - 1, as: Dot(ReplicaID(UInt64(1_000 + number)), 1))
    }
    let others = LatticeReplica.forTests(whole).entries.filter { entry in
      (try? TextDelta(wireBytes: entry.value))?.insertions.first?.first.replica != a
    }
    let replica = LatticeReplica<RGAText>.forTests()
    _ = try await replica.apply(others, dropping: [])
    #expect(replica.waitingCount == all)
    _ = try await replica.apply(LatticeReplica.forTests(base).entries, dropping: [])
    // The last of them stands before one that is not here.
    #expect(replica.waitingCount == all - known + 1 && replica.followsItsValue)
    #expect(replica.looked <= 2 * known, "\(replica.looked)")
    try replica.change { value throws(CRDTError) in try value.merge(whole) }
    #expect(replica.value == whole)
    _ = replica.view()
    #expect(replica.waitingCount == 0 && replica.value == whole && replica.followsItsValue)
    #expect(replica.looked <= 2 * known + 2 * all, "\(replica.looked)")
  }

  @Test func waitingPieces_shouldBeLetGo_whenTheyAreTooMany() async throws {
    // Characters of many replicas, each behind one that is missing.
    let most = DeltaLimits.waitingPiecesMax
    let replica = LatticeReplica<RGAText>.forTests()
    func piece(_ number: Int) throws -> SyncEntry {
      // One insertion of "a" right behind the character before, without neighbours.
      var encoder = WireEncoder()
      encoder.append(raw: [12, 1])
      encoder.append(ReplicaID(UInt64(number / 256)))
      encoder.append(raw: [1, 0])
      encoder.append(UInt64(number % 256 * 256 + 256))
      encoder.append(raw: [1, 0, 0, 0, 1, 1, 0x61, 0])
      let piece = try TextDelta(wireBytes: encoder.bytes)
      let name = try #require(RGAText.name(of: piece))
      return try entry(piece.wireBytes, key: name.key)
    }
    let numbers = Array(0...most)
    for start in stride(from: 0, to: most, by: 4_096) {
      _ = try await replica.apply(
        try numbers[start..<start + 4_096].map { try piece($0) }, dropping: [])
    }
    #expect(replica.waitingCount == most && replica.value.count == 0)
    // What comes again does not count again.
    _ = try await replica.apply([try piece(numbers[5])], dropping: [])
    #expect(replica.waitingCount == most)
    _ = try await replica.apply([try piece(numbers[most])], dropping: [])
    #expect(replica.waitingCount == 1)
    #expect(replica.count == 0)
  }

  @Test func piecesOfAText_shouldWaitForWhatTheyStandOn() async throws {
    var world = ConflictWorld<RGAText>(seed: 6)
    for _ in 0..<60 {
      let number = world.random.below(2)
      let delta = try world.change(number)
      if world.random.chance(60) { try? world.replicas[1 - number].merge(delta: delta) }
    }
    let expected = try world.merged()
    let pieces = world.replicas.flatMap(\.entries).shuffled(using: &world.random)
    let late = LatticeReplica<RGAText>.forTests()
    var waited = 0
    for piece in pieces {
      _ = try await late.apply([piece], dropping: [])
      waited = max(waited, late.waitingCount)
      #expect(late.followsItsValue)
    }
    #expect(waited > 3 && late.waitingCount == 0)
    #expect(late.value == expected)
  }

  @Test func pieces_shouldNotBeDropped() async throws {
    let replica = LatticeReplica<GCounter>.forTests()
    try replica.apply(.add(3)) { self.stamp($0.nextDot(of: a)) }
    let id = try #require(replica.entries.first?.record.id)
    await #expect(throws: LatticeError.dropping(1)) {
      try await replica.apply([], dropping: [id])
    }
    #expect(replica.value.value == 3)
  }
}
