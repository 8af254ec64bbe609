import CLMDB

/// One state of a store on disk: what a snapshot reads, or what a transaction reads and changes.
/// Lives while its transaction is open; bound to the thread that opened it.
final class LMDBState: StoreWriter {
  var failure: StorageError?
  var namespaces: NamespaceDirectory
  /// Bytes of keys and records that were put.
  private(set) var putBytes = 0

  private let environment: LMDBEnvironment
  private let transaction: OpaquePointer
  private let table: MDB_dbi

  init(
    _ environment: LMDBEnvironment, _ transaction: OpaquePointer, table: MDB_dbi,
    namespaces: NamespaceDirectory = NamespaceDirectory()
  ) {
    self.environment = environment
    self.namespaces = namespaces
    self.transaction = transaction
    self.table = table
  }

  func value(of key: [UInt8]) throws(StorageError) -> [UInt8]? {
    var value: [UInt8]?
    try key.withUnsafeBufferPointer { key throws(StorageError) in
      _ = try withBytes(of: UnsafeRawBufferPointer(key)) { value = Array($0) }
    }
    return value
  }

  func withBytes(
    of key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool {
    var found = MDB_val()
    var name = MDB_val(reading: key)
    let status = mdb_get(transaction, table, &name, &found)
    guard try LMDBStatus.checkFound(status, environment.file) else { return false }
    guard let value = SealedRecord.open(found.bytes, under: key) else {
      throw .corrupted(environment.file, record: namespaces.describe(key))
    }
    body(value)
    return true
  }

  func makeCursor(in byte: UInt8) throws(StorageError) -> any CursorEngine {
    try cursor(in: byte)
  }

  private func cursor(in byte: UInt8) throws(StorageError) -> LMDBCursor {
    try LMDBCursor(
      transaction, table: table, byte: byte, file: environment.file, namespaces: namespaces)
  }

  func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StorageError) {
    var name = MDB_val(reading: key)
    // LMDB makes room, and the record is written right where it stays.
    var room = MDB_val(mv_size: value.count + SealedRecord.sealBytes, mv_data: nil)
    putBytes += key.count + room.mv_size
    try checkWrite(mdb_put(transaction, table, &name, &room, UInt32(MDB_RESERVE)))
    SealedRecord.seal(value, under: key, to: room.mv_data)
  }

  func delete(_ key: [UInt8]) throws(StorageError) -> Bool {
    let status = withValue(key) { key in mdb_del(transaction, table, &key, nil) }
    if status == MDB_NOTFOUND { return false }
    try checkWrite(status)
    return true
  }

  func delete(in range: StoreRange, byte: UInt8) throws(StorageError) -> Int {
    let cursor = try cursor(in: byte)
    defer { cursor.close() }
    var count = 0
    var key = try cursor.key(atOrAfter: range.start)
    while let current = key, range.contains(current) {
      try checkWrite(cursor.delete())
      count += 1
      // The cursor stands at what followed the removed record, or after the last one.
      key = try cursor.key(atOrAfter: current)
    }
    return count
  }

  private func checkWrite(_ status: Int32) throws(StorageError) {
    try LMDBStatus.checkWrite(status, environment.file, limit: environment.mapBytes)
  }
}

/// LMDB's cursor, for the records of one namespace.
final class LMDBCursor: CursorEngine {
  private let handle: OpaquePointer
  private let byte: UInt8
  private let file: String
  private let namespaces: NamespaceDirectory

  init(
    _ transaction: OpaquePointer, table: MDB_dbi, byte: UInt8, file: String,
    namespaces: NamespaceDirectory
  ) throws(StorageError) {
    var handle: OpaquePointer?
    try LMDBStatus.checkRead(mdb_cursor_open(transaction, table, &handle), file)
    guard let handle else { throw .failedRead(file, code: ENOMEM) }
    self.handle = handle
    self.byte = byte
    self.file = file
    self.namespaces = namespaces
  }

  func close() {
    mdb_cursor_close(handle)
  }

  func move(
    _ step: CursorStep, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
  ) throws(StorageError) -> Bool {
    let found =
      switch step {
      case .first: try seek([byte])
      case .last: try move(seek([byte + 1]) == nil ? MDB_LAST : MDB_PREV)
      case .next: try move(MDB_NEXT)
      case .previous: try move(MDB_PREV)
      case .atOrAfter(let key): try seek([byte] + key)
      }
    guard let (key, record) = found, key.bytes.first == byte else { return false }
    guard let value = SealedRecord.open(record.bytes, under: key.bytes) else {
      throw .corrupted(file, record: namespaces.describe(key.bytes))
    }
    body(UnsafeRawBufferPointer(rebasing: key.bytes.dropFirst()), value)
    return true
  }

  /// Goes to the first key that is not before `key`.
  func key(atOrAfter key: [UInt8]) throws(StorageError) -> [UInt8]? {
    guard let found = try seek([byte] + key), found.key.bytes.first == byte else { return nil }
    return Array(found.key.bytes.dropFirst())
  }

  /// Removes the record the cursor stands at; returns LMDB's status.
  func delete() -> Int32 {
    mdb_cursor_del(handle, 0)
  }

  private typealias Found = (key: MDB_val, record: MDB_val)

  private func seek(_ key: [UInt8]) throws(StorageError) -> Found? {
    var found = MDB_val()
    var record = MDB_val()
    let status = withValue(key) { key in
      found = key
      return mdb_cursor_get(handle, &found, &record, MDB_SET_RANGE)
    }
    return try LMDBStatus.checkFound(status, file) ? (found, record) : nil
  }

  private func move(_ operation: MDB_cursor_op) throws(StorageError) -> Found? {
    var key = MDB_val()
    var record = MDB_val()
    let status = mdb_cursor_get(handle, &key, &record, operation)
    return try LMDBStatus.checkFound(status, file) ? (key, record) : nil
  }
}
