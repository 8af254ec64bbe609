import Primitives
import StateTrie
import Storage
import TestSupport

/// A trie in a store beside the same trie in memory (and their complete twin): every step is taken
/// by both, saved, rolled back and reopened at random, and every answer must be the same.
struct StoredWorld {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What a rolled-back trie goes back to.
  private struct Checkpoint {
    let memory: StateTrie
    let twin: StateTrie
    let model: [KeyNibbles: [UInt8]]
    let missing: KeyRangeSet
    let applied: [(memory: DiffReceipt, stored: DiffReceipt, twin: DiffReceipt)]
  }

  let budget: Int
  let open: () throws -> any KeyValueStore
  var store: any KeyValueStore
  var stored: StateTrie
  var memory: StateTrie
  var twin: StateTrie
  /// Gives keys, values, diffs; its model says what the twin holds.
  var world: RandomTrie
  var applied: [(memory: DiffReceipt, stored: DiffReceipt, twin: DiffReceipt)] = []
  var missing: KeyRangeSet
  private let initial: KeyRangeSet
  private var checkpoint: Checkpoint
  var lastStep = "start"
  var rootsCompared = 0
  var chunksTaken = 0
  var reopened = 0

  init(
    style: KeyStyle, seed: UInt64, budget: Int,
    open: @escaping () throws -> any KeyValueStore
  ) throws {
    self.budget = budget
    self.open = open
    store = try open()
    world = try RandomTrie(style: style, seed: seed)
    twin = world.trie
    initial = world.generator.chance(25) ? .none : .all
    missing = initial
    memory = StateTrie(missing: initial)
    stored = try StateTrie(store: store, missing: initial, budget: budget)
    for (key, value) in world.model where initial.isEmpty {
      try memory.put(key, value)
      try stored.put(key, value)
    }
    checkpoint = Checkpoint(
      memory: StateTrie(), twin: StateTrie(), model: [:], missing: .none, applied: [])
    try commit()
  }

  mutating func step() throws {
    switch world.generator.below(100) {
    case ..<28: try applyDiff()
    case ..<42: try revert()
    case ..<62: try takeChunk()
    case ..<70: try forget()
    case ..<85: try commit()
    case ..<93: try reopen()
    default: try rollBack()
    }
    try check()
  }

  mutating func applyDiff() throws {
    let diff = try world.randomDiff()
    lastStep = "apply \(diff.entries.map { "\($0.key):\($0.old != nil)->\($0.new != nil)" })"
    applied.append((try memory.apply(diff), try stored.apply(diff), try twin.apply(diff)))
    for entry in diff.entries { world.model[entry.key] = entry.new }
  }

  mutating func revert() throws {
    guard let receipts = applied.popLast() else { return }
    lastStep = "revert"
    try memory.revert(receipts.memory)
    try stored.revert(receipts.stored)
    try twin.revert(receipts.twin)
    for entry in receipts.twin.diff.entries { world.model[entry.key] = entry.old }
  }

  mutating func takeChunk() throws {
    guard let range = missing.ranges.randomElement(using: &world.generator) else { return }
    let edges: ChunkEdges = world.generator.chance(50) ? .last : .both
    var start = range.start
    if edges == .both, world.generator.chance(60) {
      let key = world.randomKey()
      if range.contains(key) { start = key }
    }
    lastStep = "chunk from \(start) \(edges)"
    guard let root = twin.rootHash() else { throw Failure(description: "the twin has no root") }
    let chunk = try twin.chunk(from: start, limit: 1 + world.generator.below(10), edges: edges)
    let verdicts = [memory, stored].map { trie in
      Result { try trie.verify(chunk, from: start, edges: edges, stateRoot: root) }
    }
    switch (verdicts[0], verdicts[1]) {
    case (.success(let one), .success(let other)):
      guard one.items == other.items else { throw Failure(description: "verdicts differ") }
      guard memory.apply(one) == stored.apply(other) else {
        throw Failure(description: "different numbers of items")
      }
      missing.remove(one.range)
      chunksTaken += 1
    case (.failure(let one as ChunkError), .failure(let other as ChunkError)) where one == other:
      break
    default: throw Failure(description: "verdicts differ: \(verdicts)")
    }
  }

  mutating func forget() throws {
    let range = world.randomRange()
    lastStep = "forget \(range)"
    try memory.forget(range)
    try stored.forget(range)
    missing.insert(range)
  }

  /// Commits, perhaps with a closure that runs twice.
  mutating func commit() throws {
    lastStep = "commit"
    let trie = stored
    let isRepeated = world.generator.chance(30)
    if isRepeated {
      try store.write { transaction throws(StorageError) in
        try trie.save(to: &transaction)
        transaction.discard()
      }
    }
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    trie.committed()
    checkpoint = Checkpoint(
      memory: memory.copy(), twin: twin.copy(), model: world.model, missing: missing,
      applied: applied)
  }

  /// Closes the store without committing and opens it again.
  mutating func reopen() throws {
    lastStep = "reopen"
    stored = StateTrie()
    try store.close()
    store = try open()
    stored = try StateTrie(store: store, missing: initial, budget: budget)
    restore()
    reopened += 1
  }

  mutating func rollBack() throws {
    lastStep = "roll back"
    try stored.rollBack()
    restore()
  }

  private mutating func restore() {
    memory = checkpoint.memory.copy()
    twin = checkpoint.twin.copy()
    world.model = checkpoint.model
    missing = checkpoint.missing
    applied = checkpoint.applied
  }

  /// Both tries must answer alike, as the model says.
  mutating func check() throws {
    let problems = stored.brokenInvariants()
    guard problems.isEmpty else { throw Failure(description: "\(problems)") }
    guard stored.missing == missing, stored.uncharted == memory.uncharted else {
      throw Failure(
        description: "missing \(stored.missing) of \(missing), "
          + "uncharted \(stored.uncharted) of \(memory.uncharted)")
    }
    guard stored.itemCount == memory.itemCount else {
      throw Failure(description: "\(stored.itemCount) items, \(memory.itemCount) expected")
    }
    guard stored.rootHash() == memory.rootHash() else {
      throw Failure(description: "the roots differ")
    }
    if let root = stored.rootHash() {
      rootsCompared += 1
      guard root == twin.rootHash() else { throw Failure(description: "a known root is wrong") }
    }
    let range = world.randomRange()
    guard try Self.items(of: stored, in: range) == Self.items(of: memory, in: range) else {
      throw Failure(description: "items of \(range) differ")
    }
    for _ in 0..<3 {
      let keys = (0...world.generator.below(3)).map { _ in world.randomKey() }
      guard try stored.lookup(keys[0]) == memory.lookup(keys[0]) else {
        throw Failure(description: "lookup of \(keys[0]) differs")
      }
      try compare("proof of \(keys)", { try $0.proof(of: keys).wireBytes })
    }
    let (start, end) = (world.generator.chance(30) ? .empty : world.randomKey(), world.randomKey())
    let limit = world.generator.below(12)
    for edges in [ChunkEdges.last, .both] {
      try compare("chunk from \(start), \(limit) \(edges)") {
        try $0.chunk(from: start, limit: limit, edges: edges).wireBytes
      }
      try compare("chunk from \(start) to \(end), \(limit) \(edges)") {
        try $0.chunk(from: start, to: end, limit: limit, edges: edges).wireBytes
      }
    }
  }

  static func items(of trie: StateTrie, in range: KeyRange) throws -> [TrieItem] {
    var items: [TrieItem] = []
    try trie.forEachItem(in: range) {
      items.append($0)
      return true
    }
    return items
  }

  private func compare(_ what: String, _ answer: (StateTrie) throws -> [UInt8]) throws {
    let results = [memory, stored].map { trie in Result { try answer(trie) } }
    switch (results[0], results[1]) {
    case (.success(let one), .success(let other)) where one == other: break
    case (.failure(let one as TrieError), .failure(let other as TrieError)) where one == other:
      break
    default: throw Failure(description: "\(what) differs: \(results)")
    }
  }
}
