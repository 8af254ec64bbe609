import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct BloomTests {
  private static let salt = SipKey(low: 8, high: 9)

  @Test(arguments: [
    (ReconciliationLimits.filterItemsDefault, ReconciliationLimits.filterRateDefault),
    (500, 0.01), (20_000, 0.1), (1, 0.001), (3_000, 0.000_1),
  ])
  func filter_shouldKeepItsRate_andForgetNothing(items: Int, rate: Double) {
    var generator = SeededGenerator(seed: UInt64(items))
    let ids = generator.ids(items)
    var filter = BlockedBloomFilter(items: items, rate: rate, salt: Self.salt)
    for id in ids { filter.insert(id) }
    #expect(ids.allSatisfy(filter.contains))
    let asked = 200_000
    var wrong = 0
    for _ in 0..<asked where filter.contains(generator.id()) { wrong += 1 }
    let expected = rate * Double(asked)
    #expect(Double(wrong) < expected + 5 * expected.squareRoot() + 5, "\(wrong)")
    // Not much larger than it must be.
    #expect(items < 100 || Double(filter.byteCount * 8) / Double(items) < 1.9 * -log2(rate))
  }

  private func log2(_ value: Double) -> Double {
    var (rest, whole) = (value, 0.0)
    while rest < 1 { (rest, whole) = (rest * 2, whole - 1) }
    return whole + (rest - 1)
  }

  @Test func filters_shouldHideOtherItems_withOtherSalts() {
    var generator = SeededGenerator(seed: 1)
    let ids = generator.ids(2_000)
    var first = BlockedBloomFilter(items: 2_000, rate: 0.05, salt: Self.salt)
    var second = BlockedBloomFilter(items: 2_000, rate: 0.05, salt: SipKey(low: 8, high: 10))
    for id in ids {
      first.insert(id)
      second.insert(id)
    }
    let hidden = generator.ids(20_000).filter(first.contains)
    #expect(hidden.count > 500)
    #expect(hidden.count { second.contains($0) } < hidden.count / 10)
  }

  @Test func filter_shouldBeBounded_whateverItIsMadeFor() {
    let filter = BlockedBloomFilter(items: .max / 1_000_000, rate: 0, salt: Self.salt)
    #expect(filter.byteCount == 64 * ReconciliationLimits.filterBlocksMax)
    #expect(filter.probes == ReconciliationLimits.filterProbesMax)
    #expect(BlockedBloomFilter(items: 0, rate: 2, salt: Self.salt).byteCount == 64)
  }

  private static func pair(
    _ sets: TwoSets, options: BloomOptions, rate: Double = 0.01
  ) throws -> (BloomComparison<SortedIDs>, BloomResponder<SortedIDs>) {
    let ids = SortedIDs(sets.remote)
    let symbols = SketchResponder(ids, prefix: SymbolPrefix(length: 100, of: sets.remote))
    let initiator = try BloomComparison(
      SortedIDs(sets.local), prefix: SymbolPrefix(length: 20, of: sets.local), salt: Self.salt,
      options: options)
    return (initiator, BloomResponder(ids, symbols: symbols, rate: rate))
  }

  @Test(arguments: 0..<30)
  func comparison_shouldGiveTheDifferenceOfTheSets_byFilters(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let size = [0, 30, 600, 4_000][seed % 4]
    let sets = TwoSets(
      common: generator.below(size + 1), missing: generator.below(size + 1),
      extra: generator.below(size + 1), from: &generator)
    let options = BloomOptions(
      items: 1 + generator.below(700), rate: [0.3, 0.01, 0.001][generator.below(3)],
      sketch: SketchOptions(requestsMax: 1 + generator.below(4)))
    var (initiator, responder) = try Self.pair(
      sets, options: options, rate: [0.3, 0.01, 0.001][generator.below(3)])
    _ = try ComparisonRun(
      &initiator, against: responder, roundsMax: 10_000, from: &generator)
    #expect(initiator.isComplete, "seed \(seed)")
    #expect(initiator.difference == sets.difference, "seed \(seed)")
  }

  @Test func comparison_shouldDivide_whenTheOtherSetIsFarLarger() throws {
    var generator = SeededGenerator(seed: 2)
    let most = ReconciliationLimits.filterAnswerIDsMax
    let sets = TwoSets(common: 5, missing: most + 100, extra: 3, from: &generator)
    let options = BloomOptions(sketch: SketchOptions(requestsMax: 1))
    var (initiator, responder) = try Self.pair(sets, options: options)
    let run = try ComparisonRun(&initiator, against: responder, from: &generator)
    #expect(initiator.difference == sets.difference)
    #expect(run.rounds >= 1 + (most + 100) / 10_000)
    // Parts that are as small as they get.
    var (large, again) = try Self.pair(sets, options: BloomOptions(items: .max))
    let error = #expect(throws: ReconciliationError.self) {
      try ComparisonRun(&large, against: again, from: &generator)
    }
    #expect(error?.kind == .limitReached)
  }

  @Test func bytes_shouldBeFewerThanThoseOfSymbols_whenMuchDiffers() throws {
    var generator = SeededGenerator(seed: 3)
    let sets = TwoSets(common: 10_000, missing: 4_000, extra: 4_000, from: &generator)
    var (bloom, responder) = try Self.pair(sets, options: BloomOptions(rate: 0.01))
    let filters = try ComparisonRun(&bloom, against: responder, from: &generator)
    var sketch = SketchComparison(
      SortedIDs(sets.local), prefix: SymbolPrefix(length: 64, of: sets.local))
    let other = SketchResponder(
      SortedIDs(sets.remote), prefix: SymbolPrefix(length: 64, of: sets.remote))
    let symbols = try ComparisonRun(&sketch, against: other, from: &generator)
    #expect(bloom.difference == sketch.difference)
    #expect(
      filters.bytesIn + filters.bytesOut < (symbols.bytesIn + symbols.bytesOut) * 2 / 3,
      "\(filters) against \(symbols)")
  }

  /// Bytes of a request whose filter claims `blocks` blocks and has `words` words.
  private static func request(
    bits: Int, number: Int, probes: Int, blocks: Int, words: Int
  ) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(byte: 0)
    encoder.append(raw: [UInt8](repeating: 3, count: 16))
    encoder.append(count: bits)
    encoder.append(count: number)
    encoder.append(byte: UInt8(probes))
    encoder.append(count: blocks)
    encoder.append(raw: [UInt8](repeating: 0, count: 8 * words))
    return encoder.bytes
  }

  @Test func request_shouldBeRefused_beyondFilterLimits() throws {
    var generator = SeededGenerator(seed: 4)
    let sets = TwoSets(common: 5, missing: 5, extra: 5, from: &generator)
    let (_, responder) = try Self.pair(sets, options: BloomOptions())
    let bits = ReconciliationLimits.filterPartsMax.trailingZeroBitCount
    let blocks = ReconciliationLimits.filterBlocksMax
    let probes = ReconciliationLimits.filterProbesMax
    for fine in [
      Self.request(bits: 0, number: 0, probes: 1, blocks: 1, words: 8),
      Self.request(
        bits: bits, number: (1 << bits) - 1, probes: probes, blocks: blocks, words: 8 * blocks),
    ] {
      #expect(throws: Never.self) { try responder.answer(fine) }
    }
    for wrong in [
      Self.request(bits: 0, number: 1, probes: 1, blocks: 1, words: 8),
      Self.request(bits: bits + 1, number: 0, probes: 1, blocks: 1, words: 8),
      Self.request(bits: 0, number: 0, probes: 0, blocks: 1, words: 8),
      Self.request(bits: 0, number: 0, probes: probes + 1, blocks: 1, words: 8),
      Self.request(bits: 0, number: 0, probes: 1, blocks: 0, words: 0),
      Self.request(bits: 0, number: 0, probes: 1, blocks: 2, words: 8),
      Self.request(bits: 0, number: 0, probes: 1, blocks: 1, words: 9),
      Self.request(bits: 0, number: 0, probes: 1, blocks: blocks + 1, words: 8 * blocks + 8),
      [], [2], [1], [0],
    ] {
      let error = #expect(throws: ReconciliationError.self) { try responder.answer(wrong) }
      #expect(error?.kind == .malformed, "\(wrong.prefix(30))")
    }
  }

  @Test func damagedFilters_shouldNeverGiveAWrongDifference() throws {
    var refused = 0
    for seed in 0..<300 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let sets = TwoSets(common: 30, missing: 20, extra: 20, from: &generator)
      let options = BloomOptions(items: 25, sketch: SketchOptions(symbolsMax: 300))
      var (initiator, responder) = try Self.pair(sets, options: options)
      var damage = SeededGenerator(seed: UInt64(seed))
      do throws(ReconciliationError) {
        _ = try ComparisonRun(&initiator, against: responder, from: &generator) {
          // Some answers stay whole, so that all phases are reached.
          if damage.chance(40) { $0 = damage.mutated($0) }
        }
        #expect(!initiator.isComplete || initiator.difference == sets.difference, "seed \(seed)")
      } catch { refused += 1 }
    }
    #expect(refused > 150)
  }

  /// Answers whose filters claim too much, or lists that are not of their part.
  @Test func answer_shouldBeRefused_whenItsIDsAreNotOfThePart() throws {
    let sets = TwoSets(
      local: [RecordID(high: 1 << 63, low: 1), RecordID(high: 1, low: 1)],
      remote: [RecordID(high: 7, low: 7)])
    for answered in [RecordID(high: .max, low: 3), RecordID(high: 1, low: 1)] {
      var (initiator, responder) = try Self.pair(sets, options: BloomOptions(items: 1))
      let request = initiator.nextRequest()
      let first = try #require(request)
      var answer = try responder.answer(first.body)
      answer.replaceSubrange((answer.count - 16)..., with: answered.wireBytes)
      let error = #expect(throws: ReconciliationError.self) {
        try initiator.receive(answer, to: first.number)
      }
      #expect(error?.kind == .malformed)
    }
  }

  @Test func comparison_shouldEnd_whenItIsGivenTooManyIDs() throws {
    var initiator = try BloomComparison(
      SortedIDs([RecordID]()), prefix: SymbolPrefix(length: 1), salt: Self.salt,
      options: BloomOptions(items: 1))
    var generator = SeededGenerator(seed: 5)
    // A set that is said to have parts without end, each as full as an answer can be.
    let most = ReconciliationLimits.filterAnswerIDsMax
    var tooMany = WireEncoder()
    tooMany.append(byte: 0)
    tooMany.append(count: ReconciliationLimits.sketchedItemsMax)
    let probe = initiator.nextRequest()
    try initiator.receive(tooMany.bytes, to: try #require(probe).number)
    var received = 0
    let error = #expect(throws: ReconciliationError.self) {
      for part in 0..<ReconciliationLimits.filterPartsMax {
        let request = initiator.nextRequest()
        let number = try #require(request).number
        var answer = WireEncoder()
        answer.append(byte: 1)
        answer.append(count: ReconciliationLimits.sketchedItemsMax)
        answer.append(byte: 1)
        answer.append(count: 1)
        answer.append(raw: [UInt8](repeating: 0, count: 64))
        answer.append(
          (0..<most).map { _ in
            RecordID(high: UInt64(part) << 48 | generator.next() >> 16, low: generator.next())
          })
        received += most
        try initiator.receive(answer.bytes, to: number)
      }
    }
    #expect(error?.kind == .limitReached)
    #expect(received == ReconciliationLimits.filterReceivedIDsMax + most)
  }
}
