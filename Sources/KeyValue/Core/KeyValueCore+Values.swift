import CRDT
import Primitives

/// Keys whose values are merged. Nothing here is asked of keys that hold plain strings, unless
/// `settings.keepsSiblings`.
extension KeyValueCore {
  /// What an entry holds, as a value that can be merged, whatever it is.
  borrowing func replicated(_ number: UInt32) -> ReplicatedValue {
    let entry = table.entry(number).pointee
    switch ValueKind(rawValue: entry.kind) {
    case .bytes:
      return ReplicatedValue(
        .init(table.version(number), .bytes(Array(entry.value)), expiry: entry.expiry))
    case .expired where entry.expiry != 0:
      return ReplicatedValue(.init(table.version(number), .expired, expiry: entry.expiry))
    case .tombstone, .expired:
      return ReplicatedValue(.init(table.version(number), .nothing, expiry: 0))
    case .replicated, .emptied:
      do throws(WireError) { return try ReplicatedValue(wireBytes: Array(entry.value)) } catch {
        preconditionFailure("a value that was checked cannot be read: \(error)")
      }
    case nil: return ReplicatedValue(.init())
    }
  }

  /// Puts a value into an entry that was noted and stamped.
  mutating func put(_ value: ReplicatedValue, in number: UInt32) {
    put(value, value.wireBytes, in: number)
  }

  private mutating func put(_ value: ReplicatedValue, _ bytes: [UInt8], in number: UInt32) {
    bytes.withUnsafeBytes { table.setValue(number, $0) }
    table.setExpiry(number, value.expiry)
    table.setKind(number, value.kind.rawValue)
  }

  // MARK: Commands for all values

  /// The strings of an entry that has a value, the newest first; none if it holds something else.
  borrowing func texts(_ number: UInt32) -> [[UInt8]] { replicated(number).texts }

  /// Gives an entry, which was noted and stamped, a string.
  mutating func setReplicated(
    _ number: UInt32, _ bytes: UnsafeRawBufferPointer, expiry: UInt64
  ) {
    let text = Array(bytes)
    let time = table.version(number)
    var value = replicated(number)
    // A register takes no longer ones: of these the newest wins.
    if settings.keepsSiblings, text.count <= CRDTLimits.valueBytesMax {
      value.replace(.nothing, at: time, expiry: expiry)
      do throws(CRDTError) {
        try value.apply(.update([], .multiValue(.write(text))), at: time)
      } catch { preconditionFailure("a register cannot be written: \(error)") }
    } else {
      value.replace(.bytes(text), at: time, expiry: expiry)
    }
    put(value, in: number)
  }

  /// Whether a key can be given a string of so many bytes: what is beside it must have room, too.
  @inline(__always)
  func hasRoom(_ key: UnsafeRawBufferPointer, _ bytes: Int) -> Bool {
    bytes <= KeyValueLimits.valueBytesMax - ReplicatedValue.headBytesMax || hasRoom(longer: key)
  }

  private func hasRoom(longer key: UnsafeRawBufferPointer) -> Bool {
    if settings.keepsSiblings { return false }
    return table.find(key, table.hash(key)).map { !table.entry($0).pointee.isReplicated } ?? true
  }

  /// Deletes what an entry, which was noted and stamped, holds and was seen.
  mutating func deleteReplicated(_ number: UInt32) {
    var value = replicated(number)
    value.replace(.nothing, at: table.version(number), expiry: 0)
    put(value, in: number)
  }

  /// Ends what an entry, which was noted, holds.
  mutating func expireReplicated(_ number: UInt32) {
    var value = replicated(number)
    value.expire()
    put(value, in: number)
  }

  /// Gives an entry that has a value another expiry; 0: never.
  mutating func changeExpiry(_ number: UInt32, to expiry: UInt64) {
    note(number)
    stamp(number)
    guard table.entry(number).pointee.isReplicated else {
      return table.setExpiry(number, expiry)
    }
    var value = replicated(number)
    value.setExpiry(expiry, at: table.version(number))
    put(value, in: number)
  }

  // MARK: Changing one type

  /// A change of a key's value that is being made.
  struct ValueChange {
    /// The entry of the key, if there is one.
    let number: UInt32?
    var value: ReplicatedValue
    /// The time of the last event.
    var time: HybridTime
    /// What clients see before the change; nil if they see nothing.
    let shown: FieldReader?
  }

  /// Begins a change of a key; nothing is changed before `finish`.
  mutating func begin(_ key: UnsafeRawBufferPointer) -> ValueChange {
    let isThere = find(key) != nil
    let number = table.find(key, table.hash(key))
    let time = nextTime()
    var value = number.map { replicated($0) } ?? ReplicatedValue(.init())
    value.begin(at: time)
    value.raiseHorizon(to: min(floor, time.ticks - 1))
    return ValueChange(
      number: number, value: value, time: time, shown: isThere ? value.map.reader : nil)
  }

  /// Makes one change of a field, at a time of its own.
  mutating func apply(
    _ operation: ORMap.Operation, to change: inout ValueChange
  ) throws(CRDTError) {
    change.time = nextTime()
    try change.value.apply(operation, at: change.time)
  }

  /// Stores a change; false if it would be too large.
  mutating func finish(_ change: ValueChange, of key: UnsafeRawBufferPointer) -> Bool {
    let bytes = change.value.wireBytes
    guard bytes.count <= KeyValueLimits.valueBytesMax else { return false }
    let number = change.number ?? table.insert(key, table.hash(key))
    note(number)
    stamp(number, change.time)
    put(change.value, bytes, in: number)
    return true
  }

  // MARK: What comes from elsewhere

  /// What a key holds after a merge.
  struct MergedRecord {
    var kind: ValueKind
    var value: [UInt8]
    var version: HybridTime
    var expiry: UInt64
    var outcome: ApplyOutcome
  }

  /// What comes of a record and what is held, one of which is a replicated value; nil if what is
  /// held has all of it already.
  mutating func merged(
    _ record: MergedRecord, with held: UInt32?, isOwn: Bool
  ) throws(Refusal) -> MergedRecord? {
    let theirs = try checked(record, isOwn: isOwn)
    guard let held else { return record }
    let mine = replicated(held)
    var both = mine
    do throws(CRDTError) { try both.merge(theirs) } catch { throw .value("\(error)") }
    let version = max(record.version, table.version(held))
    if both == mine, version == table.version(held) { return nil }
    let isTheirs = both == theirs && version == record.version
    let bytes = both.wireBytes
    guard bytes.count <= KeyValueLimits.valueBytesMax else { throw .size }
    return MergedRecord(
      kind: both.kind, value: bytes, version: version, expiry: both.expiry,
      outcome: isTheirs ? .stored : .merged)
  }

  /// A record's value; refuses one that is not in the one form it has, or speaks of times to come.
  private mutating func checked(
    _ record: MergedRecord, isOwn: Bool
  ) throws(Refusal) -> ReplicatedValue {
    switch record.kind {
    case .bytes: return ReplicatedValue(.init(record.version, .bytes(record.value), expiry: record.expiry))
    case .expired where record.expiry != 0:
      return ReplicatedValue(.init(record.version, .expired, expiry: record.expiry))
    case .tombstone, .expired:
      return ReplicatedValue(.init(record.version, .nothing, expiry: 0))
    case .replicated, .emptied: break
    }
    let value: ReplicatedValue
    do throws(WireError) { value = try ReplicatedValue(wireBytes: record.value) } catch {
      throw .value("\(error)")
    }
    guard value.kind == record.kind, value.expiry == record.expiry else {
      throw .value("kind or expiry are not those of the value")
    }
    // What is written here later must be after all of it.
    let latest = HybridTime(ticks: value.latestTicks, replica: record.version.replica)
    if isOwn {
      clock = HybridClock(
        replica: clock.replica, last: max(clock.last, latest.ticks), aheadMax: clock.aheadMax)
    } else {
      do throws(CRDTError) { try clock.observe(latest, at: now) } catch { throw .clock(error) }
    }
    return value
  }
}
