import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// A trie becomes that of another state by an outline of it.
@Suite struct RebaseTests {
  typealias Items = [KeyNibbles: [UInt8]]

  private static func items(_ random: inout SeededGenerator) -> Items {
    var items: Items = [:]
    for _ in 0..<random.below(120) {
      // Short keys, so that some are the beginnings of others.
      var key = KeyNibbles()
      for _ in 0...random.below(5) { key.append(random.below(3) * 5) }
      items[key] = random.bytes(1 + random.below(3))
    }
    return items
  }

  private static func changed(_ items: Items, _ random: inout SeededGenerator) -> Items {
    var other = items
    for key in items.keys.sorted() where random.chance(15) {
      other[key] = random.chance(50) ? nil : random.bytes(2)
    }
    for (key, value) in Self.items(&random) where random.chance(10) { other[key] = value }
    return other
  }

  private static func fill(_ trie: StateTrie, _ items: Items) throws {
    try trie.put(items.keys.sorted().map { TrieItem(key: $0, value: items[$0] ?? []) })
  }

  private static func held(_ trie: StateTrie) throws -> Items {
    var items: Items = [:]
    try trie.forEachItem {
      items[$0.key] = $0.value
      return true
    }
    return items
  }

  /// An outline of which chance decides what is opened.
  private static func outline(
    of trie: StateTrie, _ random: inout SeededGenerator
  ) throws -> StateOutline {
    var outline = StateOutline(root: try #require(trie.rootHash()))
    var open: [KeyNibbles] = [.empty]
    while let key = open.popLast() {
      guard key.isEmpty || random.chance(60) else { continue }
      if !key.isEmpty, random.chance(40) {
        var items: [TrieItem] = []
        try trie.forEachItem(in: KeyRange(subtree: key)) {
          items.append($0)
          return true
        }
        try outline.fill(key, with: items)
        continue
      }
      let node = try #require(try trie.node(at: key))
      open += try outline.open(node).map(\.key)
    }
    return outline
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func trie_shouldHaveTheOutlinesRoot_andHoldWhatIsEqualOrGiven(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let old = Self.items(&random)
    let new = Self.changed(old, &random)
    let target = StateTrie()
    try Self.fill(target, new)
    let outline = try Self.outline(of: target, &random)
    let store = try MemoryStore(owner: StoreOwner(kind: "test", version: 1))
    for isStored in [false, true] {
      let trie = isStored ? try StateTrie(store: store, missing: .none, budget: 0) : StateTrie()
      try Self.fill(trie, old)
      if isStored { try commit(trie, store) }
      try trie.rebase(onto: outline)
      guard isStored else {
        try expect(trie, new, target, "seed \(seed)")
        continue
      }
      try commit(trie, store)
      let fault = try store.read { snapshot throws(StorageError) in
        Result { () throws(TrieError) in try StateTrie.check(in: snapshot, root: outline.root) }
      }.get()
      #expect(fault == nil, "seed \(seed): \(String(describing: fault))")
      try expect(try StateTrie(store: store), new, target, "seed \(seed), reopened")
    }
  }

  /// What is held is true, and chunks of the new state fill the rest.
  private func expect(
    _ trie: StateTrie, _ new: Items, _ target: StateTrie, _ place: String
  ) throws {
    let root = try #require(target.rootHash())
    #expect(trie.rootHash() == root, "\(place)")
    let held = try Self.held(trie)
    for (key, value) in new where !trie.missing.contains(key) {
      #expect(held[key] == value, "\(place): \(key)")
    }
    #expect(held.allSatisfy { new[$0] == $1 }, "\(place)")
    #expect(trie.itemCount == held.count, "\(place)")
    while let range = trie.missing.ranges.first {
      let chunk = try target.chunk(from: range.start, to: range.end, limit: 3, edges: .both)
      trie.apply(try chunk.verify(from: range.start, edges: .both, stateRoot: root))
    }
    #expect(try Self.held(trie) == new && trie.rootHash() == root, "\(place)")
  }

  private func commit(_ trie: StateTrie, _ store: MemoryStore) throws {
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    trie.committed()
  }

  @Test func outline_shouldRefuseWhatHasNotTheHash_andStayAsItWas() throws {
    var random = SeededGenerator(seed: 7)
    let trie = StateTrie()
    try Self.fill(trie, Self.items(&random))
    var outline = StateOutline(root: try #require(trie.rootHash()))
    var node = try #require(try trie.node(at: .empty))
    let slot = try #require(node.children.firstIndex { $0 != nil })
    let honest = node
    node.children[slot]?.hash = .zero
    #expect(throws: ProofError.childMismatch(.empty)) { _ = try outline.open(node) }
    #expect(outline.isEmpty)
    let child = try #require(try outline.open(honest).first)
    #expect(throws: ProofError.childMismatch(child.key)) {
      try outline.fill(child.key, with: [TrieItem(key: child.key, value: [9, 9, 9])])
    }
    #expect(throws: ProofError.childMismatch(child.key)) { try outline.fill(child.key, with: []) }
    #expect(outline.closedHash(at: child.key) == child.hash)
  }

  @Test func trie_shouldMissAll_ofAnOutlineOfNothing() throws {
    let trie = StateTrie()
    try trie.put(KeyNibbles(bytes: [1]), [2])
    try trie.rebase(onto: StateOutline(root: .zero))
    #expect(trie.missing == .all && trie.itemCount == 0)
  }
}
