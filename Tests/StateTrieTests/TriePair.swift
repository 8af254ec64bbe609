import Primitives
import StateTrie

/// A partial trie beside a complete twin and a plain dictionary of the same history.
struct TriePair {
  struct Receipts {
    let partial: DiffReceipt
    let twin: DiffReceipt
  }

  /// Something is not as it must be.
  struct Problem: Error, Equatable, CustomStringConvertible {
    /// What kind of thing: stays the same while a case is shrunk.
    let kind: String
    let detail: String
    var description: String { "\(kind): \(detail)" }
  }

  let partial: StateTrie
  let twin = StateTrie()
  private(set) var model: [KeyNibbles: [UInt8]] = [:]
  private(set) var missing: KeyRangeSet

  init(startsComplete: Bool) {
    partial = startsComplete ? StateTrie() : StateTrie(missing: .all)
    missing = startsComplete ? .none : .all
  }

  /// An item from before the history.
  mutating func put(_ key: KeyNibbles, _ value: [UInt8]) throws {
    model[key] = value
    try twin.put(key, value)
    if !missing.contains(key) { try partial.put(key, value) }
  }

  /// The diff that makes these changes now; what changes nothing is left out, and of two changes
  /// of one key the later one counts.
  func diff(_ changes: [(key: KeyNibbles, new: [UInt8]?)]) throws -> TrieDiff {
    var entries: [KeyNibbles: TrieDiff.Entry] = [:]
    for (key, new) in changes {
      entries[key] = model[key] == new ? nil : .init(key: key, old: model[key], new: new)
    }
    return try TrieDiff(entries: entries.values.sorted { $0.key < $1.key })
  }

  mutating func apply(
    _ changes: [(key: KeyNibbles, new: [UInt8]?)], by operations: TrieOperations = .right
  ) throws -> Receipts {
    let diff = try diff(changes)
    let receipts = Receipts(
      partial: try operations.apply(partial, diff), twin: try twin.apply(diff))
    for entry in diff.entries { model[entry.key] = entry.new }
    return receipts
  }

  mutating func revert(
    _ receipts: Receipts, byInverse: Bool = false, by operations: TrieOperations = .right
  ) throws {
    if byInverse {
      _ = try operations.apply(partial, receipts.partial.diff.inverted())
    } else {
      try operations.revert(partial, receipts.partial)
    }
    try twin.revert(receipts.twin)
    for entry in receipts.twin.diff.entries { model[entry.key] = entry.old }
  }

  mutating func take(_ chunk: VerifiedChunk, by operations: TrieOperations = .right) {
    operations.take(partial, chunk)
    missing.remove(chunk.range)
  }

  mutating func forget(_ range: KeyRange, by operations: TrieOperations = .right) {
    operations.forget(partial, range)
    missing.insert(range)
  }

  /// The true items of a range.
  func truth(in range: KeyRange) -> [TrieItem] {
    model.keys.filter(range.contains).sorted().map { TrieItem(key: $0, value: model[$0]!) }
  }

  /// What is wrong: everything that must hold at any time.
  func problem() -> Problem? {
    let broken = partial.brokenInvariants() + twin.brokenInvariants()
    guard broken.isEmpty else { return .init(kind: "invariants", detail: "\(broken)") }
    guard partial.missing == missing else {
      return .init(kind: "missing", detail: "\(partial.missing), expected \(missing)")
    }
    let truth = truth(in: .all)
    guard partial.items == truth.filter({ !missing.contains($0.key) }) else {
      return .init(kind: "items", detail: "held \(partial.items.map(\.key)) of \(truth.map(\.key))")
    }
    guard twin.items == truth else {
      return .init(kind: "twin", detail: "the twin differs from the dictionary")
    }
    guard let twinRoot = twin.rootHash() else {
      return .init(kind: "twin", detail: "the twin has no root")
    }
    if let root = partial.rootHash() {
      guard root == twinRoot else { return .init(kind: "root", detail: "a known root is wrong") }
    } else if partial.isComplete {
      return .init(kind: "root", detail: "a complete trie has no root")
    }
    return nil
  }

  /// What is wrong with the answer for `key`.
  func problem(lookingUp key: KeyNibbles) -> Problem? {
    let expected: TrieLookup =
      missing.contains(key) ? .missing : model[key].map { .present($0) } ?? .absent
    let answer = partial.lookup(key)
    return answer == expected ? nil : .init(kind: "lookup", detail: "\(key) is \(answer)")
  }

  /// Fills what is missing with honest chunks; then the trie must equal its twin.
  mutating func finish(by operations: TrieOperations = .right) throws {
    var rounds = 0
    while let start = missing.first {
      let chunk = try twin.chunk(from: start, limit: 7, edges: .both)
      let verified: VerifiedChunk
      do {
        verified = try partial.verify(
          chunk, from: start, edges: .both, stateRoot: twin.rootHash()!)
      } catch {
        throw Problem(kind: "refused", detail: "the last chunks: \(error)")
      }
      take(verified, by: operations)
      if let problem = problem() { throw problem }
      rounds += 1
      guard rounds < 10_000 else { throw Problem(kind: "endless", detail: "chunks never end") }
    }
    guard partial.rootHash() == twin.rootHash() else {
      throw Problem(kind: "root", detail: "the complete trie is not the twin")
    }
  }
}

/// How a trie does what it is told: right, or in a test of the tests with a planted fault.
struct TrieOperations: Sendable {
  var apply: @Sendable (StateTrie, TrieDiff) throws -> DiffReceipt = { try $0.apply($1) }
  var revert: @Sendable (StateTrie, DiffReceipt) throws -> Void = { try $0.revert($1) }
  var take: @Sendable (StateTrie, VerifiedChunk) -> Void = { $0.apply($1) }
  var forget: @Sendable (StateTrie, KeyRange) -> Void = { $0.forget($1) }

  static let right = TrieOperations()
}
