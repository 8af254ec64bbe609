import Reconciliation

/// What a key holds.
public enum ValueKind: UInt8, Sendable, Hashable {
  /// A string of bytes.
  case bytes = 1
  /// A replicated value (room `CRDT`) in its wire form.
  case replicated = 2
  /// Nothing: it was deleted.
  case tombstone = 3
  /// Nothing: its time is over. It has the version of the value that it was.
  case expired = 4
  /// Nothing that clients see: a replicated value of which all was removed or has expired. What
  /// others write without knowledge of that is still merged with it.
  case emptied = 7

  /// Whether a client sees the key.
  public var isLive: Bool { self == .bytes || self == .replicated }
  /// Whether there are bytes that belong to it.
  public var hasValue: Bool { isLive || self == .emptied }
  /// Whether these are a replicated value's.
  public var isReplicated: Bool { self == .replicated || self == .emptied }
}

/// What the table holds of a key: 64 bytes, a line of the cache. Key and value lie one after the
/// other at `blob`.
struct Entry {
  /// Time of the last write (`HybridTime.ticks`); its replica is `replica`.
  var ticks: UInt64 = 0
  /// When the value's time is over, in milliseconds since 1970; 0: never.
  var expiry: UInt64 = 0
  /// The id of the record that tree and sketch have of it, if `isRecorded`.
  var id = RecordID(high: 0, low: 0)
  /// The first half of the key's place in hashed order, if `isRecorded`.
  var position: UInt64 = 0
  var blob: UnsafeMutableRawPointer?
  /// Bytes at `blob` that are allocated. Of an entry that is not used: the next such one.
  var capacity: UInt32 = 0
  var valueBytes: UInt32 = 0
  var keyBytes: UInt16 = 0
  /// The number of the replica that wrote it, in the table's list.
  var replica: UInt16 = 0
  /// A `ValueKind`; 0 if the entry is not used, or is new.
  var kind: UInt8 = 0
  var flags: UInt8 = 0

  /// Written in the batch at hand.
  static let dirty: UInt8 = 1
  /// Tree and sketch have to follow.
  static let unsettled: UInt8 = 4
  /// Tree and sketch have it.
  static let recorded: UInt8 = 2

  var isRecorded: Bool { flags & Self.recorded != 0 }
  /// Whether it has a value, be its time over or not.
  var isLive: Bool { kind == ValueKind.bytes.rawValue || kind == ValueKind.replicated.rawValue }

  /// Whether it holds a replicated value, be it seen or not.
  @inline(__always)
  var isReplicated: Bool {
    kind == ValueKind.replicated.rawValue || kind == ValueKind.emptied.rawValue
  }

  /// Key and value; valid until the entry is changed.
  var key: UnsafeRawBufferPointer { .init(start: blob, count: Int(keyBytes)) }
  var value: UnsafeRawBufferPointer {
    .init(start: blob.map { $0 + Int(keyBytes) }, count: Int(valueBytes))
  }
}
