import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

@Suite struct MerkleComparisonTests {
  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_MERKLE_SEEDS", default: 40))
  func comparison_shouldFindWhatSetArithmeticFinds(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let count = [0, 1, 30, 500, 3_000][Int(seed % 5)]
    let (own, other) = replicas(
      count, changed: [0, 1, 20, count][generator.below(4)],
      alone: [0, 1, 2, 40][generator.below(4)], seed: seed)
    let depthMax = [1, 2, 17, 20][generator.below(4)]
    var settings = MerkleSettings()
    settings.batchNodes = [1, 7, 100][generator.below(3)]
    settings.requestsInFlight = 1 + generator.below(9)
    var comparison = MerkleComparison(MerkleRecords(own, depthMax: depthMax), settings: settings)
    let responder = MerkleResponder(MerkleRecords(other, depthMax: depthMax))
    try run(&comparison, against: responder, order: seed)
    #expect(comparison.isComplete)
    #expect(comparison.difference == plainDifference(own, other), "seed \(seed)")
    #expect(comparison.remoteRoot?.count == other.count)
  }

  @Test(arguments: [0, 1_000]) func disjointSets_shouldBeFoundInBoundedSteps(count: Int) throws {
    let own = RecordTable(
      (0..<count).map { Record(key: [1, UInt8($0 >> 8), UInt8($0 & 255)], version: 1, value: [])! })
    let other = RecordTable(
      (0..<3_000).map { Record(key: [2, UInt8($0 >> 8), UInt8($0 & 255)], version: 1, value: [])! })
    for (one, two) in [(own, other), (other, own)] {
      var comparison = MerkleComparison(MerkleRecords(one))
      try run(&comparison, against: MerkleResponder(MerkleRecords(two)))
      #expect(comparison.difference == plainDifference(one, two))
    }
  }

  @Test func equalSets_shouldCostOneSmallFlight() throws {
    let (own, _) = replicas(5_000, changed: 0, alone: 0, seed: 1)
    var comparison = MerkleComparison(MerkleRecords(own))
    let cost = try run(&comparison, against: MerkleResponder(MerkleRecords(own)))
    #expect(cost.flights == 1 && cost.bytes < 250 && comparison.isComplete)
    #expect(comparison.difference.count == 0)
  }

  @Test func oneRecordMore_shouldCostTwoFlights() throws {
    let (own, _) = replicas(5_000, changed: 0, alone: 0, seed: 1)
    var other = own
    other.set(Record(key: [9, 9], version: 1, value: [])!)
    for (one, two, flights) in [(own, other, 2), (other, own, 1)] {
      var comparison = MerkleComparison(MerkleRecords(one))
      let cost = try run(&comparison, against: MerkleResponder(MerkleRecords(two)))
      #expect(cost.flights == flights && cost.bytes < 300)
      #expect(comparison.difference == plainDifference(one, two))
    }
  }

  /// What the trees would miss if ids were combined by exclusive or of contents, or said nothing of
  /// the values.
  @Test func equalContents_shouldNotCancel_andNewValuesOfOldKeysBeSeen() throws {
    let base = RecordTable((0..<100).map { Record(key: [UInt8($0)], version: 1, value: [7])! })
    var pair = base
    pair.set(Record(key: [200], version: 1, value: [8])!)
    pair.set(Record(key: [201], version: 1, value: [8])!)
    var sameDigests: [Hash256] = []
    for record in pair.records(from: [200], limit: 2) { sameDigests.append(record.digest) }
    #expect(sameDigests[0] == sameDigests[1], "an exclusive or of contents cancels")
    var valued = base
    valued.set(Record(key: [5], version: 1, value: [9])!)
    for other in [pair, valued] {
      var comparison = MerkleComparison(MerkleRecords(base))
      try run(&comparison, against: MerkleResponder(MerkleRecords(other)))
      #expect(comparison.difference == plainDifference(base, other))
      #expect(comparison.difference.count == 2)
      #expect(try MerkleRecords(base).root().sum != MerkleRecords(other).root().sum)
      #expect(try MerkleRecords(base).rootHash() != MerkleRecords(other).rootHash())
    }
  }

  @Test func comparison_shouldStopEarly_whenMoreDiffersThanWanted() throws {
    let (own, other) = replicas(3_000, changed: 400, alone: 0, seed: 3)
    var settings = MerkleSettings()
    settings.differencesMax = 10
    settings.batchNodes = 5
    var comparison = MerkleComparison(MerkleRecords(own), settings: settings)
    try run(&comparison, against: MerkleResponder(MerkleRecords(other)))
    #expect(comparison.hasStopped && !comparison.isComplete)
    #expect(comparison.difference.missing.isSubset(of: plainDifference(own, other).missing))
  }

  @Test func recordsThatMoveOn_shouldEndTheComparison_notFalsifyIt() throws {
    let (own, other) = replicas(3_000, changed: 400, alone: 0, seed: 3)
    var moved = MerkleRecords(other)
    moved.remove(other.records(from: [], limit: 1)[0].key)
    var comparison = MerkleComparison(MerkleRecords(own))
    let begin = comparison.nextRequest()
    let first = try #require(begin)
    try comparison.receive(
      MerkleResponder(MerkleRecords(other)).answer(first.body), to: first.number)
    let next = comparison.nextRequest()
    let second = try #require(next)
    let error = #expect(throws: ReconciliationError.self) {
      try MerkleResponder(moved).answer(second.body)
    }
    #expect(error?.kind == .unavailable)
    #expect(!comparison.isComplete)
  }

  /// A record of which nothing but its id is known: for records whose ids begin alike.
  @Test func idsThatBeginAlike_shouldBeToldApart() throws {
    // Enough records below one node that some begin with the same four bytes is rare; the lists
    // are therefore changed on their way as if they did, which the sums show.
    let (own, other) = replicas(200, changed: 60, alone: 0, seed: 8)
    let source = MerkleRecords(own)
    var comparison = MerkleComparison(source)
    try run(&comparison, against: MerkleResponder(MerkleRecords(other))) { request, answer in
      guard request.body[0] == 2 else { return answer }
      let mine = own.records(from: [], limit: .max).map(\.id)
      // What this side has not is said to begin like something it has.
      return stride(from: 0, to: answer.count, by: 4).flatMap { start -> [UInt8] in
        let begin = Array(answer[start..<start + 4])
        let isHeld = mine.contains { Array($0.wireBytes.prefix(4)) == begin }
        return isHeld ? begin : Array(mine[start % mine.count].wireBytes.prefix(4))
      }
    }
    #expect(comparison.difference == plainDifference(own, other))
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_LIE_SEEDS", default: 60))
  func lies_shouldEndInTypedErrors_orBeHarmless(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let (own, other) = replicas(
      [3, 60, 900][Int(seed % 3)], changed: 9, alone: 9, seed: seed)
    var comparison = MerkleComparison(MerkleRecords(own, depthMax: 3))
    let responder = MerkleResponder(MerkleRecords(other, depthMax: 3))
    do {
      try run(&comparison, against: responder, flightsMax: 2_000) { _, answer in
        generator.chance(20) ? generator.mutated(answer) : answer
      }
      #expect(comparison.difference.missing.count <= 2 * other.count)
    } catch is ReconciliationError {
      let next = comparison.nextRequest()
      #expect(next == nil && !comparison.isComplete)
    }
  }

  @Test func childrenThatDoNotAddUp_shouldBeAContradiction() throws {
    let (own, other) = replicas(3_000, changed: 400, alone: 1, seed: 3)
    for kind: UInt8 in [0, 1] {
      var comparison = MerkleComparison(MerkleRecords(own))
      let error = #expect(throws: ReconciliationError.self) {
        try run(&comparison, against: MerkleResponder(MerkleRecords(other))) { request, answer in
          guard request.body[0] == kind else { return answer }
          var lie = answer
          lie[lie.count - 1] ^= 1
          return lie
        }
      }
      #expect(error?.kind == .contradiction)
    }
    var alone = MerkleComparison(MerkleRecords())
    let few = RecordTable(other.records(from: [], limit: 9))
    let error = #expect(throws: ReconciliationError.self) {
      try run(&alone, against: MerkleResponder(MerkleRecords(few))) { request, answer in
        var lie = answer
        if request.body[0] == 3 { lie[0] ^= 1 }
        return lie
      }
    }
    #expect(error?.kind == .contradiction)
  }
}
