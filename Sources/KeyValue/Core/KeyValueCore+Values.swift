import CRDT
import Primitives

/// Keys whose values are merged. Nothing here is asked of keys that hold plain strings, unless
/// `settings.keepsSiblings`.
extension KeyValueCore {
  /// What an entry holds, as a value that can be merged, whatever it is.
  borrowing func replicated(_ number: UInt32) -> ReplicatedValue {
    let entry = table.entry(number).pointee
    guard let kind = ValueKind(rawValue: entry.kind) else { return ReplicatedValue(.init()) }
    let bytes = Array(entry.value)
    guard kind.isReplicated else {
      return Self.plain(kind, bytes, table.version(number), entry.expiry)
    }
    do throws(WireError) { return try ReplicatedValue(wireBytes: bytes) } catch {
      preconditionFailure("a value that was checked cannot be read: \(error)")
    }
  }

  /// A record that is no replicated value, as one.
  private static func plain(
    _ kind: ValueKind, _ bytes: [UInt8], _ version: HybridTime, _ expiry: UInt64
  ) -> ReplicatedValue {
    switch kind {
    case .bytes: ReplicatedValue(.init(version, .bytes(bytes), expiry: expiry))
    case .expired where (1..<1 << 48).contains(expiry):
      ReplicatedValue(.init(version, .expired, expiry: expiry))
    default: ReplicatedValue(.init(version, .nothing, expiry: 0))
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
    bytes <= KeyValueLimits.valueBytesMax - KeyValueLimits.replicatedHeadBytesMax
      || hasRoom(longer: key)
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
    var value = number.map { replicated($0) } ?? ReplicatedValue(.init())
    // What is written now is later than an end that has come, by whatever clock.
    if value.plain.content == .expired, value.plain.expiry <= expiryNow {
      raiseClock(to: ReplicatedValue.ticks(value.plain.expiry))
    }
    let time = nextTime()
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

  /// What comes of a record and what is held, one of which is a replicated value; nil if what is
  /// held has all of it already. One of the own log is what the key held then, all of it, and what
  /// it holds at last comes last: so it takes the place of what is held.
  mutating func merged(
    _ record: Incoming, with held: UInt32?, isOwn: Bool
  ) throws(Refusal) -> (Incoming, ApplyOutcome)? {
    let theirs = try checked(record, isOwn: isOwn)
    guard let held, !isOwn else { return (record, .stored) }
    var mine = replicated(held)
    let version = table.version(held)
    var both = try Self.join(mine, theirs)
    var result = record
    result.version = max(record.version, version)
    if both == mine, result.version == version { return nil }
    if record.version.ticks <= floor {
      // What is not here of it was removed, and who removed it is not known any more.
      mine.raiseHorizon(to: floor)
      both = try Self.join(mine, theirs)
    }
    if record.kind.isReplicated, both == theirs, result.version == record.version {
      return (record, .stored)
    }
    result.value = both.wireBytes
    guard result.value.count <= KeyValueLimits.valueBytesMax else { throw .size }
    (result.kind, result.expiry) = (both.kind, both.expiry)
    return (result, .merged)
  }

  private static func join(
    _ mine: ReplicatedValue, _ theirs: ReplicatedValue
  ) throws(Refusal) -> ReplicatedValue {
    var both = mine
    do throws(CRDTError) { try both.merge(theirs) } catch { throw .value("\(error)") }
    return both
  }

  /// A record's value; refuses one that is not in the one form it has, or speaks of times to come.
  private mutating func checked(
    _ record: Incoming, isOwn: Bool
  ) throws(Refusal) -> ReplicatedValue {
    guard record.kind.isReplicated else {
      return Self.plain(record.kind, record.value, record.version, record.expiry)
    }
    let value: ReplicatedValue
    do throws(WireError) { value = try ReplicatedValue(wireBytes: record.value) } catch {
      throw .value("\(error)")
    }
    guard value.kind == record.kind, value.expiry == record.expiry else {
      throw .value("its kind or expiry are not those of the record")
    }
    // What is written here later must be after all of it.
    if isOwn {
      raiseClock(to: value.latestTicks)
    } else {
      let latest = HybridTime(ticks: value.latestTicks, replica: record.version.replica)
      do throws(CRDTError) { try clock.observe(latest, at: now) } catch { throw .clock(error) }
    }
    return value
  }
}
