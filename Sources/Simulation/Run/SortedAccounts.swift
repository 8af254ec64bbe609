import Ledger
import Primitives
import StateTrie

/// The key of an address in 24 bytes, ordered like it.
struct AccountPlace: Hashable, Comparable, Sendable {
  private let first: UInt64
  private let second: UInt64
  private let third: UInt64

  init(_ address: Address) {
    first = address.key.word(0)
    second = address.key.word(1)
    third = address.key.word(2)
  }

  var key: KeyNibbles {
    KeyNibbles(words: first, second, third, count: 2 * Address.byteCount)
  }

  var address: Address {
    guard let address = Address(bytes: key.bytes) else {
      preconditionFailure("the key of an address has other than \(Address.byteCount) bytes")
    }
    return address
  }

  static func < (a: AccountPlace, b: AccountPlace) -> Bool {
    if a.first != b.first { return a.first < b.first }
    if a.second != b.second { return a.second < b.second }
    return a.third < b.third
  }
}

/// What is known of accounts, in the order of their keys.
struct SortedAccounts<Value: Sendable>: Sendable {
  private(set) var places: [AccountPlace] = []
  private(set) var values: [Value] = []

  init(capacity: Int = 0) {
    places.reserveCapacity(capacity)
    values.reserveCapacity(capacity)
  }

  var count: Int { places.count }

  /// Adds what comes after all others.
  mutating func append(_ value: Value, at place: AccountPlace) {
    places.append(place)
    values.append(value)
  }

  subscript(place: AccountPlace) -> Value? {
    let index = firstIndex { $0 >= place }
    return index < count && places[index] == place ? values[index] : nil
  }

  /// Puts a value where there may be one already.
  mutating func set(_ value: Value, at place: AccountPlace) {
    let index = firstIndex { $0 >= place }
    if index < count, places[index] == place {
      values[index] = value
    } else {
      places.insert(place, at: index)
      values.insert(value, at: index)
    }
  }

  /// Where the places inside `range` stand.
  func indices(in range: KeyRange) -> Range<Int> {
    let start = firstIndex { $0.key >= range.start }
    let end = range.end.map { end in firstIndex { $0.key >= end } } ?? count
    return start..<max(start, end)
  }

  /// Index of the first place of which it is true; it must be of all that follow.
  private func firstIndex(_ isTrue: (AccountPlace) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isTrue(places[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// The accounts of a list with changes made to it, one after another in the order of their keys.
struct MergedAccounts: Sendable, IteratorProtocol {
  private let ground: SortedAccounts<Account>
  private let changes: SortedAccounts<Account?>
  private var unchanged: Range<Int>
  private var changed: Range<Int>

  /// - Parameter changes: of single accounts; nil = no account.
  init(
    _ ground: SortedAccounts<Account>, _ changes: SortedAccounts<Account?>, in range: KeyRange
  ) {
    self.ground = ground
    self.changes = changes
    unchanged = ground.indices(in: range)
    changed = changes.indices(in: range)
  }

  mutating func next() -> (place: AccountPlace, account: Account)? {
    while let index = changed.first {
      let place = changes.places[index]
      if let old = unchanged.first, ground.places[old] < place { break }
      if let old = unchanged.first, ground.places[old] == place { unchanged.removeFirst() }
      changed.removeFirst()
      if let account = changes.values[index] { return (place, account) }
    }
    guard let index = unchanged.popFirst() else { return nil }
    return (ground.places[index], ground.values[index])
  }
}

/// The accounts of a range that are not missing, one after another in the order of their keys.
struct HeldAccounts: Sendable, IteratorProtocol {
  private var all: MergedAccounts
  private var missing: ArraySlice<KeyRange>

  init(_ all: MergedAccounts, outside missing: [KeyRange]) {
    self.all = all
    self.missing = missing[...]
  }

  mutating func next() -> (place: AccountPlace, account: Account)? {
    while let entry = all.next() {
      if missing.isEmpty || !isMissing(entry.place.key) { return entry }
    }
    return nil
  }

  /// To be asked for rising keys.
  private mutating func isMissing(_ key: KeyNibbles) -> Bool {
    while let range = missing.first, let end = range.end, end <= key { missing.removeFirst() }
    return missing.first.map { $0.contains(key) } ?? false
  }
}
