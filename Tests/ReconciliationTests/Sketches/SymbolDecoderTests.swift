import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct SymbolDecoderTests {
  /// Symbols that a difference of `count` items takes, one by one.
  private static func needed(_ count: Int, from generator: inout SeededGenerator) throws -> Int {
    let items = generator.ids(count)
    let none = SymbolPrefix<RecordID>(length: 1)
    var prefix = SymbolPrefix(length: 2 * count + 64, of: items)
    var decoder = SymbolDecoder<RecordID>(checksumBytes: 4)
    while !decoder.isComplete {
      let next = decoder.symbolCount
      prefix.extend(to: next + 1) { $0(items) }
      try decoder.append(remote: [prefix.symbols[next]], local: none.symbols[...])
    }
    #expect(try decoder.items().remoteOnly == Set(items))
    return decoder.symbolCount
  }

  /// The means that the authors publish, and others measured.
  @Test(arguments: [(1, 1.0, 200), (4, 1.74, 4_000), (100, 1.456, 600), (1_000, 1.376, 200)])
  func overhead_shouldBeThePublishedOne(count: Int, overhead: Double, runs: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    var total = 0
    for _ in 0..<runs { total += try Self.needed(count, from: &generator) }
    let mean = Double(total) / Double(runs * count)
    let tolerance = count == 1_000 ? 0.01 : 0.03
    #expect(abs(mean / overhead - 1) < tolerance, "\(mean) at \(count)")
  }

  @Test(arguments: 0..<60)
  func difference_shouldBeThatOfTheSets_whateverTheBatches(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let sets = TwoSets(
      common: generator.below(300), missing: generator.below(1 + 4 * seed),
      extra: generator.below(1 + 4 * seed), from: &generator)
    let remote = SymbolPrefix(length: 2_000, of: sets.remote)
    let local = SymbolPrefix(length: 2_000, of: sets.local)
    var decoder = SymbolDecoder<RecordID>(checksumBytes: 4 + generator.below(5))
    while !decoder.isComplete, decoder.symbolCount < 2_000 {
      let next = decoder.symbolCount
      let end = min(2_000, next + 1 + generator.below(generator.chance(50) ? 3 : 100))
      try decoder.append(
        remote: Array(remote.symbols[next..<end]), local: local.symbols[next..<end])
    }
    let items = try decoder.items()
    #expect(decoder.isComplete, "seed \(seed)")
    #expect(items.remoteOnly == sets.difference.missing, "seed \(seed)")
    #expect(items.localOnly == sets.difference.extra, "seed \(seed)")
  }

  @Test func shortItems_shouldDecodeAsIdsDo() throws {
    var generator = SeededGenerator(seed: 5)
    let key = SipKey(low: 1, high: 2)
    let ids = generator.ids(500)
    let words = ids.map { ShortID(of: $0, key: key) }
    #expect(ShortID(of: ids[0], key: SipKey(low: 1, high: 3)) != words[0])
    let remote = SymbolPrefix(length: 256, of: words[..<450])
    let local = SymbolPrefix(length: 256, of: words[50...])
    var decoder = SymbolDecoder<ShortID>()
    try decoder.append(remote: remote.symbols, local: local.symbols[...])
    #expect(try decoder.items().remoteOnly == Set(words[..<50]))
    #expect(try decoder.items().localOnly == Set(words[450...]))
  }

  @Test func estimate_shouldBeNearTheTruth_fromThe32FirstSymbols() throws {
    var generator = SeededGenerator(seed: 6)
    for count in [40, 1_000, 30_000] {
      var sum = 0.0
      for run in 0..<40 {
        // As many on either side: the counts of the sets are equal in every second run.
        let missing = run % 2 == 0 ? count / 2 : count
        let remote = SymbolPrefix(length: 32, of: generator.ids(missing))
        let local = SymbolPrefix(length: 32, of: generator.ids(count - missing))
        var decoder = SymbolDecoder<RecordID>()
        try decoder.append(remote: remote.symbols, local: local.symbols[...])
        sum += try #require(decoder.estimatedDifferences)
      }
      #expect(abs(sum / 40 / Double(count) - 1) < 0.15, "\(sum / 40) at \(count)")
    }
  }

  @Test func prefix_shouldEqualTheRebuiltOne_afterAnyWrites() {
    for seed in 0..<20 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var set = Set(generator.ids(generator.below(50)))
      var prefix = SymbolPrefix(length: 1 + generator.below(200), of: set)
      for _ in 0..<300 {
        switch generator.below(10) {
        case 0..<5:
          let id = generator.id()
          set.insert(id)
          prefix.add(id)
        case 5..<8:
          guard let id = set.min() else { continue }
          set.remove(id)
          prefix.remove(id)
        case 8:
          let ids = generator.ids(generator.below(9))
          set.formUnion(ids)
          prefix.apply(ids, change: 1)
        default:
          prefix.extend(to: prefix.length + generator.below(9)) { $0(Array(set)) }
        }
      }
      let rebuilt = SymbolPrefix(length: prefix.length, of: set)
      #expect(prefix.symbols == rebuilt.symbols, "seed \(seed)")
      #expect(prefix.itemCount == set.count)
    }
  }

  @Test func symbolsOfNoSet_shouldEndInBounds() {
    var ends: [String: Int] = [:]
    for seed in 0..<2_000 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let items = generator.ids(1 + generator.below(40))
      var symbols = SymbolPrefix(length: 4 + generator.below(80), of: items).symbols
      for _ in 0..<(1 + generator.below(6)) {
        let place = generator.below(symbols.count)
        switch generator.below(4) {
        case 0: symbols[place].count += Int64(generator.below(5)) - 2
        case 1: symbols[place].sum = generator.id()
        case 2:
          // One item alone where it is not part, or once more where it is.
          let id = items[generator.below(items.count)]
          symbols[place] = CodedSymbol(
            sum: id, checksum: id.checksum, count: generator.chance(50) ? 1 : -1)
        default: symbols[place] = CodedSymbol()
        }
      }
      let none = SymbolPrefix<RecordID>(length: symbols.count)
      var decoder = SymbolDecoder<RecordID>()
      do throws(ReconciliationError) {
        try decoder.append(remote: symbols, local: none.symbols[...])
        let found = try decoder.items()
        #expect(found.remoteOnly.count + found.localOnly.count <= symbols.count)
        ends[decoder.isComplete ? "complete" : "open", default: 0] += 1
      } catch {
        #expect(error.kind == .malformed)
        ends["refused", default: 0] += 1
      }
    }
    #expect(ends.count == 3, "\(ends)")
  }

  /// An item that comes back with each one that is taken out.
  @Test func peel_shouldBeBounded_whenItNeverEnds() {
    let id = RecordID(high: 3, low: 4)
    var symbols = [CodedSymbol<RecordID>](repeating: CodedSymbol(), count: 300)
    for place in symbols.indices where place % 2 == 0 {
      symbols[place] = CodedSymbol(sum: id, checksum: id.checksum, count: 1)
    }
    let none = SymbolPrefix<RecordID>(length: symbols.count)
    var decoder = SymbolDecoder<RecordID>()
    do throws(ReconciliationError) {
      try decoder.append(remote: symbols, local: none.symbols[...])
      _ = try decoder.items()
      Issue.record("symbols of no set were taken")
    } catch {
      #expect(error.kind == .malformed)
    }
    #expect(decoder.foundCount <= symbols.count + 4)
  }
}
