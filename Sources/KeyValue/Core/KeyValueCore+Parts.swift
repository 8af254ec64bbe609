import CRDT

/// What is known of the value of a key that a batch changed in part.
public struct ValueBase: Sendable, Hashable {
  /// The version that the value had before.
  public let version: HybridTime
  /// How many of its first bytes are those of that version: all that it had.
  public let bytes: Int

  package init(version: HybridTime, bytes: Int) {
    self.version = version
    self.bytes = bytes
  }
}

/// A key whose expiry changed, or to whose value bytes were appended, as the own log has it: it
/// says nothing without the version that it was made of. Replicas are sent whole values.
package struct ValueChange: Sendable, Hashable {
  package let key: [UInt8]
  package let version: HybridTime
  /// Milliseconds since 1970; 0: never.
  package let expiry: UInt64
  package let base: ValueBase
  package let appended: [UInt8]

  package init(
    key: [UInt8], version: HybridTime, expiry: UInt64, base: ValueBase, appended: [UInt8]
  ) {
    (self.key, self.version, self.expiry) = (key, version, expiry)
    (self.base, self.appended) = (base, appended)
  }
}

/// Why a change cannot be loaded: the log lacks what it was made of.
package struct UnknownBase: Error, Hashable, Sendable, CustomStringConvertible {
  package let key: [UInt8]

  package var description: String {
    "a change of key '\(String(decoding: key, as: UTF8.self))' is of another version than the one"
      + " that is held"
  }
}

/// Values of which a batch changed a part. A large one is not logged whole when only its expiry
/// changed, or bytes were appended.
extension KeyValueCore {
  /// As `note`, before a change of the expiry or bytes behind the value.
  mutating func notePart(_ number: UInt32) {
    let entry = table.entry(number).pointee
    var base = parts[number]
    if entry.flags & Entry.dirty == 0, entry.valueBytes >= KeyValueLimits.partlyLoggedBytesMin {
      base = ValueBase(version: table.version(number), bytes: Int(entry.valueBytes))
    }
    note(number)
    if let base { parts[number] = base }
  }

  /// Has the batch log what it changed so far as a whole. Before a checkpoint in the midst of it,
  /// which may have what a change was made of in another version.
  package mutating func forgetParts() { parts.removeAll() }

  /// Takes a change of a value that this store logged itself.
  package mutating func load(_ change: ValueChange) throws(UnknownBase) {
    let (key, version) = (change.key, change.version)
    let hash = key.withUnsafeBytes { table.hash($0) }
    // What is not there was deleted later, before the checkpoint had it; what is newer came later.
    guard let number = key.withUnsafeBytes({ held($0, hash) }) else { return }
    guard table.version(number) < version else { return }
    let entry = table.entry(number)
    guard table.version(number) == change.base.version, entry.pointee.isLive,
      Int(entry.pointee.valueBytes) == change.base.bytes,
      change.base.bytes + change.appended.count <= KeyValueLimits.valueBytesMax,
      change.expiry <= UInt64(Int64.max), version.ticks < 1 << 63,
      let replica = table.number(of: version.replica)
    else { throw UnknownBase(key: key) }
    raiseClock(to: version.ticks)
    note(number)
    entry.pointee.ticks = version.ticks
    entry.pointee.replica = replica
    change.appended.withUnsafeBytes { table.append(number, $0) }
    table.setExpiry(number, change.expiry)
  }
}
