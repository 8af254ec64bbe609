import CRDT
import Primitives
import Reconciliation

/// Why what another replica sent for a record cannot be stored.
public enum ContentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The bytes are not those that the record names.
  case otherThanItsRecord(RecordID)
  /// Fewer bytes than each content has, or more than any.
  case length(Int)
  case unknownKind(UInt8)
  /// A deletion or an expiry comes with a value, or a deletion with an expiry.
  case notEmpty(ValueKind)

  public var description: String {
    switch self {
    case .otherThanItsRecord(let id): "the content sent for \(id) is not that of its record"
    case .length(let bytes):
      "a content of \(bytes) bytes; it has \(StoredContent.headBytes) and those of its value"
    case .unknownKind(let byte): "byte 0 of a content is \(byte), which is no kind"
    case .notEmpty(let kind): "a content of kind \(kind.rawValue) with a value or an expiry"
    }
  }
}

extension KeyValueEffect {
  /// The write that a record and its content stand for.
  init(_ entry: SyncEntry) throws(ContentError) {
    let (record, content) = (entry.record, entry.value)
    guard content.count == Int(record.size), Blake2b256.hash(content) == record.digest else {
      throw .otherThanItsRecord(record.id)
    }
    let head = StoredContent.headBytes
    guard (head...head + KeyValueLimits.valueBytesMax).contains(content.count) else {
      throw .length(content.count)
    }
    guard let kind = ValueKind(rawValue: content[0]) else { throw .unknownKind(content[0]) }
    let word = { (start: Int) in
      content[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    let version = HybridTime(ticks: record.version, replica: ReplicaID(word(1)))
    let expiry = word(9)
    switch kind {
    case .bytes, .replicated, .emptied:
      self = .set(
        key: record.key, kind: kind, value: Array(content[head...]), version: version,
        expiry: expiry)
    case .tombstone:
      guard content.count == head, expiry == 0 else { throw .notEmpty(kind) }
      self = .delete(key: record.key, version: version)
    case .expired:
      guard content.count == head else { throw .notEmpty(kind) }
      self = .expire(key: record.key, version: version, expiry: expiry)
    }
  }
}
