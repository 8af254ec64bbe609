import Primitives
import StateTrie
import TestSupport

/// What a run did, to show that it was worth something.
struct TrieCaseFigures {
  var diffs = 0
  var reverts = 0
  var chunks = 0
  var liesRefused = 0
  var liesHarmless = 0
  var rootKnownWhilePartial = 0
  var statesWithManyRanges = 0

  static func += (sum: inout Self, other: Self) {
    sum.diffs += other.diffs
    sum.reverts += other.reverts
    sum.chunks += other.chunks
    sum.liesRefused += other.liesRefused
    sum.liesHarmless += other.liesHarmless
    sum.rootKnownWhilePartial += other.rootKnownWhilePartial
    sum.statesWithManyRanges += other.statesWithManyRanges
  }
}

/// A history went wrong.
struct TrieCaseFailure: Error, CustomStringConvertible {
  let problem: TriePair.Problem
  /// Index of the step, or the number of steps if it was in filling the trie up at the end.
  let step: Int
  var description: String { "after step \(step): \(problem)" }
}

extension TrieCase {
  /// Runs the history beside its twin, checks everything after each step, and at the end fills the
  /// trie up.
  @discardableResult
  func run(by operations: TrieOperations = .right) throws(TrieCaseFailure) -> TrieCaseFigures {
    var run = TrieCaseRun(startsMissing: startsMissing, operations: operations)
    var step = 0
    do {
      for item in items.list { try run.pair.put(item.key, item.new ?? []) }
      while step < steps.count {
        try run.perform(steps[step])
        step += 1
      }
      try run.pair.finish(by: operations)
    } catch let problem as TriePair.Problem {
      throw TrieCaseFailure(problem: problem, step: step)
    } catch {
      throw TrieCaseFailure(problem: .init(kind: "error", detail: "\(error)"), step: step)
    }
    return run.figures
  }

  /// The tries as they are after the last step. Throws what went wrong.
  func pairAfterRun() throws -> TriePair {
    var run = TrieCaseRun(startsMissing: startsMissing, operations: .right)
    for item in items.list { try run.pair.put(item.key, item.new ?? []) }
    for step in steps { try run.perform(step) }
    return run.pair
  }
}

/// A history while it is run.
private struct TrieCaseRun {
  var pair: TriePair
  var applied: [TriePair.Receipts] = []
  var figures = TrieCaseFigures()
  let operations: TrieOperations

  init(startsMissing: Bool, operations: TrieOperations) {
    pair = TriePair(startsComplete: !startsMissing)
    self.operations = operations
  }

  mutating func perform(_ step: TrieStep) throws {
    switch step {
    case .apply(let changes):
      applied.append(try pair.apply(changes.list.map { ($0.key, $0.new) }, by: operations))
      figures.diffs += 1
    case .revert(let back, let byInverse):
      guard let receipts = removeReceipts(back) else { break }
      try pair.revert(receipts, byInverse: byInverse, by: operations)
      figures.reverts += 1
    case .chunk(let from, let to, let limit, let edges, let lie):
      try takeChunk(from: from.key, to: to?.key, limit: limit, edges, lie: lie)
    case .forget(let from, let to):
      pair.forget(KeyRange(start: from.key, end: to?.key), by: operations)
    }
    if let problem = pair.problem() ?? pair.problem(lookingUp: step.probe) { throw problem }
    if !pair.missing.isEmpty, pair.partial.isCharted { figures.rootKnownWhilePartial += 1 }
    if pair.missing.ranges.count > 1 { figures.statesWithManyRanges += 1 }
  }

  /// The diff to be taken back next: legal is every one whose keys no later one changed.
  private mutating func removeReceipts(_ back: Int) -> TriePair.Receipts? {
    guard !applied.isEmpty else { return nil }
    let index = max(0, applied.count - 1 - back)
    let keys = Set(applied[index].twin.diff.entries.map(\.key))
    let isLegal = applied[(index + 1)...].allSatisfy {
      $0.twin.diff.entries.allSatisfy { !keys.contains($0.key) }
    }
    return applied.remove(at: isLegal ? index : applied.count - 1)
  }

  private mutating func takeChunk(
    from key: KeyNibbles, to: KeyNibbles?, limit: Int, _ edges: ChunkEdges, lie: UInt64
  ) throws {
    let ranges = pair.missing.ranges
    guard let range = ranges.first(where: { $0.end.map { key < $0 } ?? true }) ?? ranges.first
    else { return }
    let start = edges == .both && range.contains(key) ? key : range.start
    let end = to.flatMap { edges == .both && $0 > start ? $0 : nil }
    let root = pair.twin.rootHash()!
    let made = try pair.twin.chunk(from: start, to: end, limit: limit, edges: edges)
    let chunk = try TrieChunk(wireBytes: made.wireBytes)
    let verified: VerifiedChunk
    do {
      verified = try pair.partial.verify(chunk, from: start, edges: edges, stateRoot: root)
    } catch {
      // Only a chunk with one edge may be impossible to judge, where its left is not known.
      guard edges == .last, ["left_edge_unknown", "start_not_proven"].contains(error.reason) else {
        throw TriePair.Problem(kind: "refused", detail: "honest chunk from \(start): \(error)")
      }
      return
    }
    guard verified.items == pair.truth(in: verified.range) else {
      throw TriePair.Problem(kind: "chunk", detail: "honest chunk from \(start) misunderstood")
    }
    if edges == .both {
      let alone = try chunk.verify(from: start, edges: .both, stateRoot: root)
      guard alone.items == verified.items else {
        throw TriePair.Problem(kind: "chunk", detail: "verdicts with and without a trie differ")
      }
    }
    if lie != 0 { try tryLie(chunk, from: start, edges, root, seed: lie) }
    pair.take(verified, by: operations)
    figures.chunks += 1
  }

  /// A damaged chunk is refused, or it still tells exactly the truth about its range.
  private mutating func tryLie(
    _ chunk: TrieChunk, from start: KeyNibbles, _ edges: ChunkEdges, _ root: Hash256, seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    guard let lie = chunk.damaged(&generator), lie != chunk,
      let verified = try? pair.partial.verify(lie, from: start, edges: edges, stateRoot: root)
    else {
      figures.liesRefused += 1
      return
    }
    figures.liesHarmless += 1
    let truth = pair.truth(in: verified.range)
    guard verified.items == truth else {
      throw TriePair.Problem(kind: "lie", detail: "\(lie.items) was taken for \(truth)")
    }
  }
}

extension TrieStep {
  /// A key to be looked up after the step.
  fileprivate var probe: KeyNibbles {
    switch self {
    case .apply(let changes): changes.list.first?.key ?? .empty
    case .revert: .empty
    case .chunk(let from, _, _, _, _), .forget(let from, _): from.key
    }
  }
}

extension TrieChunk {
  /// This chunk with something wrong in it, or nil if it can no longer be read.
  fileprivate func damaged(_ generator: inout SeededGenerator) -> TrieChunk? {
    var lie = self
    let strange = KeyNibbles(bytes: generator.bytes(1 + generator.below(3)))
      .prefix(1 + generator.below(5))
    switch generator.below(8) {
    case 0 where !lie.items.isEmpty: lie.items.remove(at: generator.below(lie.items.count))
    case 1 where !lie.items.isEmpty:
      lie.items[generator.below(lie.items.count)].value.append(1)
    case 2:
      lie.items.append(TrieItem(key: strange, value: generator.bytes(2)))
      lie.items.sort { $0.key < $1.key }
    case 3: lie.end = strange
    case 4: lie.end = nil
    case 5: lie.proof.nodes.remove(at: generator.below(lie.proof.nodes.count))
    case 6 where lie.items.count > 1: lie.items.swapAt(0, 1)
    default: return try? TrieChunk(wireBytes: generator.mutated(wireBytes))
    }
    return lie
  }
}
