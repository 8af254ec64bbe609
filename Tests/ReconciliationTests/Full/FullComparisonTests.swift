import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

@Suite struct FullComparisonTests {
  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_FULL_SEEDS", default: 24))
  func exchange_shouldFindWhatSetArithmeticFinds(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let count = [0, 1, 30, 700][Int(seed % 4)]
    let (own, other) = replicas(
      count, changed: [0, 20, count][generator.below(3)], alone: [0, 2, 40][generator.below(3)],
      seed: seed)
    let lanes = [1, 3, 8, 64][generator.below(4)]
    var exchange = FullComparison(
      own, lanes: lanes, frameBytes: [1, 300, 65_536][generator.below(3)])
    let responder = FullResponder(other)
    // Interrupted at some time, and taken up from the cursor's wire form.
    for _ in 0..<generator.below(30) {
      let next = exchange.nextRequest()
      guard let request = next else { break }
      if generator.chance(80) {
        try exchange.receive(responder.answer(request.body), to: request.number)
      }
    }
    let cursor = try exchange.cursor.map { try FullComparison.Cursor(wireBytes: $0.wireBytes) }
    var again = FullComparison(
      own, lanes: lanes, frameBytes: 500, cursor: cursor, difference: exchange.difference)
    try run(&again, against: responder, order: seed)
    #expect(again.isComplete)
    #expect(again.difference == plainDifference(own, other), "seed \(seed)")
    if cursor == nil {
      #expect(again.remoteCount == other.count && again.recordsTold == other.count)
    }
  }

  @Test func frames_shouldBeBounded_andManyBeUnderWay() throws {
    let (own, other) = replicas(3_000, changed: 10, alone: 10, seed: 2)
    var exchange = FullComparison(own, lanes: 8, frameBytes: 2_000)
    var most = 0
    let cost = try run(&exchange, against: FullResponder(other)) { _, answer in
      most = max(most, answer.count)
      return answer
    }
    #expect(most < 2_600 && cost.flights < cost.requests / 5)
    #expect(exchange.difference == plainDifference(own, other))
    let limit = ReconciliationLimits.frameBytesMax
    let error = #expect(throws: ReconciliationError.self) {
      // A request for lane "", without end, of one byte more than a frame may have.
      var encoder = WireEncoder()
      encoder.append(byte: 1)
      encoder.append([UInt8]())
      encoder.append(false)
      encoder.append(count: limit + 1)
      _ = try FullResponder(other).answer(encoder.bytes)
    }
    #expect(error?.kind == .malformed)
  }

  @Test func lanes_shouldPartTheKeysEvenly() throws {
    #expect(ReconciliationLimits.lanesMax == 64 && ReconciliationLimits.laneSampleMax >= 64)
    let (own, _) = replicas(3_000, changed: 0, alone: 0, seed: 2)
    var exchange = FullComparison(own, lanes: ReconciliationLimits.lanesMax + 9)
    let begin = exchange.nextRequest()
    let request = try #require(begin)
    let next = exchange.nextRequest()
    #expect(next == nil && exchange.cursor == nil)
    try exchange.receive(FullResponder(own).answer(request.body), to: request.number)
    let lanes = try #require(exchange.cursor).lanes
    #expect(lanes.count == ReconciliationLimits.lanesMax)
    let keys = own.records(from: [], limit: .max).map(\.key)
    for lane in lanes {
      let inside = keys.filter { key in
        !key.lexicographicallyPrecedes(lane.start)
          && (lane.end.map { key.lexicographicallyPrecedes($0) } ?? true)
      }
      #expect(inside.count > 0 && inside.count < 400)
    }
  }

  @Test func pages_shouldLeaveNothingOut_whenKeysAreMany() throws {
    let most = ReconciliationLimits.pageRecordsMax
    for count in [most - 1, most, most + 1, 2 * most] {
      let table = RecordTable(
        (0..<count).map { Record(key: [UInt8($0 >> 8), UInt8($0 & 255)], version: 1, value: [])! })
      var exchange = FullComparison(RecordTable(), lanes: 1)
      try run(&exchange, against: FullResponder(table))
      #expect(exchange.difference == plainDifference(RecordTable(), table))
      var back = FullComparison(table, lanes: 1)
      try run(&back, against: FullResponder(RecordTable()))
      #expect(back.difference == plainDifference(table, RecordTable()))
    }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_LIE_SEEDS", default: 60))
  func lies_shouldEndInTypedErrors_orBeHarmless(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let (own, other) = replicas([3, 400][Int(seed % 2)], changed: 9, alone: 9, seed: seed)
    var exchange = FullComparison(own, lanes: 3, frameBytes: 500)
    do {
      try run(&exchange, against: FullResponder(other), flightsMax: 2_000) { _, answer in
        generator.chance(20) ? generator.mutated(answer) : answer
      }
    } catch is ReconciliationError {
      let next = exchange.nextRequest()
      #expect(next == nil && !exchange.isComplete)
    }
  }
}
