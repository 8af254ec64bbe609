import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct SketchComparisonTests {
  typealias Comparison = SketchComparison<SortedIDs>

  private static func pair(
    _ sets: TwoSets, kept: Int = 64, options: SketchOptions = SketchOptions()
  ) -> (Comparison, SketchResponder<SortedIDs>) {
    let initiator = SketchComparison(
      SortedIDs(sets.local), prefix: SymbolPrefix(length: kept, of: sets.local), options: options)
    let responder = SketchResponder(
      SortedIDs(sets.remote), prefix: SymbolPrefix(length: 1_500, of: sets.remote))
    return (initiator, responder)
  }

  @Test(arguments: 0..<40)
  func difference_shouldBeThatOfTheSets(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let size = [0, 3, 50, 2_000][seed % 4]
    let sets = TwoSets(
      common: generator.below(3_000), missing: generator.below(size + 1),
      extra: generator.below(size + 1), from: &generator)
    let options = SketchOptions(
      checksumBytes: 4 + generator.below(5), requestsMax: 1 + generator.below(4),
      expectedDifferences: generator.chance(30) ? Double(generator.below(4_000)) : nil)
    var (initiator, responder) = Self.pair(sets, kept: generator.below(3_000), options: options)
    let run = try ComparisonRun(&initiator, against: responder, from: &generator)
    #expect(initiator.isComplete, "seed \(seed)")
    #expect(initiator.difference == sets.difference, "seed \(seed)")
    #expect(initiator.remoteCount == sets.remote.count)
    #expect(initiator.estimatedDifferences == Double(sets.difference.count))
    #expect(run.rounds <= 12, "seed \(seed)")
  }

  @Test func bytes_shouldBeThoseOfTheDifference() throws {
    var generator = SeededGenerator(seed: 1)
    var (bytes, rounds, least) = (0, 0, Int.max)
    for _ in 0..<10 {
      let sets = TwoSets(common: 20_000, missing: 600, extra: 400, from: &generator)
      var (initiator, responder) = Self.pair(sets)
      let run = try ComparisonRun(&initiator, against: responder, from: &generator)
      #expect(initiator.difference == sets.difference)
      bytes += run.bytesIn + run.bytesOut
      rounds += run.rounds
      least = min(least, initiator.symbolCount)
    }
    // 21 bytes and a little for a count, times 1.376 and what is asked for too much.
    #expect(bytes / 10_000 <= 34, "\(bytes / 10_000) bytes a difference")
    #expect(rounds <= 40, "\(rounds) rounds of ten runs")
    #expect(least > 1_250)
  }

  /// However many differ: what is asked for at once is bounded by the bytes of an answer alone.
  @Test func manyDifferences_shouldTakeFewRounds() throws {
    var generator = SeededGenerator(seed: 12)
    let sets = TwoSets(common: 10_000, missing: 35_000, extra: 25_000, from: &generator)
    var (initiator, responder) = Self.pair(sets, kept: 1_000)
    let run = try ComparisonRun(&initiator, against: responder, from: &generator)
    #expect(initiator.isComplete && initiator.difference == sets.difference)
    #expect(run.rounds <= 4, "\(run.rounds) rounds")
    #expect(run.bytesIn / 60_000 <= 32)
  }

  /// Read many at a time or one by one, symbols are the same, and wrong ones are refused at the
  /// same place.
  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_SYMBOL_SEEDS", default: 60))
  func symbols_shouldBeReadAsOneByOne_whateverTheirCounts(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let items = [1, 60, 5_000, 1 << 39][Int(seed % 4)]
    let start = generator.below(3) * 500
    let symbols = (0..<50).map { place -> CodedSymbol<RecordID> in
      let expected = 2 * items / (start + place + 2)
      let spread = [1, 70, 20_000][generator.below(3)]
      let count = min(items, max(0, expected + generator.below(2 * spread) - spread))
      return CodedSymbol(sum: generator.id(), checksum: generator.next(), count: Int64(count))
    }
    let width = 4 + Int(seed % 5)
    var encoder = WireEncoder()
    encoder.append(symbols: symbols, from: start, of: items, checksumBytes: width)
    let honest = encoder.bytes
    for trial in 0..<20 {
      // What follows the symbols is left for others.
      let bytes =
        (trial == 0 ? honest : generator.mutated(honest)) + [UInt8](repeating: 1, count: 9)
      func read(_ bytes: [UInt8]) -> Result<[CodedSymbol<RecordID>], WireError> {
        Result { () throws(WireError) in
          var decoder = WireDecoder(bytes)
          return try decoder.symbols(from: start, of: items, checksumBytes: width, limit: 50)
        }
      }
      let found = read(bytes)
      #expect(found == Self.oneByOne(bytes, start, items, width), "seed \(seed)")
      guard case .success(let again) = found else { continue }
      #expect(again.allSatisfy { (0...Int64(items)).contains($0.count) })
      let mask = UInt64.max >> UInt64(64 - 8 * width)
      if trial == 0 {
        #expect(again.map(\.sum) == symbols.map(\.sum))
        #expect(again.map(\.count) == symbols.map(\.count))
        #expect(again.map(\.checksum) == symbols.map { $0.checksum & mask })
      }
    }
  }

  /// The published wire form, field by field.
  private static func oneByOne(
    _ bytes: [UInt8], _ start: Int, _ items: Int, _ width: Int
  ) -> Result<[CodedSymbol<RecordID>], WireError> {
    Result { () throws(WireError) in
      var decoder = WireDecoder(bytes)
      var symbols: [CodedSymbol<RecordID>] = []
      for place in 0..<(try decoder.count(elementBytes: 17 + width, limit: 50)) {
        let sum: RecordID = try decoder.value()
        let checksum = try decoder.raw(width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let offset = decoder.offset
        let folded = try decoder.varint()
        let index = start + place
        let expected = Int64((2 * items + (index + 2) / 2) / (index + 2))
        let surplus = Int64(folded >> 1) ^ -Int64(folded & 1)
        let count = surplus.addingReportingOverflow(expected)
        guard !count.overflow, (0...Int64(items)).contains(count.partialValue) else {
          throw .invalidValue(
            "a symbol counts less than no item or more than \(items)", at: offset)
        }
        symbols.append(CodedSymbol(sum: sum, checksum: checksum, count: count.partialValue))
      }
      return symbols
    }
  }

  @Test func comparison_shouldEnd_atItsOwnLimit() throws {
    var generator = SeededGenerator(seed: 2)
    let sets = TwoSets(common: 10, missing: 300, extra: 0, from: &generator)
    var (initiator, responder) = Self.pair(sets, options: SketchOptions(symbolsMax: 200))
    let error = #expect(throws: ReconciliationError.self) {
      try ComparisonRun(&initiator, against: responder, from: &generator)
    }
    #expect(error?.kind == .limitReached)
    #expect(!initiator.isComplete && initiator.nextRequest() == nil)
    #expect(SketchOptions(symbolsMax: .max).symbolsMax == ReconciliationLimits.symbolsMax)
    #expect(SketchOptions(requestsMax: 99).requestsMax == ReconciliationLimits.sketchRequestsMax)
  }

  @Test func request_shouldBeRefused_beyondSymbolLimits() throws {
    let most = ReconciliationLimits.symbolsPerAnswerMax
    let responder = SketchResponder(
      SortedIDs([RecordID(high: 1, low: 2)]),
      prefix: SymbolPrefix(length: 8, of: [RecordID(high: 1, low: 2)]), symbolsMax: most + 800)
    func request(_ start: Int, _ count: Int, _ checksum: UInt8) -> [UInt8] {
      var encoder = WireEncoder()
      encoder.append(count: start)
      encoder.append(count: count)
      encoder.append(byte: checksum)
      return encoder.bytes
    }
    let longest = try responder.answer(request(0, most, 8)).count
    #expect(longest > most * 24 && longest <= 1 << 20)
    #expect(longest <= ReconciliationLimits.comparisonBytesMax)
    #expect(try responder.answer(request(most + 799, 1, 4)).count > 20)
    for (bytes, kind) in [
      (request(0, most + 1, 8), ReconciliationError.Kind.malformed), (request(0, 0, 8), .malformed),
      (request(0, 1, 3), .malformed), (request(0, 1, 9), .malformed), ([], .malformed),
      (request(most + 800, 1, 8), .limitReached), (request(0xffff_ffff, most, 8), .limitReached),
    ] {
      #expect(throws: ReconciliationError.self) { try responder.answer(bytes) }
      do throws(ReconciliationError) { _ = try responder.answer(bytes) } catch {
        #expect(error.kind == kind, "\(error)")
      }
    }
  }

  @Test func batch_shouldBeReadAsItWasWritten_andNothingElse() throws {
    var generator = SeededGenerator(seed: 3)
    let prefix = SymbolPrefix(length: 40, of: generator.ids(1_000))
    let batch = SymbolBatch(
      itemCount: 1_000, stamp: prefix.symbols[0].checksum, symbols: prefix.symbols)
    let bytes = batch.encoded(from: 0, checksumBytes: 8)
    #expect(try SymbolBatch(bytes, from: 0, checksumBytes: 8, limit: 40) == batch)
    #expect(bytes.count < 11 + 40 * (16 + 8 + 2))
    for length in 0..<bytes.count {
      #expect(throws: WireError.self) {
        try SymbolBatch<RecordID>(
          Array(bytes[..<length]), from: 0, checksumBytes: 8, limit: 40)
      }
    }
    #expect(throws: WireError.self) {
      try SymbolBatch<RecordID>(bytes, from: 0, checksumBytes: 8, limit: 39)
    }
    // A count above the number of items.
    let wrong = SymbolBatch<RecordID>(
      itemCount: 1, stamp: 0, symbols: [CodedSymbol(sum: .zero, checksum: 0, count: 2)])
    #expect(throws: WireError.self) {
      try SymbolBatch<RecordID>(
        wrong.encoded(from: 0, checksumBytes: 4), from: 0, checksumBytes: 4, limit: 1)
    }
    let most = ReconciliationLimits.sketchedItemsMax
    let many = SymbolBatch<RecordID>(itemCount: most + 1, stamp: 0, symbols: [])
    #expect(throws: WireError.self) {
      try SymbolBatch<RecordID>(
        many.encoded(from: 0, checksumBytes: 4), from: 0, checksumBytes: 4, limit: 1)
    }
  }

  @Test func answers_shouldBeRefused_whenTheSetChangesMeanwhile() throws {
    var generator = SeededGenerator(seed: 4)
    let sets = TwoSets(common: 0, missing: 100, extra: 0, from: &generator)
    var (initiator, before) = Self.pair(sets)
    let changed = sets.remote.dropLast() + [generator.id()]
    let after = SketchResponder(
      SortedIDs(changed), prefix: SymbolPrefix(length: 64, of: changed))
    let firstOrNil = initiator.nextRequest()
    let first = try #require(firstOrNil)
    try initiator.receive(before.answer(first.body), to: first.number)
    let secondOrNil = initiator.nextRequest()
    let second = try #require(secondOrNil)
    let error = #expect(throws: ReconciliationError.self) {
      try initiator.receive(after.answer(second.body), to: second.number)
    }
    #expect(error?.kind == .unavailable)
  }

  @Test func damagedAnswers_shouldNeverGiveAWrongDifference() {
    var refused = 0
    for seed in 0..<200 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let sets = TwoSets(common: 40, missing: 30, extra: 20, from: &generator)
      let options = SketchOptions(symbolsMax: 400)
      var (initiator, responder) = Self.pair(sets, options: options)
      var damage = SeededGenerator(seed: UInt64(seed))
      do throws(ReconciliationError) {
        _ = try ComparisonRun(&initiator, against: responder, from: &generator) {
          $0 = damage.mutated($0)
        }
        #expect(!initiator.isComplete || initiator.difference == sets.difference, "seed \(seed)")
      } catch {
        refused += 1
        #expect(error.kind != .contradiction)
      }
    }
    #expect(refused > 100)
  }

  @Test func answer_shouldBeRefused_thatNobodyAskedFor() throws {
    var generator = SeededGenerator(seed: 7)
    let sets = TwoSets(common: 5, missing: 5, extra: 5, from: &generator)
    var (initiator, responder) = Self.pair(sets)
    let requestOrNil = initiator.nextRequest()
    let request = try #require(requestOrNil)
    #expect(request.body.count == 3)
    let answer = try responder.answer(request.body)
    #expect(throws: ReconciliationError.self) { try initiator.receive(answer, to: 7) }
    try initiator.receive(answer, to: request.number)
    #expect(initiator.isComplete)
    #expect(throws: ReconciliationError.self) {
      try initiator.receive(answer, to: request.number)
    }
    #expect(initiator.difference == sets.difference)
  }
}
