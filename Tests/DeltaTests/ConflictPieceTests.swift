import CRDT
import Delta
import Primitives
import Reconciliation
import TestSupport
import Testing

/// Records that follow a value piece by piece, against the value decomposed anew.
@Suite struct ConflictPieceTests {
  private func check<Value: ConflictSubject>(_ type: Value.Type, _ name: String) throws {
    for seed in 0..<Campaign.seeds("LIVESYNC_CONFLICT_HISTORIES", default: 60) {
      var world = ConflictWorld<Value>(seed: seed)
      var deltas: [Value.Delta] = []
      for step in 0..<25 {
        let (from, to) = (world.random.below(3), world.random.below(3))
        switch world.random.below(10) {
        case 0..<6: deltas.append(try world.change(to))
        case 6..<8:
          // A text refuses what stands on what is not there.
          if let delta = deltas.randomElement(using: &world.random) {
            try? world.replicas[to].merge(delta: delta)
          }
        case 8:
          let other = world.replicas[from].value
          try world.replicas[to].change { value throws(CRDTError) in try value.merge(other) }
        default:
          try world.join(world.replicas[from].entries.shuffled(using: &world.random), into: to)
        }
        for (number, replica) in world.replicas.enumerated() {
          #expect(replica.followsItsValue, "\(name), seed \(seed), step \(step), \(number)")
        }
        let values = world.replicas.map(\.value)
        let roots = world.replicas.map(\.root)
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
          #expect(
            (values[a] == values[b]) == (roots[a] == roots[b]), "\(name), seed \(seed), \(step)")
        }
      }
      // All pieces of all, shuffled, make one value everywhere.
      let merged = try world.merged()
      let all = world.replicas.flatMap(\.entries).shuffled(using: &world.random)
      for number in 0..<3 {
        try world.join(all, into: number)
        #expect(world.replicas[number].value == merged, "\(name), seed \(seed)")
        #expect(world.replicas[number].waitingCount == 0)
      }
      #expect(Set(world.replicas.map(\.root)).count == 1, "\(name), seed \(seed)")
    }
  }

  @Test func growOnlyCounter_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(GCounter.self, "GCounter")
  }
  @Test func growOnlySet_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(GSet.self, "GSet")
  }
  @Test func counter_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(PNCounter.self, "PNCounter")
  }
  @Test func lastWriterRegister_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(LWWRegister.self, "LWWRegister")
  }
  @Test func multiValueRegister_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(MVRegister.self, "MVRegister")
  }
  @Test func addWinsSet_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(ORSet.self, "ORSet")
  }
  @Test func removeWinsSet_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(RWSet.self, "RWSet")
  }
  @Test func flags_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(EWFlag.self, "EWFlag")
    try check(DWFlag.self, "DWFlag")
  }
  @Test func map_shouldHaveEqualRoots_exactlyWhenEqual() throws { try check(ORMap.self, "ORMap") }
  @Test func text_shouldHaveEqualRoots_exactlyWhenEqual() throws {
    try check(RGAText.self, "RGAText")
  }

  @Test func records_shouldFollowByTheChangedPieces_notByAll() throws {
    let replica = LatticeReplica<ORSet>.forTests()
    let id = ReplicaID(5)
    func apply(_ operation: ORSet.Operation) throws -> Int {
      let before = replica.written
      try replica.apply(operation) { value in
        Stamp(dot: value.nextDot(of: id), time: HybridTime(ticks: 1, replica: id))
      }
      return replica.written - before
    }
    for number in 0..<2_000 {
      #expect(try apply(.add(Array("element \(number)".utf8))) == 1)
    }
    // The range of removed events, and with it those beside it.
    #expect(try apply(.remove(Array("element 100".utf8))) == 1)
    #expect(try apply(.remove(Array("element 102".utf8))) == 1)
    #expect(try apply(.remove(Array("element 101".utf8))) == 1)
    #expect(try apply(.remove(Array("nothing".utf8))) == 0)
    // The new event, and the range of the old one.
    #expect(try apply(.add(Array("element 500".utf8))) == 2)
    #expect(replica.count == 2_000 - 3 + 2)
    #expect(replica.followsItsValue)
    // A delta that brings nothing new costs nothing.
    let before = replica.written
    try replica.merge(delta: replica.value)
    #expect(replica.written == before)
  }

  @Test func recordsOfAText_shouldFollowByTheChangedBlocks() throws {
    let replica = LatticeReplica<RGAText>.forTests()
    let id = ReplicaID(5)
    func apply(_ operation: RGAText.Operation) throws -> Int {
      let before = replica.written
      try replica.apply(operation) { value in
        Stamp(dot: value.nextDot(of: id), time: HybridTime(ticks: 1, replica: id))
      }
      return replica.written - before
    }
    let length = Int(CRDTLimits.textPieceCharacters)
    // Counters begin at 1, blocks at multiples.
    #expect(try apply(.insert(String(repeating: "a", count: 40 * length), at: 0)) == 41)
    #expect(try apply(.delete(5_000..<5_003)) == 3)
    #expect(try apply(.insert("b", at: 300)) == 1)
    #expect(replica.followsItsValue)
  }
}

extension ConflictWorld {
  /// Joins entries as a session does: in batches.
  func join(_ entries: [SyncEntry], into number: Int) throws {
    for start in stride(from: 0, to: entries.count, by: 7) {
      try replicas[number].join(Array(entries[start..<min(entries.count, start + 7)]))
    }
  }
}
