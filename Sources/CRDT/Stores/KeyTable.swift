import Primitives
import Runtime

/// Values under keys, in one dense list with an index of slots beside it (open addressing, linear
/// probing).
///
/// Each key's hash is kept: to grow, and to put what one table has into another one, hashes no key
/// again. Tables that were filled in the same order are gone through side by side, see `Walk`.
struct KeyTable<Key: DotMapKey, Value: Sendable & Equatable>: Sendable {
  struct Entry: Sendable {
    let key: Key
    let hash: UInt32
    var value: Value
  }

  /// Up to so many entries are looked through one by one, without slots.
  private static var plainMax: Int { 8 }

  private(set) var entries: [Entry] = []
  /// 0, or the hash in the upper half and 1 + the number of the entry in the lower one.
  private var slots: [UInt64] = []

  init() {}

  init(_ key: Key, _ value: Value) {
    entries = [Entry(key: key, hash: key.tableHash, value: value)]
  }

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }

  subscript(key: Key) -> Value? {
    entries.isEmpty ? nil : index(of: key, hash: key.tableHash).map { entries[$0].value }
  }

  /// The number of the entry of a key, nil if there is none.
  func index(of key: Key, hash: UInt32) -> Int? {
    guard !slots.isEmpty else {
      return entries.firstIndex { $0.hash == hash && $0.key == key }
    }
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      if UInt32(slots[slot] >> 32) == hash {
        let index = Self.entry(slots[slot])
        if entries[index].key == key { return index }
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Finds the keys of another table, one after another: first where the one before led to expect
  /// it.
  struct Walk {
    private var expected = 0

    mutating func index(of entry: Entry, in table: KeyTable) -> Int? {
      let entries = table.entries
      if expected < entries.count, entries[expected].hash == entry.hash,
        entries[expected].key == entry.key
      {
        expected += 1
        return expected - 1
      }
      guard let found = table.index(of: entry.key, hash: entry.hash) else { return nil }
      expected = found + 1
      return found
    }
  }

  // MARK: Changing

  mutating func set(_ value: Value, at key: Key) {
    let hash = key.tableHash
    if let index = index(of: key, hash: hash) {
      entries[index].value = value
    } else {
      append(value, at: key, hash: hash)
    }
  }

  /// Changes the value of an entry in its place.
  mutating func update(_ index: Int, _ change: (inout Value) -> Void) {
    change(&entries[index].value)
  }

  /// Adds a key that is not there.
  mutating func append(_ value: Value, at key: Key, hash: UInt32) {
    entries.append(Entry(key: key, hash: hash, value: value))
    if entries.count * 4 > slots.count * 3 {
      index(forEntries: entries.count)
    } else {
      occupy(entries.count - 1)
    }
  }

  mutating func reserveCapacity(_ count: Int) {
    entries.reserveCapacity(count)
    if count * 4 > slots.count * 3 { index(forEntries: count) }
  }

  /// Takes out the entries of these numbers, which are ascending. The last ones take their places.
  mutating func remove(_ indices: [Int]) {
    for index in indices.reversed() {
      vacate(slot(of: index))
      let last = entries.count - 1
      if index < last {
        let moved = slot(of: last)
        entries.swapAt(index, last)
        if let moved { slots[moved] = Self.slot(entries[index].hash, index) }
      }
      entries.removeLast()
    }
  }

  // MARK: Slots

  private static func entry(_ slot: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: slot)) - 1 }

  private static func slot(_ hash: UInt32, _ index: Int) -> UInt64 {
    UInt64(hash) << 32 | UInt64(index + 1)
  }

  /// Makes the slots anew, at most three quarters of which `count` entries take.
  private mutating func index(forEntries count: Int) {
    guard count > Self.plainMax else { return }
    var size = 16
    while size * 3 < count * 4 { size *= 2 }
    slots = [UInt64](repeating: 0, count: size)
    for index in entries.indices { occupy(index) }
  }

  private mutating func occupy(_ index: Int) {
    guard !slots.isEmpty else { return }
    let hash = entries[index].hash
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Self.slot(hash, index)
  }

  private func slot(of index: Int) -> Int? {
    guard !slots.isEmpty else { return nil }
    let wanted = Self.slot(entries[index].hash, index)
    var slot = Int(entries[index].hash) & (slots.count - 1)
    while slots[slot] != wanted { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  /// Empties a slot, and moves back what stands behind only because it was taken.
  private mutating func vacate(_ slot: Int?) {
    guard var hole = slot else { return }
    let mask = slots.count - 1
    var next = (hole + 1) & mask
    while slots[next] != 0 {
      let home = Int(slots[next] >> 32) & mask
      // The way from its home to where it stands leads over the hole.
      if (next - home) & mask >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = 0
  }
}

extension KeyTable: Equatable {
  /// Equal if they have the same values under the same keys, in whatever order.
  static func == (a: Self, b: Self) -> Bool {
    guard a.count == b.count else { return false }
    var walk = Walk()
    return b.entries.allSatisfy { entry in
      walk.index(of: entry, in: a).map { a.entries[$0].value == entry.value } ?? false
    }
  }
}

/// The key of all tables' hashes, drawn once in a process, so that strangers cannot choose elements
/// that collide. Entries stand in the order in which they came, so nothing else depends on it.
enum KeyTableSecret {
  static let key: SipKey = {
    let bytes = SystemEntropy.bytes(16)
    func word(_ half: ArraySlice<UInt8>) -> UInt64 { half.reduce(0) { $0 << 8 | UInt64($1) } }
    return SipKey(low: word(bytes.prefix(8)), high: word(bytes.suffix(8)))
  }()
}
