import CRDT
import Primitives
import RESP
import Reconciliation
import Runtime

/// The store of one node and what its commands do: a request in, a reply and effects out. It does
/// no input or output and reads no clock.
///
/// Requests are executed in batches: `beginBatch` says what time it is, `execute` does requests,
/// `finishBatch` brings the indexes of anti-entropy up to date, `forEachEffect` gives what the
/// batch wrote, and `endBatch` forgets that. Nothing of a batch should be acknowledged before its
/// effects are where they must be.
public struct KeyValueCore: ~Copyable {
  public internal(set) var settings: KeyValueSettings
  public var statistics = KeyValueStatistics()
  /// Why writes are refused; nil while they are not. Clients read it behind "MISCONF".
  public var writeRefusal: String?
  /// When everything was written to disk last, in milliseconds since 1970; nil: never.
  public var lastSavedAt: UInt64?
  /// What INFO tells of the other replicas; nil if there can be none. Must not use the core.
  package var replicationLines: (() -> [(String, String)])?
  /// Whether everything is being written to disk.
  var isSaving = false
  /// When the core began, in milliseconds since 1970.
  public let startedAt: UInt64

  var table: KeyTable
  var indexes = RecordIndexes()
  var clock: HybridClock
  /// The time of the batch, in milliseconds since 1970.
  var now: UInt64
  /// The time by which expiry is judged, in milliseconds since 1970: the largest that any replica
  /// is known to have, so that what has ended for one ends for all that heard of it. It goes on
  /// with the clock here.
  private(set) var expiryNow: UInt64
  /// How far it is ahead of the clock here, and the largest time of another replica that was seen.
  private var lead: UInt64 = 0
  private var seenMilliseconds: UInt64 = 0
  /// The entries written in this batch, each once.
  var written: [UInt32] = []
  /// The entries that the indexes have yet to follow.
  var unsettled = UnsettledEntries()
  /// Whether the batch began by removing all keys.
  public internal(set) var isCleared = false
  /// The ticks up to which deletions are not kept; 0: all are.
  public internal(set) var floor: UInt64 = 0
  /// Whether the batch raised it.
  public internal(set) var isFloorRaised = false
  /// Entries whose records are dead, and the ticks they had then; they go when the batch ends.
  var buried: [(number: UInt32, ticks: UInt64)] = []
  let commands = CommandTable()
  private let ownNumber: UInt16
  var random: SplitMix64
  /// What was found out of the keys of requests that come next.
  var ahead: [Ahead] = []
  /// The one of the request at hand.
  private var hint = Ahead(key: nil, hash: 0, number: nil)
  /// Entries of the batch of which only a part changed, and what they were before.
  var parts: [UInt32: ValueBase] = [:]
  /// Bytes that transactions of all clients have queued.
  var queuedBytes = 0
  /// The keys that clients watch.
  var watched = WatchedKeys()
  /// Digests of large values, by their records' ids.
  var digests: [RecordID: Hash256] = [:]
  /// Where the search for what has expired goes on.
  private var expiryCursor: UInt32 = 0

  /// - Parameter milliseconds: the time now, since 1970.
  public init(_ settings: KeyValueSettings, at milliseconds: UInt64) {
    self.settings = settings
    table = KeyTable(sipKey: settings.tableKey)
    clock = HybridClock(replica: settings.replica, aheadMax: settings.clockAheadMax)
    now = milliseconds
    expiryNow = milliseconds
    startedAt = milliseconds
    random = SplitMix64(state: settings.seed)
    ownNumber = table.number(of: settings.replica) ?? 0
    // Above all that an earlier run of 2^16 changes a millisecond at most counted to.
    indexes.history = RecordHistory(start: min(milliseconds, 1 << 48 - 1) << 16)
  }

  /// Tells the core at which port its clients come.
  mutating func setPort(_ port: UInt16) { settings.port = port }

  // MARK: Batches

  /// Begins a batch.
  public mutating func beginBatch(at milliseconds: UInt64) {
    // 48 bits: the year 10889.
    now = min(milliseconds, 1 << 48 - 1)
    // Whoever was ahead would have been heard of since.
    if now >= seenMilliseconds { lead = 0 }
    expiryNow = max(now + lead, clock.last >> 16)
  }

  /// A time of another replica, or of an earlier run, was seen.
  mutating func sawTime(_ ticks: UInt64) {
    let milliseconds = ticks >> 16
    guard milliseconds > now else { return }
    seenMilliseconds = max(seenMilliseconds, milliseconds)
    lead = max(lead, milliseconds - now)
    expiryNow = max(expiryNow, milliseconds)
  }

  /// Ends what a batch does; what it wrote is told from now on.
  public mutating func finishBatch() {
    settleWhatIsTooMuch()
    statistics.written += UInt64(written.count)
    if hasEffects { statistics.writingBatches += 1 }
  }

  /// Whether the batch wrote anything.
  public var hasEffects: Bool { isCleared || isFloorRaised || !written.isEmpty }
  /// Keys that the batch wrote; that it removed all before is told by `isCleared`, that it raised
  /// the floor by `isFloorRaised`.
  public var effectCount: Int { written.count }

  /// Hands each key that the batch wrote to `body`, as it is now. Between `finishBatch` and
  /// `endBatch`.
  public borrowing func forEachEffect<Failure: Error>(
    _ body: (EffectView) throws(Failure) -> Void
  ) throws(Failure) {
    for number in written {
      guard var view = view(of: number) else { continue }
      if !parts.isEmpty { view.base = parts[number] }
      try body(view)
    }
  }

  /// Copies of all effects of the batch.
  public var effects: [KeyValueEffect] {
    var effects: [KeyValueEffect] = isCleared ? [.clear] : []
    if isFloorRaised { effects.append(.floor(floor)) }
    forEachEffect { effects.append($0.effect) }
    return effects
  }

  /// Ends the batch: its effects are forgotten.
  public mutating func endBatch() {
    if !parts.isEmpty { parts = [:] }
    for number in written { table.entry(number).pointee.flags &= ~Entry.dirty }
    dropBuried()
    // Where no other replica has to hear of it, nothing is kept of what was deleted.
    if !settings.keepsTombstones {
      for number in written where table.entry(number).pointee.isDead { leave(number) }
    }
    written.removeAll(keepingCapacity: written.count <= KeyValueLimits.keptWrites)
    (isCleared, isFloorRaised) = (false, false)
  }

  // MARK: Reading

  /// The entry of a key that has a value. One whose time is over is found out here; while writes
  /// are refused it stays as it is, since its end is a write too, and is not there for readers.
  @inline(__always)
  mutating func find(_ key: UnsafeRawBufferPointer) -> UInt32? {
    guard let number = table.find(key, hash(key)) else { return nil }
    return isLive(number) ? number : nil
  }

  @inline(__always)
  mutating func isLive(_ number: UInt32) -> Bool {
    let entry = table.entry(number)
    guard entry.pointee.isLive else { return false }
    if entry.pointee.expiry != 0, entry.pointee.expiry <= expiryNow {
      if writeRefusal == nil { expire(number) }
      // Of a replicated value something may have been written since.
      return table.entry(number).pointee.isLive && writeRefusal == nil
    }
    return true
  }

  /// What an entry is for others; nil if it is not used.
  borrowing func view(of number: UInt32) -> EffectView? {
    let entry = table.entry(number).pointee
    guard let kind = ValueKind(rawValue: entry.kind), !entry.isLeaving else { return nil }
    return EffectView(
      key: entry.key, kind: kind, value: entry.value, version: table.version(number),
      expiry: entry.expiry)
  }

  // MARK: Reading ahead

  struct Ahead {
    var key: UnsafeRawPointer?
    var hash: UInt32
    var number: UInt32?
  }

  /// Asks for the memory that the requests of `row` will need, all at once: waiting for it is most
  /// of what a request costs. `useHint` says which of them is executed.
  mutating func prepare(_ row: borrowing RequestRow, in bytes: UnsafeRawBufferPointer) {
    ahead.removeAll(keepingCapacity: true)
    for index in 0..<row.count {
      guard let key = row.key(index, in: bytes), key.count <= KeyValueLimits.keyBytesMax else {
        ahead.append(Ahead(key: nil, hash: 0, number: nil))
        continue
      }
      let hash = table.hash(key)
      table.prefetchIndex(hash)
      ahead.append(Ahead(key: key.baseAddress, hash: hash, number: nil))
    }
    for index in ahead.indices where ahead[index].key != nil {
      ahead[index].number = table.prefetchEntry(ahead[index].hash)
    }
    for place in ahead { if let number = place.number { table.prefetchBlob(number) } }
  }

  /// The request at hand is this one of the row; nil: of none. The row's bytes must stay until
  /// then.
  @inline(__always)
  mutating func useHint(_ index: Int?) {
    hint = index.map { ahead[$0] } ?? Ahead(key: nil, hash: 0, number: nil)
  }

  @inline(__always)
  private func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
    key.baseAddress == hint.key ? hint.hash : table.hash(key)
  }

  // MARK: Writing

  /// Gives a key a value, and makes it for good or until `expiry` (0: never).
  @inline(__always)
  mutating func set(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, expiry: UInt64 = 0
  ) {
    let hash = hash(key)
    let number = table.find(key, hash) ?? table.insert(key, hash)
    note(number)
    stamp(number)
    if table.entry(number).pointee.isReplicated || settings.keepsSiblings {
      return setReplicated(number, value, expiry: expiry)
    }
    table.setValue(number, value)
    table.setExpiry(number, expiry)
    table.setKind(number, ValueKind.bytes.rawValue)
  }

  /// Deletes a key that has a value.
  mutating func delete(_ number: UInt32) {
    note(number)
    stamp(number)
    if table.entry(number).pointee.isReplicated { return deleteReplicated(number) }
    table.dropValue(number)
    table.setExpiry(number, 0)
    table.setKind(number, ValueKind.tombstone.rawValue)
  }

  /// Ends a key whose time is over.
  mutating func expire(_ number: UInt32) {
    note(number)
    statistics.expired += 1
    if table.entry(number).pointee.isReplicated { return expireReplicated(number) }
    table.dropValue(number)
    table.setKind(number, ValueKind.expired.rawValue)
  }

  /// Remembers what an entry was, before it is changed.
  @inline(__always)
  mutating func note(_ number: UInt32) {
    let entry = table.entry(number)
    let flags = entry.pointee.flags
    if !watched.isEmpty { changeWatched(number) }
    if !parts.isEmpty { parts[number] = nil }
    if flags & Entry.dirty == 0 { written.append(number) }
    if flags & Entry.unsettled == 0 { unsettled.append(.init(number, entry.pointee)) }
    if flags & Entry.leaving != 0 { unsettled.leaving -= 1 }
    entry.pointee.flags = (flags | Entry.dirty | Entry.unsettled) & ~Entry.leaving
  }

  /// Gives an entry the next time of this replica.
  @inline(__always)
  mutating func stamp(_ number: UInt32) {
    let entry = table.entry(number)
    entry.pointee.ticks = nextTicks()
    entry.pointee.replica = ownNumber
  }

  /// The same with a time that was given before.
  mutating func stamp(_ number: UInt32, _ time: HybridTime) {
    let entry = table.entry(number)
    entry.pointee.ticks = time.ticks
    entry.pointee.replica = ownNumber
  }

  /// The next time of this replica.
  mutating func nextTime() -> HybridTime {
    HybridTime(ticks: nextTicks(), replica: settings.replica)
  }

  @inline(__always)
  private mutating func nextTicks() -> UInt64 {
    do throws(CRDTError) { return try clock.now(at: now).ticks } catch {
      preconditionFailure("the clock cannot go on after \(clock.last) at \(now) ms: \(error)")
    }
  }

  /// Removes all keys.
  mutating func clear() {
    guard settings.keepsTombstones else {
      for hash in watched.hashes where table.hasLive(hash) { watched.change(hash) }
      table = KeyTable(sipKey: settings.tableKey)
      _ = table.number(of: settings.replica)
      indexes.clear()
      written.removeAll()
      parts = [:]
      unsettled.removeAll()
      buried = []
      expiryCursor = 0
      isCleared = true
      return
    }
    for number in 0..<table.numbers where table.entry(number).pointee.isLive { delete(number) }
  }

  /// Looks at some entries, and ends those whose time is over. Within a batch.
  public mutating func expireSome(_ entries: Int = KeyValueLimits.expiryEntriesPerTurn) {
    guard table.expiring > 0, writeRefusal == nil else { return }
    for _ in 0..<min(entries, Int(table.numbers)) {
      if expiryCursor >= table.numbers { expiryCursor = 0 }
      _ = isLive(expiryCursor)
      expiryCursor += 1
    }
  }
}
