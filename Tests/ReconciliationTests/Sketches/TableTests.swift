import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct TableTests {
  private static let salt = SipKey(low: 1, high: 2)

  @Test(arguments: [(10, 5.65), (100, 2.12), (1_000, 1.37)])
  func tables_shouldTellTheirDifference_withThePublishedCells(count: Int, cells: Double) throws {
    var told = 0
    let runs = 200
    for seed in 0..<runs {
      var generator = SeededGenerator(seed: UInt64(seed))
      let sets = TwoSets(common: 50, missing: count / 2, extra: count / 2, from: &generator)
      let salt = SipKey(low: generator.next(), high: generator.next())
      let size = (Double(count) * cells / 4).rounded(.up)
      var remote = InvertibleTable<RecordID>(partCells: Int(size), salt: salt)
      var local = InvertibleTable<RecordID>(partCells: Int(size), salt: salt)
      for id in sets.remote { remote.add(id) }
      for id in sets.local { local.add(id) }
      let rest = try #require(remote.subtracting(local))
      guard let items = try rest.items() else { continue }
      told += 1
      #expect(items.added == sets.difference.missing, "seed \(seed)")
      #expect(items.removed == sets.difference.extra, "seed \(seed)")
    }
    #expect(told >= runs - 3, "\(told) of \(runs)")
  }

  @Test func tables_shouldNotBeSubtracted_ofOtherSaltsOrSizes() {
    let table = InvertibleTable<RecordID>(partCells: 8, salt: Self.salt)
    let other = InvertibleTable<RecordID>(partCells: 8, salt: SipKey(low: 2, high: 2))
    #expect(table.subtracting(other) == nil)
    #expect(table.subtracting(InvertibleTable(partCells: 9, salt: Self.salt)) == nil)
    let most = Double(ReconciliationLimits.tableCellsMax)
    #expect(InvertibleTable<RecordID>.partCells(differences: 10 * most) * 4 == Int(most))
  }

  @Test func strata_shouldBeNearTheTruth() throws {
    for count in [0, 20, 300, 5_000] {
      var sum = 0.0
      for seed in 0..<20 {
        var generator = SeededGenerator(seed: UInt64(seed))
        let sets = TwoSets(common: 200, missing: count / 2, extra: count / 2, from: &generator)
        let salt = SipKey(low: generator.next(), high: generator.next())
        let strata = StrataEstimator.strata(items: sets.local.count)
        var remote = StrataEstimator(strata: strata, salt: salt)
        var local = StrataEstimator(strata: strata, salt: salt)
        for id in sets.remote { remote.add(id) }
        for id in sets.local { local.add(id) }
        let estimate = try #require(try remote.differences(from: local))
        if count == 0 { #expect(estimate == 0) }
        #expect(abs(estimate - Double(count)) <= 0.8 * Double(count), "\(estimate) at \(count)")
        sum += estimate
      }
      #expect(abs(sum / 20 - Double(count)) <= 0.2 * Double(count), "\(sum / 20) at \(count)")
    }
    #expect(StrataEstimator.strata(items: .max) == ReconciliationLimits.strataMax)
    let other = StrataEstimator(strata: 3, salt: Self.salt)
    #expect(try StrataEstimator(strata: 4, salt: Self.salt).differences(from: other) == nil)
  }

  @Test(arguments: 0..<30)
  func comparison_shouldGiveTheDifferenceOfTheSets_byTables(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let size = [0, 3, 60, 1_500][seed % 4]
    let sets = TwoSets(
      common: generator.below(2_000), missing: generator.below(size + 1),
      extra: generator.below(size + 1), from: &generator)
    var initiator = TableComparison(
      SortedIDs(sets.local), salt: SipKey(low: generator.next(), high: 5),
      expectedDifferences: generator.chance(30) ? Double(generator.below(500)) : nil)
    let responder = TableResponder(SortedIDs(sets.remote))
    let run = try ComparisonRun(&initiator, against: responder, from: &generator)
    #expect(initiator.isComplete, "seed \(seed)")
    #expect(initiator.difference == sets.difference, "seed \(seed)")
    #expect(run.rounds <= 2 + ReconciliationLimits.tableAttemptsMax)
  }

  @Test func comparison_shouldEnd_whenTablesDoNotTell() throws {
    var generator = SeededGenerator(seed: 1)
    let sets = TwoSets(common: 0, missing: 40_000, extra: 0, from: &generator)
    for expected in [nil, 1.0, 30_000] {
      var initiator = TableComparison(
        SortedIDs(sets.local), salt: Self.salt, expectedDifferences: expected)
      let responder = TableResponder(SortedIDs(sets.remote))
      let error = #expect(throws: ReconciliationError.self) {
        try ComparisonRun(&initiator, against: responder, from: &generator)
      }
      #expect(error?.kind == .limitReached)
      #expect(!initiator.isComplete && initiator.nextRequest() == nil)
    }
  }

  @Test func request_shouldBeRefused_beyondTableLimits() {
    let responder = TableResponder(SortedIDs([RecordID(high: 1, low: 1)]))
    func request(_ tag: UInt8, _ value: Int) -> [UInt8] {
      var encoder = WireEncoder()
      encoder.append(byte: tag)
      encoder.append(raw: [UInt8](repeating: 1, count: 16))
      encoder.append(count: value)
      return encoder.bytes
    }
    let cells = ReconciliationLimits.tableCellsMax / 4
    #expect(throws: Never.self) {
      let strata = try responder.answer(request(0, ReconciliationLimits.strataMax))
      #expect(
        strata.count
          > ReconciliationLimits.strataMax * ReconciliationLimits.stratumCells * 13)
      _ = try responder.answer(request(1, cells))
    }
    for bytes in [
      request(0, 0), request(0, ReconciliationLimits.strataMax + 1), request(1, cells + 1),
      request(1, 0), request(2, 1), [], [0],
    ] {
      let error = #expect(throws: ReconciliationError.self) { try responder.answer(bytes) }
      #expect(error?.kind == .malformed)
    }
  }

  @Test func damagedTables_shouldNeverGiveAWrongDifference() {
    var refused = 0
    for seed in 0..<300 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let sets = TwoSets(common: 40, missing: 10, extra: 10, from: &generator)
      var initiator = TableComparison(
        SortedIDs(sets.local), salt: Self.salt, expectedDifferences: 20)
      let responder = TableResponder(SortedIDs(sets.remote))
      var damage = SeededGenerator(seed: UInt64(seed))
      do throws(ReconciliationError) {
        _ = try ComparisonRun(&initiator, against: responder, from: &generator) {
          $0 = damage.mutated($0)
        }
        #expect(!initiator.isComplete || initiator.difference == sets.difference, "seed \(seed)")
      } catch { refused += 1 }
    }
    #expect(refused > 200)
  }
}
