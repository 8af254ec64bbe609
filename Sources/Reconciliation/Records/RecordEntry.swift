/// A record without its key and digest: what indexes over records need of it.
@frozen
public struct RecordEntry: Sendable, Hashable {
  /// Where it lies in hashed order.
  public var position: HashedPosition
  public var id: RecordID
  public var version: UInt64
  /// Bytes of the value.
  public var size: UInt32

  @inlinable
  public init(position: HashedPosition, id: RecordID, version: UInt64, size: UInt32) {
    self.position = position
    self.id = id
    self.version = version
    self.size = size
  }

  /// What indexes need of `record`; two hashes.
  public init(_ record: Record) {
    self.init(
      position: HashedPosition(record.hashedKey), id: record.id, version: record.version,
      size: record.size)
  }
}

/// What a write did to a set of records, for the indexes that follow it.
@frozen
public struct RecordChange: Sendable, Hashable {
  /// The record that is no longer there. It has the key, and so the position, of the new one.
  public let old: RecordEntry?
  /// The record that is there now.
  public let new: RecordEntry?

  @inlinable
  public init(old: RecordEntry?, new: RecordEntry?) {
    self.old = old
    self.new = new
  }
}

/// A change to be made to a set of records.
public enum RecordWrite: Sendable, Hashable {
  /// Puts a record, in place of the one with its key.
  case set(Record)
  /// Removes the record with this key.
  case remove([UInt8])
}
