import Primitives

/// A set of records in memory, in the order of keys, in hashed order and by id.
///
/// A value: a copy is a view that does not change, and costs next to nothing; a write copies only
/// the short lists it changes. A write takes O(log n), and about 200 bytes are held for a record.
public struct RecordTable: Sendable {
  /// A place for a record.
  struct Slot: Sendable {
    var record: Record
    var entry: RecordEntry
  }

  /// Slots of one page.
  private static let pageSlots = 256

  private var pages: [[Slot]] = []
  private var slotCount = 0
  private var free: [UInt32] = []
  private(set) var byKey = SlotIndex()
  private(set) var byPosition = SlotIndex()
  private(set) var byID = SlotIndex()

  /// Number of records.
  public var count: Int { slotCount - free.count }

  public init() {}

  /// The set of `records`; of several with one key the last one counts.
  public init(_ records: some Sequence<Record>) {
    var keys: [SlotIndex.Entry] = []
    for record in records {
      let slot = takeSlot(Slot(record: record, entry: RecordEntry(record)))
      keys.append(.init(word: Self.word(of: record.key), slot: slot))
    }
    keys.sort { a, b in
      if a.word != b.word { return a.word < b.word }
      let order = Self.order(self[a.slot].record.key, self[b.slot].record.key)
      return order != 0 ? order < 0 : a.slot < b.slot
    }
    var last: [SlotIndex.Entry] = []
    last.reserveCapacity(keys.count)
    for (index, entry) in keys.enumerated() {
      let follower = index + 1 < keys.count ? self[keys[index + 1].slot].record.key : []
      if self[entry.slot].record.key == follower {
        free.append(entry.slot)
      } else {
        last.append(entry)
      }
    }
    byKey = SlotIndex(sorted: last)
    let positions = last.map { entry in
      SlotIndex.Entry(word: self[entry.slot].entry.position.high, slot: entry.slot)
    }
    byPosition = SlotIndex(
      sorted: positions.sorted { a, b in
        a.word != b.word
          ? a.word < b.word : self[a.slot].entry.position.low < self[b.slot].entry.position.low
      })
    let ids = last.map { SlotIndex.Entry(word: self[$0.slot].entry.id.high, slot: $0.slot) }
    byID = SlotIndex(
      sorted: ids.sorted { a, b in
        a.word != b.word ? a.word < b.word : self[a.slot].entry.id.low < self[b.slot].entry.id.low
      })
  }

  /// The entries of all records, in no particular order.
  var allEntries: some Sequence<RecordEntry> {
    let unused = Set(free)
    return (0..<UInt32(slotCount)).lazy.filter { !unused.contains($0) }.map { self[$0].entry }
  }

  subscript(slot: UInt32) -> Slot {
    pages[Int(slot) / Self.pageSlots][Int(slot) % Self.pageSlots]
  }

  /// Puts a record, in place of the one with its key; nil if it is there already.
  @discardableResult
  public mutating func set(_ record: Record) -> RecordChange? {
    let entry = RecordEntry(record)
    let place = placeInKeys(record.key)
    if let slot = slot(of: record.key, at: place) {
      let old = self[slot].entry
      if old.id == entry.id { return nil }
      byID.remove(at: placeInIDs(old.id))
      put(Slot(record: record, entry: entry), in: slot)
      byID.insert(.init(word: entry.id.high, slot: slot), at: placeInIDs(entry.id))
      return RecordChange(old: old, new: entry)
    }
    let slot = takeSlot(Slot(record: record, entry: entry))
    byKey.insert(.init(word: Self.word(of: record.key), slot: slot), at: place)
    byPosition.insert(
      .init(word: entry.position.high, slot: slot), at: placeInPositions(entry.position))
    byID.insert(.init(word: entry.id.high, slot: slot), at: placeInIDs(entry.id))
    return RecordChange(old: nil, new: entry)
  }

  /// Removes the record with `key`; nil if there is none.
  @discardableResult
  public mutating func remove(_ key: [UInt8]) -> RecordChange? {
    let place = placeInKeys(key)
    guard let slot = slot(of: key, at: place) else { return nil }
    let old = self[slot].entry
    byKey.remove(at: place)
    byPosition.remove(at: placeInPositions(old.position))
    byID.remove(at: placeInIDs(old.id))
    free.append(slot)
    return RecordChange(old: old, new: nil)
  }

  /// Makes a change; nil if it changes nothing.
  @discardableResult
  public mutating func apply(_ write: RecordWrite) -> RecordChange? {
    switch write {
    case .set(let record): set(record)
    case .remove(let key): remove(key)
    }
  }

  private mutating func takeSlot(_ value: Slot) -> UInt32 {
    if let slot = free.popLast() {
      put(value, in: slot)
      return slot
    }
    if slotCount % Self.pageSlots == 0 {
      pages.append([])
      pages[pages.count - 1].reserveCapacity(Self.pageSlots)
    }
    pages[pages.count - 1].append(value)
    slotCount += 1
    return UInt32(slotCount - 1)
  }

  private mutating func put(_ value: Slot, in slot: UInt32) {
    pages[Int(slot) / Self.pageSlots][Int(slot) % Self.pageSlots] = value
  }
}

/// Finding places.
extension RecordTable {
  /// The first eight bytes of a key, as keys are ordered.
  static func word(of key: [UInt8]) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<8 { word = word << 8 | (index < key.count ? UInt64(key[index]) : 0) }
    return word
  }

  /// Below, equal to or above zero as `a` stands before, at or after `b`.
  static func order(_ a: [UInt8], _ b: [UInt8]) -> Int {
    for index in 0..<min(a.count, b.count) where a[index] != b[index] {
      return Int(a[index]) - Int(b[index])
    }
    return a.count - b.count
  }

  func placeInKeys(_ key: [UInt8]) -> SlotIndex.Place {
    byKey.place(of: Self.word(of: key)) { Self.order(self[$0].record.key, key) < 0 }
  }

  func placeInPositions(_ position: HashedPosition) -> SlotIndex.Place {
    byPosition.place(of: position.high) { self[$0].entry.position.low < position.low }
  }

  func placeInIDs(_ id: RecordID) -> SlotIndex.Place {
    byID.place(of: id.high) { self[$0].entry.id.low < id.low }
  }

  /// The slot of the record with `key`, whose place is given.
  func slot(of key: [UInt8], at place: SlotIndex.Place) -> UInt32? {
    var place = place
    guard let entry = byKey.entry(at: &place), self[entry.slot].record.key == key else {
      return nil
    }
    return entry.slot
  }
}
