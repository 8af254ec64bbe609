import Reconciliation

/// What changed in the records, newest last, while somebody wants to know: so that a view of an
/// earlier state can be had of the present one without a copy.
struct RecordHistory {
  /// A record that came, went or was replaced.
  struct Change {
    /// The entry that has it.
    let number: UInt32
    let records: RecordChange
  }

  private var changes: [Change] = []
  /// Changes before the first that is kept.
  private(set) var start: UInt64 = 0
  /// Whether changes are kept.
  private(set) var isKept = false

  /// Changes so far, those that are not kept counted.
  var end: UInt64 { start + UInt64(changes.count) }
  /// Changes that are kept.
  var count: Int { changes.count }

  /// - Parameter start: changes that were before it; above those of an earlier run.
  init(start: UInt64 = 0) { self.start = start }

  /// Keeps changes from now on.
  mutating func keep() { isKept = true }

  /// A change was made.
  @inline(__always)
  mutating func add(_ number: UInt32, _ records: RecordChange) {
    guard isKept else {
      start += 1
      return
    }
    append(Change(number: number, records: records))
  }

  private mutating func append(_ change: Change) {
    // The oldest half goes; who would need it has waited too long.
    if changes.count >= KeyValueLimits.viewChangesMax { forget(before: end - UInt64(count / 2)) }
    changes.append(change)
  }

  /// Changes from number `cursor` on; nil if they are not all kept.
  func changes(from cursor: UInt64) -> ArraySlice<Change>? {
    guard cursor >= start, cursor <= end else { return nil }
    return changes[Int(cursor - start)...]
  }

  /// Forgets changes that nobody needs any more.
  mutating func forget(before cursor: UInt64) {
    guard cursor > start else { return }
    let count = min(changes.count, Int(cursor - start))
    changes.removeFirst(count)
    start += UInt64(count)
  }

  /// Forgets all, and keeps no more.
  mutating func stop() {
    forget(before: end)
    changes = []
    isKept = false
  }

  /// The records are others altogether: no view of before can be had.
  mutating func breakOff() {
    stop()
    start += 1
  }
}
