import StateTrie

/// Verified diffs that came, for the forecast.
package struct DiffTraffic: Sendable, Hashable {
  /// How many.
  package private(set) var count = 0
  /// Blocks that change nothing, so that there was nothing to ask for.
  package var empty = 0
  /// Bytes of their wire forms.
  package private(set) var bytes = 0
  /// Bytes of keys and values that they add to the state, less what they take away.
  package private(set) var grownBytes = 0
  /// Those that are here and wait for the diffs of blocks before them or beside them.
  package var waiting = 0

  /// A diff was verified.
  package mutating func add(_ diff: TrieDiff, bytes: Int) {
    count += 1
    self.bytes += bytes
    for entry in diff.entries {
      let new = entry.new.map { $0.count + entry.key.byteCount } ?? 0
      let old = entry.old.map { $0.count + entry.key.byteCount } ?? 0
      grownBytes += new - old
    }
  }
}
