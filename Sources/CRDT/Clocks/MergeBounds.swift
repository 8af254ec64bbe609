/// What a value may have at most once another one is merged: no more than its decoder takes, or
/// what is stored could not be read again.
package struct MergeBounds: Sendable {
  /// Elements of a set, or fields of a map on one level.
  package var elements = CRDTLimits.elementsMax
  /// Ranges of counters of the context.
  package var ranges = CRDTLimits.stateRangesMax

  package init() {}
}

extension DotMapValue {
  static var hasKeys: Bool { false }
  func hasRoom(for other: Self, limit: Int) -> Bool { true }
  func isWithin(_ limit: Int) -> Bool { true }
}

extension DotMap {
  /// Whether joining `other` cannot make more than `limit` keys on any level. Costs as much as the
  /// other one has keys.
  func hasRoom(for other: Self, limit: Int) -> Bool {
    if !Inner.hasKeys, entries.count + other.entries.count <= limit { return true }
    var new = 0
    var walk = KeyTable<Inner.Key, Inner>.Walk()
    for entry in other.entries.entries {
      if let index = walk.index(of: entry, in: entries) {
        let held = entries.entries[index].value
        guard held.hasRoom(for: entry.value, limit: limit) else { return false }
      } else {
        new += 1
      }
    }
    return entries.count + new <= limit
  }

  /// Whether no level has more than `limit` keys.
  func isWithin(_ limit: Int) -> Bool {
    entries.count <= limit
      && (!Inner.hasKeys || entries.entries.allSatisfy { $0.value.isWithin(limit) })
  }
}

extension EventStore {
  static var hasKeys: Bool { true }

  func hasRoom(for other: EventStore, limit: Int) -> Bool {
    switch (self, other) {
    case (.addWinsSet(let mine), .addWinsSet(let other)): mine.hasRoom(for: other, limit: limit)
    case (.removeWinsSet(let mine), .removeWinsSet(let other)):
      mine.hasRoom(for: other, limit: limit)
    case (.map(let mine), .map(let other)): mine.hasRoom(for: other, limit: limit)
    default: true
    }
  }

  func isWithin(_ limit: Int) -> Bool {
    switch self {
    case .addWinsSet(let store): store.isWithin(limit)
    case .removeWinsSet(let store): store.isWithin(limit)
    case .map(let store): store.isWithin(limit)
    case .counter, .lastWriter, .multiValue, .enableWinsFlag, .disableWinsFlag: true
    }
  }
}
