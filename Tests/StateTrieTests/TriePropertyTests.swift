import Primitives
import StateTrie
import TestSupport
import Testing

@Suite(.serialized) struct TriePropertyTests {
  private static let stepsPerCase = 200

  /// Random honest histories and random lies against a twin and a dictionary.
  @Test(arguments: KeyStyle.allCases)
  func partialTrie_shouldAgreeWithItsTwin_afterAnySteps(style: KeyStyle) {
    let seeds = Campaign.seeds("LIVESYNC_TRIE_SEEDS", default: 350)
    var figures = TrieCaseFigures()
    for seed in 0..<seeds {
      guard let done = run(style, seed: seed) else { return }
      figures += done
    }
    print("trie histories (\(style)): \(figures)")
    #expect(figures.rootKnownWhilePartial > 10 * Int(seeds) && figures.chunks > 20 * Int(seeds))
    #expect(figures.statesWithManyRanges > 40 * Int(seeds) && figures.liesRefused > Int(seeds))
  }

  /// The long campaign: as many diffs as asked for, over fresh seeds of all key styles.
  @Test(.enabled(if: Campaign.seeds("LIVESYNC_TRIE_DIFFS", default: 0) > 0))
  func campaign_shouldFindNoFault_inAsManyDiffsAsAskedFor() {
    let target = Int(Campaign.seeds("LIVESYNC_TRIE_DIFFS", default: 0))
    let first = Campaign.seeds("LIVESYNC_TRIE_FIRST_SEED", default: 1_000_000)
    var figures = TrieCaseFigures()
    var seed = first
    var progress = Progress(title: "diffs", total: target)
    while figures.diffs < target {
      for style in KeyStyle.allCases {
        guard let done = run(style, seed: seed) else { return }
        figures += done
      }
      seed += 1
      progress.show(figures.diffs)
    }
    print("campaign: seeds \(first)..<\(seed) of \(KeyStyle.allCases), \(figures), no fault")
  }

  /// Runs one history; a fault is shrunk and reported as the code of a test. Nil after a fault.
  private func run(_ style: KeyStyle, seed: UInt64) -> TrieCaseFigures? {
    let history = TrieCase.random(style: style, seed: seed, steps: Self.stepsPerCase)
    return TrapReport.naming("trie history, LIVESYNC_TRIE_CASE=\(style):\(seed)") {
      do throws(TrieCaseFailure) {
        return try history.run()
      } catch {
        let found = history.shrunk()
        let code = (found?.smallest ?? history).code(named: "found_\(style)_\(seed)")
        Issue.record("\(style), seed \(seed), \(error); shrunk: \(found?.failure)\n\(code)")
        return nil
      }
    }
  }

  /// A history that traps ends the tests and is named before; here it is made again and shrunk.
  @Test(.enabled(if: Campaign.text("LIVESYNC_TRIE_CASE") != nil))
  func trappingHistory_shouldBeShrunk_whenAskedFor() throws {
    let parts = Campaign.text("LIVESYNC_TRIE_CASE")?.split(separator: ":") ?? []
    let style = try #require(KeyStyle.allCases.first { "\($0)" == parts.first ?? "" })
    let seed = try #require(parts.last.flatMap { UInt64($0) })
    let history = TrieCase.random(style: style, seed: seed, steps: Self.stepsPerCase)
    guard let smallest = history.shrunkWhileTrapping() else {
      print("trie history \(style), seed \(seed) does not trap")
      return
    }
    Issue.record("\(style), seed \(seed) traps:\n\(smallest.code(named: "found_trap_\(seed)"))")
  }

  @Test func revert_shouldRestoreRootAndRanges_whenItIsTheLatestChange() throws {
    for seed in 0..<UInt64(100) {
      var history = TrieCase.random(style: .prefixes, seed: seed, steps: 24)
      let latest = history.steps.suffix(4).map { step -> Changes in
        if case .apply(let changes) = step { changes } else { [:] }
      }
      history.steps.removeLast(4)
      var pair = try history.pairAfterRun()
      let before = (pair.partial.rootHash(), pair.partial.missing, pair.partial.items)
      let receipts = try latest.map { try pair.apply($0.list.map { ($0.key, $0.new) }) }
      for receipt in receipts.reversed() { try pair.revert(receipt) }
      #expect(pair.partial.rootHash() == before.0, "seed \(seed)")
      #expect(pair.partial.missing == before.1, "seed \(seed)")
      #expect(pair.partial.items == before.2, "seed \(seed)")
      #expect(pair.problem() == nil, "seed \(seed)")
    }
  }

  /// Keys of few nibbles meet all kinds of places, and each key comes up several times.
  @Test(arguments: KeyStyle.allCases)
  func putOfMany_shouldDoWhatOneByOneDoes(style: KeyStyle) throws {
    for seed in UInt64(1)...5 {
      var random = try RandomTrie(style: style, seed: seed)
      let (many, single) = (StateTrie(), StateTrie())
      for round in 0..<6 {
        let items = (0..<random.generator.below(90)).map { _ in
          TrieItem(key: random.randomKey(), value: random.randomValue())
        }
        try many.put(items)
        for item in items { try single.put(item.key, item.value) }
        #expect(many.items == single.items, "seed \(seed), round \(round)")
        #expect(many.rootHash() == single.rootHash(), "seed \(seed), round \(round)")
        #expect(many.brokenInvariants() == [], "seed \(seed), round \(round)")
      }
    }
  }

  @Test func putOfMany_shouldChangeNothing_whenOneItemIsRefused() throws {
    let trie = StateTrie()
    try trie.put([TrieItem(key: KeyNibbles("12")!, value: [1])])
    let root = trie.rootHash()
    let lawful = TrieItem(key: KeyNibbles("34")!, value: [2])
    #expect(throws: TrieError.rootValue) {
      try trie.put([lawful, TrieItem(key: .empty, value: [3])])
    }
    #expect(trie.rootHash() == root && trie.itemCount == 1)
    try trie.forget(KeyRange(subtree: KeyNibbles("5")!))
    let unheld = KeyNibbles("56")!
    do throws(TrieError) {
      try trie.put([lawful, TrieItem(key: unheld, value: [3])])
      Issue.record("a missing key was put")
    } catch { #expect(error.reason == "range_missing") }
    #expect(trie.itemCount == 1)
  }

  @Test func copy_shouldBeIndependent() throws {
    for seed in 0..<UInt64(30) {
      let pair = try TrieCase.random(style: .addresses, seed: seed, steps: 30).pairAfterRun()
      let copy = pair.partial.copy()
      let before = (pair.partial.rootHash(), pair.partial.items)
      try copy.forget(.all)
      while let start = copy.missing.first {
        let chunk = try pair.twin.chunk(from: start, limit: 50, edges: .both)
        copy.apply(
          try copy.verify(chunk, from: start, edges: .both, stateRoot: pair.twin.rootHash()!))
      }
      try copy.put(KeyNibbles("abc")!, [1])
      #expect(pair.partial.rootHash() == before.0)
      #expect(pair.partial.items == before.1)
      #expect(pair.partial.brokenInvariants() == [] && copy.brokenInvariants() == [])
    }
  }
}
