import Primitives
import Reconciliation

/// What anti-entropy compares by, kept current with the table: the Merkle tree, the first coded
/// symbols of the sketch, and the entries in hashed order.
///
/// Follows many writes at once, so that a key that was written ten times costs as much as one that
/// was written once, and hashes and symbols are worked out side by side.
struct RecordIndexes: ~Copyable {
  /// A written entry, and what its record was before.
  struct Written {
    let number: UInt32
    let oldTicks: UInt64
    let oldSize: UInt32

    /// The entry as it is, before it is written.
    @inline(__always)
    init(_ number: UInt32, _ entry: Entry) {
      self.number = number
      oldTicks = entry.ticks
      oldSize = UInt32(truncatingIfNeeded: StoredContent.bytes(of: entry))
    }
  }

  /// Entries whose symbols are changed one by one; of more, all symbols are gone through instead.
  private static let fewChanges = 64

  private(set) var tree = RecordTree(levels: 2)
  /// A tree with one level more that takes the entries over, and how many numbers it has taken.
  private var next: (tree: RecordTree, numbers: UInt32)?
  private(set) var symbols = SymbolPrefix<RecordID>(length: ReconciliationLimits.cachedSymbols)
  /// Entries by the first 32 bits of their positions.
  private(set) var positions = HashIndex()
  /// Records.
  private(set) var count = 0
  /// What changed, while there are views.
  var history = RecordHistory()
  /// Entries by the first 32 bits of their ids, those below `namedNumbers`.
  private(set) var named = HashIndex()
  /// Numbers that `named` has taken so far; nil while nobody asks for records by id.
  private var namedNumbers: UInt32?
  /// Those that are being made anew; nil while none are.
  var renewal: IndexRenewal?

  private var lanes = HashLanes()
  private var digests: [Hash256] = []
  var hashes: [Hash256] = []
  private var goneIDs: [RecordID] = []
  private var newIDs: [RecordID] = []

  /// Bytes of memory that are held, but for the symbols and the upper levels of small trees.
  var bytes: Int { positions.bytes + named.bytes + MemoryLayout<RecordTree>.size + treeCells * 48 }
  private var treeCells: Int { ((1 << (4 * (tree.levels + 1))) - 1) / 15 }

  /// Makes the records of all `written` entries what the entries are now. Of an entry of kind 0 the
  /// record goes.
  mutating func follow(_ written: [Written], in table: borrowing KeyTable) {
    guard !written.isEmpty else { return }
    hash(written, in: table)
    goneIDs.removeAll(keepingCapacity: true)
    newIDs.removeAll(keepingCapacity: true)
    for (place, write) in written.enumerated() {
      let entry = table.entry(write.number)
      let isThere = entry.pointee.kind != 0
      let id = RecordID(hashes[place])
      if entry.pointee.isRecorded, isThere, entry.pointee.id == id { continue }
      let position = entry.pointee.position
      let old =
        entry.pointee.isRecorded
        ? Self.record(entry.pointee.id, position, write.oldTicks, write.oldSize) : nil
      let new =
        isThere
        ? Self.record(
          id, position, entry.pointee.ticks, UInt32(StoredContent.bytes(of: entry.pointee)))
        : nil
      apply(RecordChange(old: old, new: new), of: write.number)
      if let numbers = namedNumbers, write.number < numbers {
        if let old { named.remove(Self.half(old.id), write.number) }
        if let new { named.insert(Self.half(new.id), write.number) }
      }
      if let old {
        goneIDs.append(old.id)
        if new == nil { positions.remove(UInt32(position >> 32), write.number) }
      } else if new != nil {
        positions.insert(UInt32(position >> 32), write.number)
      }
      if new != nil {
        newIDs.append(id)
        entry.pointee.id = id
        entry.pointee.flags |= Entry.recorded
      } else {
        entry.pointee.flags &= ~Entry.recorded
      }
    }
    count += newIDs.count - goneIDs.count
    changeSymbols()
    renewal?.followSymbols()
  }

  /// The hashes of contents, of new keys, and of records; the latter are in `hashes` then.
  mutating func hash(_ written: [Written], in table: borrowing KeyTable) {
    if digests.count < written.count {
      digests = Array(repeating: .zero, count: written.count)
      hashes = digests
    }
    for (place, write) in written.enumerated() {
      let entry = table.entry(write.number).pointee
      guard !entry.isRecorded, entry.kind != 0 else { continue }
      let key = entry.key
      lanes.add(key.count, for: place, to: &hashes) {
        $0.copyMemory(from: key.baseAddress!, byteCount: key.count)
      }
    }
    lanes.finish(&hashes)
    for (place, write) in written.enumerated() {
      let entry = table.entry(write.number)
      guard !entry.pointee.isRecorded, entry.pointee.kind != 0 else { continue }
      entry.pointee.position = hashes[place].words.0
    }
    for (place, write) in written.enumerated() {
      let entry = table.entry(write.number).pointee
      guard entry.kind != 0 else { continue }
      let replica = table.replicas[Int(entry.replica)].bits
      lanes.add(StoredContent.bytes(of: entry), for: place, to: &digests) {
        StoredContent.write(entry, replica: replica, to: $0)
      }
    }
    lanes.finish(&digests)
    for (place, write) in written.enumerated() {
      let entry = table.entry(write.number).pointee
      guard entry.kind != 0 else { continue }
      let (key, size, digest) = (entry.key, StoredContent.bytes(of: entry), digests[place])
      let bytes = RecordForm.bytes(key: key.count, version: entry.ticks, size: size)
      lanes.add(bytes, for: place, to: &hashes) {
        RecordForm.write(key: key, version: entry.ticks, size: size, digest: digest, to: $0)
      }
    }
    lanes.finish(&hashes)
  }

  @inline(__always)
  private static func record(
    _ id: RecordID, _ position: UInt64, _ ticks: UInt64, _ size: UInt32
  ) -> RecordEntry {
    RecordEntry(
      position: HashedPosition(high: position, low: 0), id: id, version: ticks, size: size)
  }

  private mutating func apply(_ change: RecordChange, of number: UInt32) {
    tree.apply(change)
    if let numbers = next?.numbers, number < numbers { next?.tree.apply(change) }
    if let renewal, number < renewal.numbers { renewal.follow(change, of: number) }
    history.add(number, change)
  }

  @inline(__always)
  private static func half(_ id: RecordID) -> UInt32 { UInt32(id.high >> 32) }

  private mutating func changeSymbols() {
    guard newIDs.count + goneIDs.count > Self.fewChanges else {
      for id in goneIDs { symbols.remove(id) }
      for id in newIDs { symbols.add(id) }
      return
    }
    symbols.apply(adding: newIDs, removing: goneIDs)
  }

  // MARK: More levels

  /// Takes some more entries over into a tree with more levels, if there are many for this one.
  mutating func grow(over table: borrowing KeyTable) {
    if next == nil {
      guard RecordTree.levels(for: count) > tree.levels else { return }
      next = (RecordTree(levels: tree.levels + 1), 0)
    }
    guard let start = next?.numbers else { return }
    let end = min(table.numbers, start + UInt32(KeyValueLimits.treeEntriesPerBatch))
    for number in start..<end {
      let entry = table.entry(number).pointee
      guard entry.isRecorded else { continue }
      let size = UInt32(StoredContent.bytes(of: entry))
      next?.tree.apply(
        RecordChange(old: nil, new: Self.record(entry.id, entry.position, entry.ticks, size)))
    }
    next?.numbers = end
    guard end == table.numbers, let grown = next?.tree else { return }
    tree = grown
    next = nil
  }

  /// Whether a larger tree is being made, or should be.
  var wantsToGrow: Bool { next != nil || RecordTree.levels(for: count) > tree.levels }

  /// Forgets all records.
  mutating func clear() { reset(levels: 2) }

  private mutating func reset(levels: Int) {
    tree = RecordTree(levels: levels)
    next = nil
    renewal = nil
    symbols = SymbolPrefix(length: ReconciliationLimits.cachedSymbols)
    positions = HashIndex()
    forgetNames()
    count = 0
    history.breakOff()
  }

  /// Makes everything anew of the entries, as they are, whatever was held. None may be unsettled.
  mutating func rebuild(over table: borrowing KeyTable) {
    reset(levels: max(2, RecordTree.levels(for: table.count)))
    var start: UInt32 = 0
    while start < table.numbers {
      let end = min(table.numbers, start + UInt32(KeyValueLimits.treeEntriesPerBatch))
      var all: [Written] = []
      for number in start..<end {
        let entry = table.entry(number)
        entry.pointee.flags &= ~Entry.recorded
        if entry.pointee.kind != 0 { all.append(Written(number, entry.pointee)) }
      }
      follow(all, in: table)
      start = end
    }
  }

  /// Takes those that were made anew in the place of those in use.
  mutating func replace(by renewal: IndexRenewal) {
    (tree, symbols, next) = (renewal.tree, renewal.symbols, nil)
    swap(&positions, &renewal.positions)
    forgetNames()
    history.breakOff()
  }

  /// Takes a record out of the tree alone, as a fault would.
  mutating func damageTree(by record: RecordEntry) {
    tree.apply(RecordChange(old: record, new: nil))
    history.breakOff()
  }

  // MARK: Records by id

  /// Takes some more entries into the index over ids; false if it has all. From then on it follows.
  mutating func growNames(over table: borrowing KeyTable) -> Bool {
    guard !hasNames else { return false }
    let start = namedNumbers ?? 0
    let end = min(table.numbers, start + UInt32(KeyValueLimits.namedEntriesPerTurn))
    for number in start..<end {
      let entry = table.entry(number).pointee
      if entry.isRecorded { named.insert(Self.half(entry.id), number) }
    }
    // What is added later is taken as it is written.
    namedNumbers = end == table.numbers ? .max : end
    return end < table.numbers
  }

  /// Whether records can be found by id.
  var hasNames: Bool { namedNumbers == .max }

  /// Gives the memory of the index over ids back.
  mutating func forgetNames() {
    named = HashIndex()
    namedNumbers = nil
  }
}
