import Ledger
import Primitives
import Reconciliation
import StateReconciliation
import StateTrie
import TestSupport
import Testing

/// The rules by which an old state comes to the present, against plain tries.
@Suite struct CoreTests {
  typealias Items = [KeyNibbles: [UInt8]]

  static func items(_ count: Int, _ random: inout SeededGenerator) -> Items {
    var items: Items = [:]
    for _ in 0..<count { items[KeyNibbles(bytes: random.bytes(20))] = random.bytes(5) }
    return items
  }

  static func trie(_ items: Items) throws -> StateTrie {
    let trie = StateTrie()
    try trie.put(items.keys.sorted().map { TrieItem(key: $0, value: items[$0] ?? []) })
    return trie
  }

  /// Some accounts get another value, some vanish, some are new.
  static func changed(_ items: Items, percent: Int, _ random: inout SeededGenerator) -> Items {
    var other = items
    for key in items.keys.sorted() where random.chance(percent) {
      other[key] = random.chance(10) ? nil : random.bytes(6)
    }
    other.merge(Self.items(items.count * percent / 300, &random)) { $1 }
    return other
  }

  private static func part(_ query: DescentCore.Query, of trie: StateTrie) throws -> SubtreePart {
    guard query.wantsItems else { return .node(try #require(try trie.node(at: query.key))) }
    var items: [TrieItem] = []
    try trie.forEachItem(in: KeyRange(subtree: query.key)) {
      items.append($0)
      return true
    }
    return .items(items)
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func descent_shouldBringTheNewState_andFetchLittle(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let old = Self.items(2_000, &random)
    let new = Self.changed(old, percent: [0, 1, 10][Int(seed % 3)], &random)
    let (own, target) = (try Self.trie(old), try Self.trie(new))
    var core = DescentCore(root: try #require(target.rootHash()), ownItems: old.count)
    var fetched = 0
    while !core.isIdle {
      let queries = core.next(1 + random.below(20))
      // Answers may be short.
      let parts = try queries.prefix(1 + random.below(queries.count)).map {
        try Self.part($0, of: target)
      }
      fetched += parts.reduce(0) { $0 + $1.wireBytes.count }
      let (children, fault) = core.take(parts, of: queries)
      #expect(fault == nil, "seed \(seed)")
      core.compared(children, with: try own.nodeHashes(at: children.map(\.key)))
    }
    try own.rebase(onto: core.outline)
    #expect(own.isComplete && own.rootHash() == target.rootHash(), "seed \(seed)")
    #expect(own.itemCount == new.count && core.left == 0, "seed \(seed)")
    if seed % 3 == 1 { #expect(fetched < 2_000 * 20, "seed \(seed): \(fetched) bytes") }
  }

  @Test func descent_shouldRefuseEachLie_andTakeWhatCameBefore() throws {
    var random = SeededGenerator(seed: 3)
    let target = try Self.trie(Self.items(2_000, &random))
    var core = DescentCore(root: try #require(target.rootHash()), ownItems: 2_000)
    let first = core.next()
    let (children, _) = core.take(try first.map { try Self.part($0, of: target) }, of: first)
    core.compared(children, with: children.map { _ in nil })
    let queries = core.next()
    var parts = try queries.map { try Self.part($0, of: target) }
    guard case .node(var node) = parts[3] else {
      Issue.record("no node")
      return
    }
    node.children[0]?.hash = .zero
    parts[3] = .node(node)
    let (taken, fault) = core.take(parts, of: queries)
    #expect(fault?.reason == "proof_child_mismatch")
    #expect(Set(taken.map { $0.key.prefix(1) }).count == 3)
    let rest = core.next()
    #expect(rest == Array(queries[3...]))
    let many = core.take(parts, of: [])
    #expect(many.fault != nil && many.children.isEmpty)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func sketch_shouldFindWhatDiffers_andEstimateItFirst(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let old = Self.items(3_000, &random)
    let new = Self.changed(old, percent: 1 + Int(seed), &random)
    let names = LeafNames(block: Blake2b256.hash([UInt8(seed)]))
    func prefix(_ items: Items) -> SymbolPrefix<ShortID> {
      SymbolPrefix(
        length: 4_096, of: items.map { names.name(of: TrieItem(key: $0, value: $1)) })
    }
    let (remote, local) = (prefix(new), prefix(old))
    var core = SketchCore()
    #expect(core.next == StateReconciliationLimits.symbolsFirst)
    var first: Double?
    while !core.isComplete {
      let range = core.taken..<core.taken + (try #require(core.next))
      let answer = StateSymbols(
        items: UInt32(new.count), available: 4_096, start: UInt32(range.lowerBound),
        symbols: remote.symbols[range].map {
          CodedSymbol(sum: $0.sum, checksum: $0.checksum & 0xffff_ffff, count: $0.count)
        })
      #expect(try StateSymbols(wireBytes: answer.wireBytes) == answer)
      try core.take(answer, local: local.symbols[range])
      first = first ?? core.differences
    }
    let stale = old.filter { new[$0] != $1 }
    let needed = new.filter { old[$0] != $1 }
    let real = Double(stale.count + needed.count)
    #expect(core.differences == real, "seed \(seed)")
    #expect(abs((first ?? 0) - real) < real / 2 + 20, "seed \(seed): \(first ?? 0), not \(real)")
    try expect(names, try core.names().needed, stale, new, old, seed)
  }

  /// The accounts that are needed bring the new state.
  private func expect(
    _ names: LeafNames, _ needed: [ShortID], _ stale: Items, _ new: Items, _ old: Items,
    _ seed: UInt64
  ) throws {
    var plan = AccountPlan(names, needed: needed, stale: stale.keys.sorted())
    while !plan.isIdle {
      let queries = plan.next(50)
      let parts = queries.prefix(30).map { query -> AccountsPart in
        let range = LeafNames.range(of: query.prefix)
        let found = new.filter { range.contains($0.key) }
          .map { TrieItem(key: $0.key, value: $0.value) }
        return query.isKeyKnown && found.count == 1 ? .value(found[0].value) : .items(found)
      }
      let isTaken = plan.take(Array(parts), of: queries)
      #expect(isTaken, "seed \(seed)")
    }
    var state = old
    for change in plan.changes { state[change.key] = change.value }
    #expect(state == new, "seed \(seed)")
  }

  @Test func accountPlan_shouldNotTakeWhatTheNamesDoNotSay() throws {
    let names = LeafNames(block: .zero)
    let item = TrieItem(key: KeyNibbles(bytes: [UInt8](repeating: 3, count: 20)), value: [1])
    func plan(_ stale: [KeyNibbles]) -> AccountPlan {
      AccountPlan(names, needed: [names.name(of: item)], stale: stale)
    }
    var asked = plan([item.key])
    let queries = asked.next()
    #expect(queries.map(\.isKeyKnown) == [true])
    // Another account may have the same digits: it is asked for once more, in full.
    let isTaken = asked.take([.value([9])], of: queries)
    let again = asked.next()
    #expect(isTaken && again.map(\.isKeyKnown) == [false])
    let isLieTaken = asked.take([.items([TrieItem(key: item.key, value: [9])])], of: again)
    #expect(!isLieTaken)
    for parts in [[], [AccountsPart.value([1])]] {
      var fresh = plan([])
      let query = fresh.next()
      let isTaken = fresh.take(parts, of: query)
      #expect(!isTaken)
    }
  }

  @Test func cost_shouldPreferWhatMovesLess() {
    func order(_ percent: Double, symbols: Int = 1 << 18) -> [ReturnWay] {
      let facts = ReturnFacts(
        items: 1_000_000, bytesPerItem: 28, differences: 20_000 * percent, symbols: symbols,
        bytesPerSecond: 1e6, roundTrip: .milliseconds(100))
      return ReturnCost(facts, blocks: nil).order
    }
    #expect(order(0.1).first == .sketch && order(1).first == .sketch)
    #expect(order(1, symbols: 0) == [.descent, .chunks])
    #expect(order(50) == [.chunks, .descent])
    // More than a descent has room for: what is left would come in tiny chunks.
    #expect(order(10, symbols: 0) == [.chunks, .descent])
  }
}
