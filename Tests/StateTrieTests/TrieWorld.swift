import Primitives
import StateTrie
import TestSupport

/// A partial trie beside a full twin and a plain dictionary, driven by random honest steps, with a
/// full comparison after each.
struct TrieWorld {
  enum KeyStyle: CaseIterable {
    /// 20-byte keys that share their first byte now and then, like addresses.
    case addresses
    /// Short keys over two digits, many of them prefixes of others.
    case prefixes
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let style: KeyStyle
  let removalPercent: Int
  var generator: SeededGenerator
  let partial: StateTrie
  let twin = StateTrie()
  var model: [KeyNibbles: [UInt8]] = [:]
  var missingModel: KeyRangeSet
  var applied: [(partial: DiffReceipt, twin: DiffReceipt)] = []
  var rootKnown = 0
  var chunksApplied = 0
  var lastStep = "start"

  init(style: KeyStyle, seed: UInt64, removalPercent: Int = 45) throws {
    self.style = style
    self.removalPercent = removalPercent
    generator = SeededGenerator(seed: seed)
    let startsComplete = generator.chance(25)
    partial = startsComplete ? StateTrie() : StateTrie(missing: .all)
    missingModel = startsComplete ? .none : .all
    for _ in 0..<generator.below(style == .addresses ? 120 : 40) {
      let key = randomKey()
      let value = randomValue()
      model[key] = value
      try twin.put(key, value)
      if startsComplete { try partial.put(key, value) }
    }
  }

  mutating func randomKey() -> KeyNibbles {
    switch style {
    case .addresses:
      var bytes = generator.bytes(20)
      if generator.chance(50) { bytes[0] = UInt8(generator.below(4)) }
      if generator.chance(20) { bytes[1] = 0 }
      return KeyNibbles(bytes: bytes)
    case .prefixes:
      var key = KeyNibbles.empty
      for _ in 0...generator.below(7) { key.append([0, 3, 15][generator.below(3)]) }
      return key
    }
  }

  mutating func randomValue() -> [UInt8] {
    generator.bytes(generator.below(12))
  }

  mutating func randomRange() -> KeyRange {
    let start = generator.chance(20) ? .empty : randomKey()
    if generator.chance(20) { return KeyRange(start: start, end: nil) }
    if generator.chance(30) { return KeyRange(subtree: start.prefix(1 + generator.below(3))) }
    return KeyRange(start: start, end: randomKey())
  }

  /// One random step, then all checks.
  mutating func step() throws {
    switch generator.below(100) {
    case ..<40: try applyDiff()
    case ..<55: try revertLatest()
    case ..<90: try takeChunk()
    default: try forget()
    }
    try check()
  }

  mutating func randomDiff() throws -> TrieDiff {
    var entries: [KeyNibbles: TrieDiff.Entry] = [:]
    let present = model.keys.sorted()
    for _ in 0...generator.below(6) {
      if generator.chance(removalPercent), !present.isEmpty {
        let key = present[generator.below(present.count)]
        entries[key] = .init(key: key, old: model[key], new: nil)
      } else {
        let key =
          generator.chance(40) && !present.isEmpty
          ? present[generator.below(present.count)] : randomKey()
        let value = randomValue()
        if value != model[key] { entries[key] = .init(key: key, old: model[key], new: value) }
      }
    }
    return try TrieDiff(entries: entries.values.sorted { $0.key < $1.key })
  }

  mutating func applyDiff() throws {
    let diff = try randomDiff()
    lastStep = "apply \(diff.entries.map { "\($0.key):\($0.old != nil)->\($0.new != nil)" })"
    applied.append((try partial.apply(diff), try twin.apply(diff)))
    for entry in diff.entries { model[entry.key] = entry.new }
  }

  mutating func revertLatest() throws {
    guard let receipts = applied.popLast() else { return }
    lastStep = "revert"
    if generator.chance(50) {
      try partial.revert(receipts.partial)
    } else {
      try partial.apply(receipts.partial.diff.inverted())
    }
    try twin.revert(receipts.twin)
    for entry in receipts.twin.diff.entries { model[entry.key] = entry.old }
  }

  mutating func takeChunk() throws {
    guard let range = missingModel.ranges.randomElement(using: &generator) else { return }
    let limit = 1 + generator.below(10)
    let usesHeldEdge = generator.chance(50)
    var start = range.start
    var end: KeyNibbles?
    if !usesHeldEdge, generator.chance(60) {
      let key = randomKey()
      if range.contains(key) { start = key }
    }
    if !usesHeldEdge, generator.chance(50) {
      let key = generator.chance(50) ? randomKey() : range.end
      if let key, key > start { end = key }
    }
    let edges: ChunkEdges = usesHeldEdge ? .last : .both
    lastStep = "chunk from \(start) to \(end?.description ?? "-") limit \(limit) \(edges)"
    let root = twin.rootHash()!
    let chunk = try TrieChunk(
      wireBytes: twin.chunk(from: start, to: end, limit: limit, edges: edges).wireBytes)
    let verified: VerifiedChunk
    do {
      verified = try partial.verify(chunk, from: start, edges: edges, stateRoot: root)
    } catch let error {
      // Only a chunk with one edge may be impossible to judge, where its left is not known.
      guard usesHeldEdge, ["left_edge_unknown", "start_not_proven"].contains(error.reason) else {
        throw Failure(description: "honest chunk refused: \(error)")
      }
      return
    }
    if edges == .both {
      let alone = try chunk.verify(from: start, edges: .both, stateRoot: root)
      guard alone.items == verified.items else { throw Failure(description: "verdicts differ") }
    }
    try tryLie(chunk, from: start, edges: edges, root: root)
    partial.apply(verified)
    missingModel.remove(verified.range)
    chunksApplied += 1
  }

  /// A damaged chunk is refused, or it still tells exactly the truth about its range.
  mutating func tryLie(
    _ chunk: TrieChunk, from start: KeyNibbles, edges: ChunkEdges, root: Hash256
  ) throws {
    guard let lie = damaged(chunk) else { return }
    guard let verified = try? partial.verify(lie, from: start, edges: edges, stateRoot: root) else {
      return
    }
    let truth = model.keys.filter { verified.range.contains($0) }.sorted()
      .map { TrieItem(key: $0, value: model[$0]!) }
    guard verified.items == truth else {
      throw Failure(description: "a lie was taken: \(lie.items) instead of \(truth)")
    }
  }

  private mutating func damaged(_ chunk: TrieChunk) -> TrieChunk? {
    var lie = chunk
    switch generator.below(8) {
    case 0 where !lie.items.isEmpty: lie.items.remove(at: generator.below(lie.items.count))
    case 1 where !lie.items.isEmpty:
      lie.items[generator.below(lie.items.count)].value.append(1)
    case 2:
      lie.items.append(TrieItem(key: randomKey(), value: randomValue()))
      lie.items.sort { $0.key < $1.key }
    case 3: lie.end = randomKey()
    case 4: lie.end = nil
    case 5: lie.proof.nodes.remove(at: generator.below(lie.proof.nodes.count))
    case 6 where lie.items.count > 1: lie.items.swapAt(0, 1)
    default: return try? TrieChunk(wireBytes: generator.mutated(chunk.wireBytes))
    }
    return lie
  }

  mutating func forget() throws {
    let range = randomRange()
    lastStep = "forget \(range)"
    try partial.forget(range)
    missingModel.insert(range)
  }

  /// Everything that must hold at any time.
  mutating func check() throws {
    let problems = partial.brokenInvariants() + twin.brokenInvariants()
    guard problems.isEmpty else { throw Failure(description: "\(problems)") }
    guard partial.missing == missingModel else {
      throw Failure(description: "missing \(partial.missing), expected \(missingModel)")
    }
    let held = model.keys.filter { !missingModel.contains($0) }.sorted()
    guard partial.items == held.map({ TrieItem(key: $0, value: model[$0]!) }) else {
      throw Failure(description: "held items differ from the model")
    }
    guard twin.items.map(\.key) == model.keys.sorted() else {
      throw Failure(description: "the twin differs from the model")
    }
    if let root = partial.rootHash() {
      rootKnown += 1
      guard root == twin.rootHash() else { throw Failure(description: "a known root is wrong") }
    } else if partial.isComplete {
      throw Failure(description: "a complete trie has no root")
    }
    let probe = randomKey()
    let expected: TrieLookup =
      missingModel.contains(probe)
      ? .missing : model[probe].map { .present($0) } ?? .absent
    guard try partial.lookup(probe) == expected else {
      throw Failure(description: "lookup of \(probe) is not \(expected)")
    }
  }

  /// Fills what is missing with honest chunks; then the trie must equal its twin.
  mutating func finish() throws {
    var rounds = 0
    while let range = missingModel.ranges.first {
      let chunk = try twin.chunk(from: range.start, limit: 7, edges: .both)
      let verified = try partial.verify(
        chunk, from: range.start, edges: .both, stateRoot: twin.rootHash()!)
      lastStep = "finish \(verified.range)"
      partial.apply(verified)
      missingModel.remove(verified.range)
      try check()
      rounds += 1
      guard rounds < 10_000 else { throw Failure(description: "chunks never end") }
    }
    guard partial.rootHash() == twin.rootHash() else {
      throw Failure(description: "the complete trie is not the twin")
    }
  }
}
