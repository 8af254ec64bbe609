import Primitives
import Storage

/// What stands in the namespaces of a set of records.
enum StoredForm {
  /// Bytes of a stored entry: id, version and size, most significant bytes first.
  private static let entryBytes = 28

  static func bytes(of record: Record) -> [UInt8] {
    var encoder = WireEncoder(capacity: 52)
    encoder.append(record.version)
    encoder.append(record.size)
    encoder.append(record.digest)
    return encoder.bytes
  }

  static func record(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) -> Record {
    var decoder = WireDecoder(value)
    let fields: (version: UInt64, size: UInt32, digest: Hash256)
    do throws(WireError) {
      fields = (try decoder.uint64(), try decoder.uint32(), try decoder.hash())
      try decoder.finish()
    } catch {
      throw damage(key, "\(error)")
    }
    guard
      let record = Record(
        key: key, version: fields.version, digest: fields.digest, size: fields.size)
    else { throw damage(key, "no key of a record") }
    return record
  }

  static func bytes(of entry: RecordEntry) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entryBytes)
    withUnsafeBytes(of: (entry.id.high.bigEndian, entry.id.low.bigEndian)) {
      bytes.append(contentsOf: $0)
    }
    withUnsafeBytes(of: entry.version.bigEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: entry.size.bigEndian) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Nil if key and value are not those of an entry.
  static func entry(
    _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> RecordEntry? {
    guard key.count == HashedPosition.byteCount, value.count == entryBytes else { return nil }
    func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    let size = UInt32(bigEndian: value.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
    return RecordEntry(
      position: HashedPosition(high: word(key, 0), low: word(key, 8)),
      id: RecordID(high: word(value, 0), low: word(value, 8)), version: word(value, 16), size: size)
  }

  static func bytes(of state: StoredRecords.State) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(count: state.count)
    encoder.append(state.revision)
    return encoder.bytes
  }

  static func state(_ value: [UInt8]?) throws(StorageError) -> StoredRecords.State {
    guard let value else { return .init() }
    var decoder = WireDecoder(value)
    do throws(WireError) {
      let (count, revision) = (try decoder.uint64(), try decoder.uint64())
      try decoder.finish()
      if let count = Int(exactly: count) { return .init(count: count, revision: revision) }
    } catch {
      throw damage([], "\(error)")
    }
    throw damage([], "no number of records")
  }

  static func damage(_ key: [UInt8], _ fault: String) -> StorageError {
    .corrupted("a set of records", record: "\(Hex.string(key)) (\(fault))")
  }
}
