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
