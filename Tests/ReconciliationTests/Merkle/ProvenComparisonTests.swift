import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

@Suite struct ProvenComparisonTests {
  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_MERKLE_SEEDS", default: 20))
  func provenComparison_shouldFindWhatSetArithmeticFinds(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let count = [0, 1, 30, 500, 3_000][Int(seed % 5)]
    let (own, other) = replicas(
      count, changed: [0, 1, 20, count][generator.below(4)],
      alone: [0, 1, 2, 40][generator.below(4)], seed: seed)
    let depthMax = [2, 17, 20][generator.below(3)]
    var mine = MerkleRecords(own, depthMax: depthMax)
    var theirs = MerkleRecords(other, depthMax: depthMax)
    if generator.chance(50) { try mine.settleHashes() }
    if generator.chance(50) { try theirs.settleHashes() }
    var settings = MerkleSettings()
    settings.batchNodes = [1, 7, 100][generator.below(3)]
    var comparison = ProvenComparison(mine, root: try theirs.rootHash(), settings: settings)
    try run(&comparison, against: MerkleResponder(theirs), order: seed)
    #expect(comparison.isComplete)
    #expect(comparison.difference == plainDifference(own, other), "seed \(seed)")
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_LIE_SEEDS", default: 30))
  func anyChangedByte_shouldBeRefused(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let (own, other) = replicas(900, changed: 30, alone: 9, seed: seed)
    let theirs = MerkleRecords(other)
    var comparison = ProvenComparison(MerkleRecords(own), root: try theirs.rootHash())
    let liesFrom = generator.below(3)
    var answers = 0
    let error = #expect(throws: ReconciliationError.self) {
      try run(&comparison, against: MerkleResponder(theirs)) { _, answer in
        answers += 1
        guard answers > liesFrom else { return answer }
        var lie = answer
        lie[generator.below(lie.count)] ^= 1 << UInt8(generator.below(8))
        return lie
      }
    }
    #expect(error?.kind == .contradiction || error?.kind == .malformed)
    let next = comparison.nextRequest()
    #expect(next == nil && !comparison.isComplete)
  }

  /// Whoever makes a tree of wrong nodes has a root that hashes well; its nodes do not add up.
  @Test func nodesThatDoNotAddUp_shouldBeAContradiction() throws {
    let records = MerkleRecords(
      RecordTable(
        (0..<40).map {
          Record(key: [UInt8($0)], version: 1, value: [])!
        }))
    for field in 0..<3 {
      let honest = try records.withTree { view throws(StorageError) in try view.content(of: .root) }
      // The wire form of the root: tag, count 40, size 0, latest 1, children.
      var bytes = honest.wireBytes
      #expect(bytes[0] == 1 && bytes[1] == 40 && bytes[2] == 0 && bytes[3] == 1)
      bytes[1 + field] += 1
      let lie = try MerkleContent(wireBytes: bytes)
      var comparison = ProvenComparison(MerkleRecords(), root: lie.hash(at: 0))
      let error = #expect(throws: ReconciliationError.self) {
        // The responder answers for its own root: the lie stands in for its first answer.
        let begin = comparison.nextRequest()
        let first = try #require(begin)
        try comparison.receive(bytes, to: first.number)
        while let request = comparison.nextRequest() {
          var body = request.body
          body.replaceSubrange(1..<33, with: try records.rootHash().bytes)
          try comparison.receive(MerkleResponder(records).answer(body), to: request.number)
        }
      }
      #expect(error?.kind == .contradiction)
    }
  }

  @Test(arguments: 0..<10) func proofs_shouldHoldForWhatIsThere_andNothingElse(seed: UInt64) throws
  {
    var generator = SeededGenerator(seed: seed)
    let (own, _) = replicas([1, 20, 400][Int(seed % 3)], changed: 5, alone: 0, seed: seed)
    let records = MerkleRecords(own, depthMax: [1, 20][Int(seed % 2)])
    let root = try records.rootHash()
    for record in own.records(from: [], limit: 40) {
      let proof = try records.withTree { view throws(StorageError) in try view.proof(of: record.key)
      }
      #expect(proof.proves(record, root: root))
      #expect(!proof.provesAbsence(of: record, root: root))
      #expect(try RecordProof(wireBytes: proof.wireBytes) == proof)
      let other = Record(key: record.key, version: record.version + 1, value: [])!
      #expect(!proof.proves(other, root: root) && proof.provesAbsence(of: other, root: root))
      #expect(!proof.proves(record, root: .zero))
      if let longer = Optional(RecordProof(contents: proof.contents + proof.contents.suffix(1))) {
        #expect(!longer.proves(record, root: root))
      }
      if proof.contents.count > 1 {
        #expect(!RecordProof(contents: proof.contents.dropLast()).proves(record, root: root))
        #expect(
          !RecordProof(contents: Array(proof.contents.dropFirst())).proves(record, root: root))
      }
      var spoilt = proof.wireBytes
      spoilt[generator.below(spoilt.count)] ^= 1 << UInt8(generator.below(8))
      if let lie = try? RecordProof(wireBytes: spoilt) { #expect(!lie.proves(record, root: root)) }
    }
    let absent = Record(key: [9, 9, 9, 9, 9], version: 1, value: [])!
    let proof = try records.withTree { view throws(StorageError) in try view.proof(of: absent.key) }
    #expect(proof.provesAbsence(of: absent, root: root) && !proof.proves(absent, root: root))
    #expect(!RecordProof(contents: []).proves(absent, root: root))
    #expect(!RecordProof(contents: []).provesAbsence(of: absent, root: root))
  }
}
