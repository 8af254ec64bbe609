import Primitives
import Reconciliation

/// The entries as records, for sessions.
extension KeyValueCore {
  /// What names all records, and how many they are. Settles.
  ///
  /// The root is made of sums: it is for finding differences. Who may write many chosen values can
  /// make two sets of one root, and then only pushes keep these keys equal.
  public var recordSummary: ReplicaSummary {
    mutating get {
      let root = root()
      return ReplicaSummary(
        root: root, count: UInt64(indexes.count), revision: indexes.history.end)
    }
  }

  /// The entry of a record, which must be settled.
  func number(of id: RecordID) -> UInt32? {
    indexes.named.first(of: UInt32(id.high >> 32)) { table.entry($0).pointee.id == id }
  }

  /// The entry of a key that has a record.
  func recordNumber(of key: [UInt8]) -> UInt32? {
    key.withUnsafeBytes { key in
      table.find(key, table.hash(key)).flatMap { table.entry($0).pointee.isRecorded ? $0 : nil }
    }
  }

  /// The record of an entry that is settled.
  mutating func record(_ number: UInt32) -> Record? {
    let entry = table.entry(number).pointee
    guard entry.isRecorded else { return nil }
    return Record(
      key: Array(entry.key), version: entry.ticks, digest: digest(number, entry),
      size: UInt32(StoredContent.bytes(of: entry)))
  }

  private mutating func digest(_ number: UInt32, _ entry: Entry) -> Hash256 {
    guard entry.valueBytes >= KeyValueLimits.rememberedDigestBytesMin else {
      return Blake2b256.hash(content(of: number))
    }
    if let known = digests[entry.id] { return known }
    let digest = Blake2b256.hash(content(of: number))
    if digests.count >= KeyValueLimits.rememberedDigestsMax { digests = [:] }
    digests[entry.id] = digest
    return digest
  }

  /// What replicas exchange as the value of an entry (`StoredContent`).
  func content(of number: UInt32) -> [UInt8] {
    let entry = table.entry(number).pointee
    return StoredContent.bytes(entry, replica: table.replicas[Int(entry.replica)].bits)
  }

  // MARK: Views

  /// Remembers from now on what changes.
  mutating func keepHistory() {
    settle()
    indexes.history.keep()
  }

  /// Forgets what changed before, or all if there are no views.
  mutating func trimHistory(before cursor: UInt64?) {
    if let cursor { indexes.history.forget(before: cursor) } else { indexes.history.stop() }
  }

  /// Changes that are kept for views.
  package var historyCount: Int { indexes.history.count }

  /// Takes some more entries into the index over ids; false if it has all.
  package mutating func growNames() -> Bool {
    settle()
    return indexes.growNames(over: table)
  }

  /// Gives the memory of the index over ids back.
  mutating func forgetNames() { indexes.forgetNames() }
}

extension Entry {
  /// What indexes have of it, if it is settled.
  var record: RecordEntry? {
    guard isRecorded else { return nil }
    return RecordEntry(
      position: HashedPosition(high: position, low: 0), id: id, version: ticks,
      size: UInt32(truncatingIfNeeded: StoredContent.bytes(of: self)))
  }
}
