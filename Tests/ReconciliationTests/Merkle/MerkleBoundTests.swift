import Primitives
import Reconciliation
import TestSupport
import Testing

/// What the tree's messages refuse.
@Suite struct MerkleBoundTests {
  private static let many = RecordTable(
    (0..<6_000).map { Record(key: [UInt8($0 >> 8), UInt8($0 & 255)], version: 1, value: [])! })

  @Test func numbersOfRecords_shouldBeBounded() throws {
    let most = UInt64(ReconciliationLimits.recordsMax)
    for count in [most, most + 1] {
      var encoder = WireEncoder()
      encoder.append(byte: 1)
      encoder.append(count)
      encoder.append(UInt64(0))
      encoder.append(UInt64(0))
      encoder.append(byte: 0)
      encoder.append(byte: 0)
      if count == most {
        #expect(try MerkleContent(wireBytes: encoder.bytes).count == Int(count))
      } else {
        #expect(throws: WireError.lengthTooLarge(count, limit: Int(most), at: 1)) {
          try MerkleContent(wireBytes: encoder.bytes)
        }
      }
    }
  }

  @Test func requests_shouldBeRefused_beyondTheirLimits() throws {
    let flat = MerkleRecords(Self.many, depthMax: 1)
    let responder = MerkleResponder(flat)
    let root = try flat.root().sum.high
    let list = MerkleRequest.list(root: root, paths: [.root], isWhole: true)
    let error = #expect(throws: ReconciliationError.self) { try responder.answer(list.wireBytes) }
    #expect(Self.many.count > ReconciliationLimits.listedRecordsMax)
    #expect(error?.kind == .limitReached)
    let page = MerkleRequest.page(root: root, path: .root, from: .first)
    let answer = try responder.answer(page.wireBytes)
    #expect(answer.count <= 16 * ReconciliationLimits.listedRecordsMax + 20)
    var encoder = WireEncoder()
    encoder.append(byte: 2)
    encoder.append(raw: [UInt8](repeating: 0, count: 8))
    encoder.append(byte: 16)
    encoder.append(count: ReconciliationLimits.batchNodesMax + 1)
    encoder.append(raw: [UInt8](repeating: 0, count: ReconciliationLimits.batchNodesMax + 1))
    for (bytes, reason) in [
      (encoder.bytes, "above \(ReconciliationLimits.batchNodesMax)"), ([9], "no case 9"),
      (
        MerkleRequest.descend(root: root, paths: [.root.child(1)], hints: [nil]).wireBytes,
        "depth 1"
      ),
      (
        MerkleRequest.fetch(root: root, paths: [.root.child(1)], places: [[4_000]]).wireBytes,
        "place"
      ),
      (
        MerkleRequest.expand(root: try flat.rootHash(), paths: [.root.child(1).child(1)]).wireBytes,
        "depth 2"
      ),
    ] {
      let error = #expect(throws: ReconciliationError.self) { try responder.answer(bytes) }
      #expect(error?.kind == .malformed && error?.reason.contains(reason) == true, "\(reason)")
    }
    let other = MerkleRequest.expand(root: .zero, paths: [.root])
    let moved = #expect(throws: ReconciliationError.self) { try responder.answer(other.wireBytes) }
    #expect(moved?.kind == .unavailable)
  }

  @Test func nodesWithManyRecords_shouldBeListedPageByPage() throws {
    for depthMax in [1, 2] {
      var flat: [Record] = []
      for index in 0..<90_000 where depthMax == 1 || index < 6_000 {
        let key = (0..<3).map { UInt8(index >> (8 * $0) & 255) }
        flat.append(Record(key: key, version: 1, digest: .zero, size: 1)!)
      }
      let other = RecordTable(flat)
      var comparison = MerkleComparison(MerkleRecords(depthMax: depthMax))
      try run(&comparison, against: MerkleResponder(MerkleRecords(other, depthMax: depthMax)))
      #expect(comparison.difference == plainDifference(RecordTable(), other))
      #expect(comparison.isComplete)
    }
  }

  @Test func settings_shouldStayInTheirLimits() throws {
    var settings = MerkleSettings()
    #expect(settings.batchNodes == 100)
    #expect(settings.differencesMax == ReconciliationLimits.differencesMax)
    settings.batchNodes = .max
    settings.requestsInFlight = -3
    settings.differencesMax = .max
    var comparison = MerkleComparison(MerkleRecords(), settings: settings)
    try run(&comparison, against: MerkleResponder(MerkleRecords(Self.many)))
    #expect(comparison.difference.missing.count == Self.many.count)
  }

  @Test func listedNodes_shouldBeThoseWithFewRecords() throws {
    let whole = ReconciliationLimits.wholeListMax
    let short = ReconciliationLimits.shortListMax
    let (own, other) = replicas(5_000, changed: 300, alone: 0, seed: 1)
    for (one, two) in [(own, other), (RecordTable(), Self.many)] {
      var kinds = Set<UInt8>()
      var comparison = MerkleComparison(MerkleRecords(one))
      var settings = MerkleSettings()
      settings.batchNodes = 1
      comparison = MerkleComparison(MerkleRecords(one), settings: settings)
      try run(&comparison, against: MerkleResponder(MerkleRecords(two))) { request, answer in
        kinds.insert(request.body[0])
        if request.body[0] == 2 { #expect(answer.count <= 4 * short) }
        if request.body[0] == 3 { #expect(answer.count <= 16 * whole) }
        return answer
      }
      #expect(kinds.contains(one.count == 0 ? 3 : 2))
    }
  }

  @Test func comparison_shouldEnd_whenTooManyNodesWait() throws {
    let (own, other) = replicas(5_000, changed: 2_000, alone: 0, seed: 2)
    var settings = MerkleSettings()
    #expect(settings.waitingNodesMax == ReconciliationLimits.waitingNodesMax)
    settings.requestsInFlight = 1
    for most in [Int.max, 20] {
      settings.waitingNodesMax = most
      let expected = most == .max ? nil : ReconciliationError.Kind.limitReached
      let remote = MerkleRecords(other)
      let ends: [ReconciliationError?] = try [
        end(of: MerkleComparison(MerkleRecords(own), settings: settings), remote),
        end(
          of: ProvenComparison(
            MerkleRecords(own), root: remote.rootHash(), settings: settings), remote),
      ]
      #expect(ends.map { $0?.kind } == [expected, expected])
      #expect(ends.allSatisfy { $0?.reason.contains("20 nodes wait") ?? (most == .max) })
    }
  }

  /// How a comparison ended: nil if it is whole.
  private func end(
    of initiator: some ComparisonInitiator, _ remote: MerkleRecords
  ) throws -> ReconciliationError? {
    var initiator = initiator
    do { try run(&initiator, against: MerkleResponder(remote)) } catch let error
      as ReconciliationError
    {
      let next = initiator.nextRequest()
      #expect(next == nil)
      return error
    }
    #expect(initiator.isComplete)
    return nil
  }
}
