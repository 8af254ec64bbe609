/// Entries that the indexes have yet to follow, each once and as it was before, the oldest first.
struct UnsettledEntries {
  private var entries: [RecordIndexes.Written] = []
  /// Those before it are done.
  private var start = 0
  /// Entries of the table that go when the indexes have followed.
  var leaving = 0

  var count: Int { entries.count - start }

  @inline(__always)
  mutating func append(_ written: RecordIndexes.Written) { entries.append(written) }

  /// Takes the oldest out.
  mutating func take(_ wanted: Int) -> [RecordIndexes.Written] {
    let end = start + min(wanted, count)
    let taken = Array(entries[start..<end])
    start = end
    if start == entries.count {
      removeAll(leaving: leaving)
    } else if start > KeyValueLimits.unsettledEntries {
      entries.removeFirst(start)
      start = 0
    }
    return taken
  }

  mutating func removeAll(leaving: Int = 0) {
    entries.removeAll(keepingCapacity: entries.capacity <= 4 * KeyValueLimits.unsettledEntries)
    (start, self.leaving) = (0, leaving)
  }
}

/// The indexes of anti-entropy follow the table later: a key that is written again before they do
/// costs nothing more, so they are let wait, as long as there is room and nobody asks.
extension KeyValueCore {
  /// Brings the indexes up to date. They are never more than `KeyValueLimits.unsettledEntries` and
  /// a batch behind.
  public mutating func settle() {
    settle(atMost: unsettled.count)
    indexes.grow(over: table)
  }

  /// Has the indexes follow the oldest writes that they have not followed yet. Whoever needs them
  /// does well to call this a few times before `settle`, with time for others in between.
  public mutating func settle(atMost entries: Int) {
    guard entries > 0, unsettled.count > 0 else { return }
    let writes = unsettled.take(entries)
    var gone: [UInt32] = []
    for write in writes where table.entry(write.number).pointee.isLeaving {
      table.setKind(write.number, 0)
      gone.append(write.number)
    }
    indexes.follow(writes, in: table)
    for write in writes { table.entry(write.number).pointee.flags &= ~Entry.unsettled }
    for number in gone { table.remove(number) }
    unsettled.leaving -= gone.count
  }

  /// What is due at the end of a batch.
  @inline(__always)
  mutating func settleWhatIsTooMuch() {
    let excess = unsettled.count - KeyValueLimits.unsettledEntries
    if excess > 0 { settle(atMost: max(excess, KeyValueLimits.settledAtATime)) }
    if indexes.wantsToGrow { growIndexes() }
  }

  /// A larger tree is made of settled entries only: those that wait go first, some at a time.
  @inline(never)
  private mutating func growIndexes() {
    settle(atMost: written.count + KeyValueLimits.treeEntriesPerBatch)
    if unsettled.count == 0 { indexes.grow(over: table) }
  }

  /// Written entries that the indexes have yet to follow.
  public var unsettledCount: Int { unsettled.count }

  // MARK: Entries that go

  /// The entry of a key, also if it was deleted, but not one that goes.
  @inline(__always)
  func held(_ key: UnsafeRawBufferPointer, _ hash: UInt32) -> UInt32? {
    guard let number = table.find(key, hash), !table.entry(number).pointee.isLeaving else {
      return nil
    }
    return number
  }

  /// Takes an entry without a value, which was written in the batch at hand, out of the table: for
  /// everybody now, in truth when the indexes follow.
  mutating func leave(_ number: UInt32) {
    let entry = table.entry(number)
    guard !entry.pointee.isLeaving else { return }
    entry.pointee.flags |= Entry.leaving
    unsettled.leaving += 1
  }

  /// Takes entries without values out of the table and the indexes at once.
  mutating func drop(_ numbers: [UInt32]) {
    guard !numbers.isEmpty else { return }
    if numbers.contains(where: { table.entry($0).pointee.flags & Entry.unsettled != 0 }) {
      settle(atMost: unsettled.count)
    }
    let gone = numbers.filter { table.entry($0).pointee.kind != 0 }
    let writes = gone.map { RecordIndexes.Written($0, table.entry($0).pointee) }
    for number in gone { table.setKind(number, 0) }
    indexes.follow(writes, in: table)
    for number in gone { table.remove(number) }
  }
}
