import Primitives
import StateTrie

/// Which of the parts of the key space may have changed since they were compared with the oracle.
///
/// After a chunk only these are compared; at macro blocks, on completion and at the end all are, so
/// that a change where nothing should have changed is found, too.
package struct ChangedParts {
  private static let all = Set(StateCheck.parts.indices)

  private var changed = all

  package init() {}

  /// Anything may have changed.
  package mutating func addAll() { changed = Self.all }

  /// The keys of a diff have changed.
  package mutating func add(_ diff: TrieDiff) {
    for entry in diff.entries { changed.insert(Self.part(of: entry.key)) }
  }

  /// Keys of a range may have changed.
  package mutating func add(_ range: KeyRange) {
    let last = range.end.map(Self.part(of:)) ?? StateCheck.parts.count - 1
    let first = Self.part(of: range.start)
    changed.formUnion(first...max(first, last))
  }

  /// The ranges of the parts that may have changed, in order; they count as compared from now on.
  package mutating func take() -> [KeyRange] {
    defer { changed = [] }
    return changed.sorted().map { StateCheck.parts[$0] }
  }

  private static func part(of key: KeyNibbles) -> Int {
    let index = StateCheck.parts.firstIndex { part in part.end.map { key < $0 } ?? true }
    return index ?? StateCheck.parts.count - 1
  }
}
