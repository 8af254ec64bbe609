import Ledger
import Primitives
import Reconciliation
import StateReconciliation
import StateTrie
import TestSupport
import Testing

/// Who is passed, and who lied, by answers about accounts.
@Suite struct AccountPlanTests {
  typealias Items = CoreTests.Items

  private static let names = LeafNames(of: .zero, at: .zero)
  private static let most = StateReconciliationLimits.accountsPerPrefixMax

  /// An account; all have the same 32 bits in front.
  private static func item(_ index: UInt8, _ value: [UInt8] = [1]) -> TrieItem {
    TrieItem(
      key: KeyNibbles(bytes: [3, 3, 3, 3] + Array(repeating: index, count: 16)), value: value)
  }

  private static func state(_ items: [TrieItem]) -> Items {
    Dictionary(uniqueKeysWithValues: items.map { ($0.key, $0.value) })
  }

  private static func accounts(_ prefix: UInt32, of state: Items) -> [TrieItem] {
    let range = LeafNames.range(of: prefix)
    let found = state.keys.filter { range.contains($0) }.sorted()
    return found.prefix(most).map { TrieItem(key: $0, value: state[$0] ?? []) }
  }

  /// What a host gives.
  static func part(_ query: AccountPlan.Query, of state: Items) -> AccountsPart {
    let found = accounts(query.prefix, of: state)
    return query.isKeyKnown && found.count == 1 ? .value(found[0].value) : .items(found)
  }

  static func liars(_ plan: AccountPlan, _ state: Items) throws -> Set<Int> {
    try plan.liars { (prefix) throws(LedgerStoreError) in accounts(prefix, of: state) }
  }

  private static func plan(_ needed: [TrieItem], stale: [TrieItem] = []) -> AccountPlan {
    AccountPlan(names, needed: needed.map(names.name), stale: stale.map(\.key))
  }

  /// What the next query is answered with; whether the source may be asked again.
  private static func answer(
    _ plan: inout AccountPlan, from source: Int, _ part: (AccountPlan.Query) -> AccountsPart
  ) -> Bool {
    let queries = plan.next()
    return plan.take(queries.map(part), of: queries, from: source)
  }

  @Test func accountPlan_shouldNameWhoseAnswersAreNotWhatTheNamesSay() throws {
    let item = Self.item(3)
    let new = Self.state([item])
    var plan = Self.plan([item], stale: [item])
    // Another account may have the same digits: it is asked for once more, in full.
    let isTaken = Self.answer(&plan, from: 1) { query in
      #expect(query.isKeyKnown)
      return .value([9])
    }
    #expect(isTaken && plan.passed.isEmpty)
    let isLieTaken = Self.answer(&plan, from: 2) { query in
      #expect(!query.isKeyKnown)
      return .items([Self.item(3, [9])])
    }
    #expect(!isLieTaken && plan.passed == [2])
    let isRestTaken = Self.answer(&plan, from: 3) { Self.part($0, of: new) }
    #expect(isRestTaken && plan.isIdle && plan.missing == 0)
    #expect(plan.passed == [2] && plan.hasDoubts)
    #expect(try Self.liars(plan, new) == [1, 2])
    for parts in [[], [AccountsPart.value([1])], [.items([]), .items([])]] {
      var fresh = Self.plan([item])
      let query = fresh.next()
      let isTaken = fresh.take(parts, of: query, from: 4)
      let again = fresh.next()
      #expect(!isTaken && fresh.passed == [4])
      #expect(again.map(\.prefix) == query.map(\.prefix))
      #expect(try Self.liars(fresh, new) == [4])
    }
  }

  @Test func accountPlan_shouldTakeAnotherAccountOfTheSameDigits() throws {
    let (old, new) = (Self.item(1), Self.item(2, [5]))
    var plan = Self.plan([new], stale: [old])
    let state = Self.state([new])
    for source in 1...2 {
      let isTaken = Self.answer(&plan, from: source) { Self.part($0, of: state) }
      #expect(isTaken)
    }
    #expect(plan.isIdle && plan.passed.isEmpty)
    #expect(plan.changes.map(\.key) == [old.key, new.key])
    #expect(plan.changes.map(\.value) == [nil, [5]])
    #expect(try Self.liars(plan, state).isEmpty)
  }

  /// Who gave the value alone was right, though another gives more than there is.
  @Test func accountPlan_shouldNotBlameWhoGaveAValue_whenALiarAddsToIt() throws {
    let (old, new) = (Self.item(1), Self.item(2, [5]))
    var plan = Self.plan([new], stale: [old])
    let state = Self.state([new])
    let isHonestTaken = Self.answer(&plan, from: 1) { Self.part($0, of: state) }
    let isLiarTaken = Self.answer(&plan, from: 2) { _ in .items([new, Self.item(7, [7])]) }
    #expect(isHonestTaken && isLiarTaken && plan.isIdle)
    #expect(try Self.liars(plan, state).isEmpty)
  }

  /// Of 17 accounts 16 are given, and never the one that is needed.
  @Test func crowdedPrefix_shouldBeNobodysFault() throws {
    let all = (0...UInt8(Self.most)).map { Self.item($0) }
    let last = all[Self.most]
    let state = Self.state(all)
    var plan = Self.plan([last], stale: [last])
    for source in 1...2 {
      let isTaken = Self.answer(&plan, from: source) { Self.part($0, of: state) }
      #expect(!isTaken && plan.isCrowded)
    }
    #expect(plan.passed == [1, 2] && plan.missing == 1 && !plan.isIdle)
    #expect(try Self.liars(plan, state).isEmpty)
    // Who gives it all the same makes nobody else a liar.
    let isTaken = Self.answer(&plan, from: 3) { _ in .items([last]) }
    #expect(isTaken && plan.isIdle && !plan.isCrowded)
    #expect(try Self.liars(plan, state).isEmpty)
  }

  /// As many accounts as are given of a prefix, and none of them true.
  @Test func falseCrowd_shouldBeALie() throws {
    let item = Self.item(3)
    var plan = Self.plan([item])
    let isTaken = Self.answer(&plan, from: 1) { _ in
      .items((0..<UInt8(Self.most)).map { Self.item($0 + 100) })
    }
    #expect(!isTaken && plan.isCrowded)
    let isRestTaken = Self.answer(&plan, from: 2) { Self.part($0, of: Self.state([item])) }
    #expect(isRestTaken && !plan.isCrowded)
    #expect(try Self.liars(plan, Self.state([item])) == [1])
  }

  @Test func accountPlan_shouldKeepFewDoubtsOfAPeer() throws {
    let limit = StateReconciliationLimits.doubtsPerPeerMax
    var random = SeededGenerator(seed: 4)
    let items = CoreTests.items(limit + 9, &random)
    let all = items.keys.sorted().map { TrieItem(key: $0, value: items[$0] ?? []) }
    var plan = Self.plan(all, stale: all)
    _ = Self.answer(&plan, from: 1) { _ in .value([9]) }
    _ = Self.answer(&plan, from: 2) { Self.part($0, of: items) }
    #expect(plan.isIdle && plan.missing == 0)
    var looked = 0
    let liars = try plan.liars { (prefix) throws(LedgerStoreError) in
      looked += 1
      // As if all but the last had been true.
      return looked <= limit - 1
        ? [TrieItem(key: all[0].key, value: [9])] : Self.accounts(prefix, of: items)
    }
    #expect(liars == [1] && looked == limit)
    let none = try plan.liars { (_) throws(LedgerStoreError) in
      [TrieItem(key: all[0].key, value: [9])]
    }
    #expect(none.isEmpty)
  }
}
