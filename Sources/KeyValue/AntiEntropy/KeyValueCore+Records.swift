import Primitives
import Reconciliation

/// The entries as records, for sessions.
extension KeyValueCore {
  /// What names all records, and how many they are. Settles.
  ///
  /// The root is BLAKE2b-256 of `livesync kv records 1`, then the number of records, the bytes of
  /// their contents, and the sums of both halves of their ids, each in 8 bytes, most significant
  /// first. It is for finding differences: who may write many chosen values can make two sets of
  /// one root, and then only pushes keep these keys equal.
  public var recordSummary: ReplicaSummary {
    mutating get {
      settle()
      let node = indexes.tree.roughNode(.root)
      var bytes = Array("livesync kv records 1".utf8)
      for word in [UInt64(node.count), node.size, node.sum.high, node.sum.low] {
        withUnsafeBytes(of: word.bigEndian) { bytes += $0 }
      }
      return ReplicaSummary(
        root: Blake2b256.hash(bytes), count: UInt64(node.count), revision: indexes.history.end)
    }
  }

  /// The entry of a record, which must be settled.
  func number(of id: RecordID) -> UInt32? {
    indexes.named.first(of: UInt32(id.high >> 32)) { table.entry($0).pointee.id == id }
  }

  /// The entry of a key that has a record.
  func number(of key: [UInt8]) -> UInt32? {
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

  /// Takes some more entries into the index over ids; false if it has all.
  mutating func growNames() -> Bool {
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
