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
    let names = LeafNames(of: .zero, at: Blake2b256.hash([UInt8(seed)]))
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
        salt: names.salt, items: UInt32(new.count), available: 4_096,
        start: UInt32(range.lowerBound),
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

  /// The accounts that are needed bring the new state, though one of three sources lies in each
  /// way that there is.
  private func expect(
    _ names: LeafNames, _ needed: [ShortID], _ stale: Items, _ new: Items, _ old: Items,
    _ seed: UInt64
  ) throws {
    var plan = AccountPlan(names, needed: needed, stale: stale.keys.sorted())
    var random = SeededGenerator(seed: seed)
    while !plan.isIdle {
      let source = random.below(3)
      if plan.passed.contains(source) { continue }
      let queries = plan.next(50)
      var parts = queries.prefix(30).map { AccountPlanTests.part($0, of: new) }
      if source == 2 { parts[random.below(parts.count)] = Self.lie(&random) }
      let isTaken = plan.take(Array(parts), of: queries, from: source)
      #expect(isTaken || source == 2, "seed \(seed)")
    }
    #expect(plan.missing == 0 && plan.passed.isSubset(of: [2]), "seed \(seed)")
    #expect(try AccountPlanTests.liars(plan, new).isSubset(of: [2]), "seed \(seed)")
    var state = old
    for change in plan.changes { state[change.key] = change.value }
    #expect(state == new, "seed \(seed)")
  }

  private static func lie(_ random: inout SeededGenerator) -> AccountsPart {
    random.chance(50)
      ? .value(random.bytes(7))
      : .items(random.chance(50) ? [] : [TrieItem(key: KeyNibbles(bytes: [1]), value: [1])])
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

  /// Of the old state some ranges are not held: what is held comes to the present, the rest stays
  /// missing.
  @Test(arguments: 0..<24 as Range<UInt64>)
  func descent_shouldBringHeldRangesToThePresent_andLeaveMissingOnes(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let old = Self.items(2_000, &random)
    let new = Self.changed(old, percent: [0, 1, 10][Int(seed % 3)], &random)
    let (whole, target) = (try Self.trie(old), try Self.trie(new))
    let own = StateTrie(missing: .all)
    try Self.hold(whole, in: own, &random)
    let (held, root) = (own.itemCount, try #require(target.rootHash()))
    // As on a chain: diffs change what is missing, too.
    let changed = Self.changed(old, percent: 1, &random)
    let keys = Set(old.keys).union(changed.keys).sorted()
    _ = try own.apply(
      try TrieDiff(
        entries: keys.filter { old[$0] != changed[$0] }.map {
          .init(key: $0, old: old[$0], new: changed[$0])
        }))
    let missing = own.missing
    var core = DescentCore(root: root, ownItems: 2_000, missing: missing)
    var fetched = 0
    while !core.isIdle {
      let queries = core.next()
      let parts = try queries.map { try Self.part($0, of: target) }
      fetched += parts.reduce(0) { $0 + $1.wireBytes.count }
      let (children, fault) = core.take(parts, of: queries)
      #expect(fault == nil, "seed \(seed)")
      core.compared(children, with: try own.nodeHashes(at: children.map(\.key)))
    }
    try own.rebase(onto: core.outline)
    #expect(own.rootHash() == root, "seed \(seed)")
    #expect(own.missing.ranges.allSatisfy { !$0.isEmpty }, "seed \(seed)")
    #expect(own.itemCount * 10 > held * 9, "seed \(seed): \(own.itemCount) of \(held)")
    #expect(own.itemCount < 1_900, "seed \(seed): missing ranges were fetched")
    for (key, value) in new where !own.missing.contains(key) {
      #expect(try own.lookup(key) == .present(value), "seed \(seed)")
    }
    while let range = own.missing.ranges.first {
      let chunk = try target.chunk(from: range.start, to: range.end, limit: 300, edges: .both)
      own.apply(try chunk.verify(from: range.start, edges: .both, stateRoot: root))
    }
    #expect(own.isComplete && own.rootHash() == root, "seed \(seed)")
  }

  /// Lets a trie hold some chunks of another.
  private static func hold(
    _ whole: StateTrie, in trie: StateTrie, _ random: inout SeededGenerator
  ) throws {
    let root = try #require(whole.rootHash())
    for _ in 0..<3 {
      var start = KeyNibbles.empty
      for _ in 0..<2 { start.append(random.below(16)) }
      guard let range = trie.missing.range(containing: start) else { continue }
      let chunk = try whole.chunk(from: start, to: range.end, limit: 300, edges: .both)
      trie.apply(try chunk.verify(from: start, edges: .both, stateRoot: root))
    }
  }

  @Test(arguments: [(1, 0.1), (2, 1), (3, 5), (4, 30), (5, 100)] as [(UInt64, Double)])
  func sample_shouldTellHowMuchDiffers(_ seed: UInt64, _ percent: Double) throws {
    var random = SeededGenerator(seed: seed)
    let old = Self.items(20_000, &random)
    var new = old
    for key in old.keys.sorted() where Double(random.below(1_000)) < percent * 10 {
      new[key] = random.bytes(6)
    }
    let (own, target) = (try Self.trie(old), try Self.trie(new))
    var sample = NodeSample(items: old.count)
    #expect(sample.queries.count == StateReconciliationLimits.sampledNodesMax)
    let parts = try sample.queries.map { try Self.part($0, of: target) }
    let taken = sample.take(parts)
    let keys = try #require(taken)
    #expect(keys.count >= StateReconciliationLimits.sampledChildrenMin)
    #expect(parts.reduce(0) { $0 + $1.wireBytes.count } < 12_000)
    let found = sample.differences(try own.nodeHashes(at: keys))
    let real = 400 * percent
    // Each has some five accounts below it, so little and almost everything are told roughly.
    #expect(found > real / 3 && found < real * 3 + 100, "\(percent) %: \(found), not \(real)")
    // Nobody is believed who gives other nodes.
    let refused = [sample.take(parts.reversed()), sample.take([])]
    var partly = NodeSample(items: old.count, missing: .all)
    let incomparable = partly.take(parts)
    #expect(refused == [nil, nil] && incomparable == nil)
  }
}
