import MerkleTree
import Primitives
import Reconciliation
import Storage
import TestSupport
import Testing

/// Where the logs of a test are.
enum LogWorld: CaseIterable {
  case memory
  case stored

  func log(_ entries: [[UInt8]]) throws -> any LogReading {
    switch self {
    case .memory: return AppendOnlyLog(entries)
    case .stored:
      let store = try MemoryStore(owner: StoreOwner(kind: "test", version: 1))
      let log = try StoredLog(in: store, name: "test/log")
      try #require(log.append(entries) != nil)
      return try log.view()
    }
  }
}

@Suite struct LogComparisonTests {
  private static func entries(_ count: Int, from start: Int = 0, tag: UInt8 = 0) -> [[UInt8]] {
    (start..<start + count).map { [UInt8($0 & 255), UInt8($0 >> 8), tag] }
  }

  /// Runs a comparison to its end; returns the entries that came and the number of requests.
  private static func run(
    _ comparison: inout LogComparison, _ responder: LogResponder,
    change: (ComparisonRequest, [UInt8]) -> [UInt8] = { $1 }
  ) throws -> (entries: [[UInt8]], requests: Int) {
    var entries: [[UInt8]] = []
    var requests = 0
    while let request = comparison.nextRequest() {
      requests += 1
      try #require(requests < 5_000)
      try comparison.receive(
        change(request, responder.answer(request.body)), to: request.number)
      entries += comparison.takeEntries()
    }
    return (entries, requests)
  }

  @Test(arguments: LogWorld.allCases)
  func comparison_shouldTellHowLogsStand_forAllLengthsAndForks(world: LogWorld) throws {
    for common in [0, 1, 2, 7, 16, 33, 100] {
      for (own, other) in [(0, 0), (0, 1), (1, 0), (1, 1), (5, 70), (70, 5), (300, 40)] {
        let shared = Self.entries(common)
        let mine = try world.log(shared + Self.entries(own, from: common, tag: 1))
        let theirs = try world.log(shared + Self.entries(other, from: common, tag: 2))
        for pageBytes in [1, 50, 10_000] {
          var comparison = try LogComparison(mine, pageBytes: pageBytes)
          let (entries, requests) = try Self.run(&comparison, LogResponder(theirs))
          let expected: LogComparison.Relation =
            own == 0
            ? (other == 0 ? .equal : .isLonger)
            : (other == 0 ? .isShorter(common) : .forked(common: common))
          #expect(comparison.relation == expected)
          #expect(comparison.isComplete)
          #expect(entries == (other == 0 ? [] : Self.entries(other, from: common, tag: 2)))
          #expect(comparison.remoteHead == (try LogHead(theirs)))
          if pageBytes == 10_000 { #expect(requests <= 6) }
        }
      }
    }
  }

  @Test func log_shouldGoOnFromTheFork_afterItsOwnEndIsGivenUp() throws {
    var mine = AppendOnlyLog(Self.entries(50) + Self.entries(9, tag: 1))
    let theirs = AppendOnlyLog(Self.entries(50) + Self.entries(90, tag: 2))
    var comparison = try LogComparison(mine)
    let (entries, _) = try Self.run(&comparison, LogResponder(theirs))
    mine.truncate(to: 50)
    for entry in entries { mine.append(entry) }
    #expect(try LogHead(mine) == LogHead(theirs))
  }

  @Test(arguments: LogWorld.allCases)
  func search_shouldTakeFewRequests_inLongLogs(world: LogWorld) throws {
    #expect(ReconciliationLimits.logRootsMax == 15)
    let mine = try world.log(Self.entries(40_000))
    let theirs = try world.log(Self.entries(12_345) + Self.entries(30_000, from: 12_345, tag: 2))
    var comparison = try LogComparison(mine, pageBytes: ReconciliationLimits.logPageBytesMax + 1)
    let (entries, requests) = try Self.run(&comparison, LogResponder(theirs))
    #expect(comparison.relation == .forked(common: 12_345) && entries.count == 30_000)
    #expect(requests <= 1 + 4 + 1)
  }

  @Test func entries_shouldBeBounded() {
    let most = ReconciliationLimits.logEntryBytesMax
    var log = AppendOnlyLog()
    let taken = [most, most + 1].map { log.append([UInt8](repeating: 1, count: $0)) }
    #expect(taken == [true, false])
    #expect(log.count == 1)
  }

  @Test(arguments: LogWorld.allCases)
  func requests_shouldWait_untilEntriesAreTaken(world: LogWorld) throws {
    var comparison = try LogComparison(try world.log([]), pageBytes: 1)
    let responder = LogResponder(try world.log(Self.entries(3)))
    let begin = comparison.nextRequest()
    let request = try #require(begin)
    let second = comparison.nextRequest()
    try comparison.receive(responder.answer(request.body), to: request.number)
    let third = comparison.nextRequest()
    #expect(second == nil && third == nil)
    let entries = comparison.takeEntries()
    #expect(entries == Self.entries(1))
    let fourth = comparison.nextRequest()
    #expect(fourth != nil)
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_LIE_SEEDS", default: 80))
  func lies_shouldNeverGiveEntries_thatAreNotTheLogs(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let mine = AppendOnlyLog(Self.entries(60) + Self.entries(generator.below(3), tag: 1))
    let theirs = AppendOnlyLog(Self.entries(60) + Self.entries(80, from: 60, tag: 2))
    var comparison = try LogComparison(mine, pageBytes: 100)
    do {
      let (entries, _) = try Self.run(&comparison, LogResponder(theirs)) { _, answer in
        generator.chance(25) ? generator.mutated(answer) : answer
      }
      if comparison.isComplete, comparison.remoteHead == (try LogHead(theirs)) {
        #expect(entries.suffix(80) == Self.entries(80, from: 60, tag: 2)[...])
      }
    } catch is ReconciliationError {
      let next = comparison.nextRequest()
      #expect(next == nil && !comparison.isComplete)
    }
  }

  @Test(arguments: LogWorld.allCases)
  func changedEntriesAndProofs_shouldBeAContradiction(world: LogWorld) throws {
    let mine = try world.log(Self.entries(60))
    let theirs = try world.log(Self.entries(160))
    for place in [1 + 1 + 1 + 32 + 1 + 1, -1] {
      var comparison = try LogComparison(mine, pageBytes: 100)
      let error = #expect(throws: ReconciliationError.self) {
        _ = try Self.run(&comparison, LogResponder(theirs)) { _, answer in
          var lie = answer
          lie[place < 0 ? lie.count + place : place + 1] ^= 1
          return lie
        }
      }
      #expect(error?.kind == .contradiction)
      let entries = comparison.takeEntries()
      #expect(entries.isEmpty)
    }
  }
}
