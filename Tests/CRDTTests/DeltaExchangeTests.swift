import CRDT
import Testing

/// Numbers of changes over restarts, and parts that become whole.
@Suite struct DeltaExchangeTests {
  private let a = ReplicaID(1)
  private let b = ReplicaID(2)

  private func interval(_ numbers: ClosedRange<UInt64>) throws -> DeltaInterval<ORSet> {
    var set = ORSet()
    return DeltaInterval(
      sender: a, numbers: numbers, delta: try set.apply(.add([1]), at: stamp(set.nextDot(of: a))))
  }

  @Test func receipts_shouldGoOn_whenTheirNumbersWereStored() throws {
    var set = ORSet()
    var receipts = DeltaReceipts()
    #expect(try receipts.receive(try interval(1...3), into: &set))
    var restored = DeltaReceipts(numbers: try VersionVector(wireBytes: receipts.numbers.wireBytes))
    #expect(restored == receipts)
    #expect(try !restored.receive(try interval(2...3), into: &set))
    #expect(throws: CRDTError.gap(a, expected: 4, found: 5)) {
      _ = try restored.receive(try interval(5...5), into: &set)
    }
    #expect(try restored.receive(try interval(4...5), into: &set))
  }

  @Test func peer_shouldGetEverythingAgain_whenItWasForgotten() throws {
    var buffer = DeltaBuffer<ORSet>(sender: a)
    var set = ORSet()
    for element in [UInt8(1), 2] {
      buffer.append(try set.apply(.add([element]), at: stamp(set.nextDot(of: a))))
    }
    let state = set
    try buffer.acknowledge(2, by: b, of: [b, ReplicaID(3)])
    #expect(try buffer.interval(for: b) { state } == nil)
    buffer.forget(b)
    #expect(try buffer.interval(for: b) { state }?.numbers == 1...2)
  }

  /// What the simulated replicas have found: a part of a map, joined with a whole value that knows
  /// nothing, was called whole, but its fields were not.
  @Test func partOfAMap_shouldBecomeWholeAllTheWayDown_whenItIsJoinedWithAWholeOne() throws {
    var map = ORMap()
    let change = ORMap.Operation.update(
      [1], .map(.update([2], .addWinsSet(.add([3])))))
    let part = try map.apply(change, at: stamp(map.nextDot(of: a)))
    for joined in [try ORMap.join(part, ORMap()), try ORMap.join(ORMap(), part)] {
      #expect(try ORMap(wireBytes: joined.wireBytes) == joined)
      #expect(joined == map)
    }
  }
}
