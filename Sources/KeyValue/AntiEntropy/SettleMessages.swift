import Networking
import Primitives
import Reconciliation

/// What one side asks at the end of a session: what became of the records that it gave, and that
/// the other side fetches those that are too long for the session.
struct SettleRequest: Request, Hashable {
  typealias Response = SettleAnswer
  static let type = RequestType(
    334, name: "kv_settle", requestBytesMax: 64 << 10, responseBytesMax: 1 << 10,
    perWindowMax: 1 << 12, traffic: .bulk)

  var session: SyncSessionID
  /// At most `KeyValueLimits.largeRecordsPerRequest`.
  var large: [Record]

  init(session: SyncSessionID, large: [Record]) {
    self.session = session
    self.large = large
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(session.rawValue)
    encoder.append(large)
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    session = SyncSessionID(try decoder.uint64())
    large = try decoder.array(
      elementBytes: Hash256.byteCount + 4, limit: KeyValueLimits.largeRecordsPerRequest)
  }
}

/// The answer to a `SettleRequest`.
package struct SettleAnswer: WireCodable, Hashable {
  /// Records that the session gave, those of them that were news, and those that were refused.
  package var taken: UInt64
  package var changed: UInt64
  package var refused: UInt64
  /// How many of the large ones are not here yet; asked again it says how many are left.
  var missing: UInt64
  /// Bytes that were fetched for them so far: as long as it grows there is hope.
  var fetchedBytes: UInt64

  package func encode(to encoder: inout WireEncoder) {
    for number in [taken, changed, refused, missing, fetchedBytes] { encoder.append(number) }
  }

  package init(
    taken: UInt64, changed: UInt64, refused: UInt64, missing: UInt64, fetchedBytes: UInt64
  ) {
    self.taken = taken
    self.changed = changed
    self.refused = refused
    self.missing = missing
    self.fetchedBytes = fetchedBytes
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    taken = try decoder.uint64()
    changed = try decoder.uint64()
    refused = try decoder.uint64()
    missing = try decoder.uint64()
    fetchedBytes = try decoder.uint64()
  }
}

/// Asks for a slice of a record's content. By id, since that is all that a session knows of it.
struct ContentRequest: Request, Hashable {
  typealias Response = ContentSlice
  static let type = RequestType(
    335, name: "kv_content", requestBytesMax: 64,
    responseBytesMax: KeyValueLimits.contentSliceBytes + 16, perWindowMax: 1 << 14,
    traffic: .bulk)

  var id: RecordID
  /// The first byte.
  var offset: UInt32

  init(id: RecordID, offset: UInt32) {
    self.id = id
    self.offset = offset
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(id)
    encoder.append(offset)
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    id = try decoder.value()
    offset = try decoder.uint32()
  }
}

/// Up to `KeyValueLimits.contentSliceBytes` bytes; nothing if the record is not held any more.
struct ContentSlice: WireCodable, Hashable {
  var bytes: [UInt8]?

  init(bytes: [UInt8]?) { self.bytes = bytes }

  func encode(to encoder: inout WireEncoder) { encoder.append(optional: bytes) }

  init(from decoder: inout WireDecoder) throws(WireError) {
    bytes = try decoder.optionalBytes(limit: KeyValueLimits.contentSliceBytes)
  }
}
