import CLMDB

/// LMDB's handle of an open file, and the few of its functions that a store needs.
struct LMDBEnvironment: @unchecked Sendable {
  /// The key of the only record of the table `header`.
  static let headerKey = Array("store".utf8)

  /// LMDB guards it against use from several threads; who closes it must be alone.
  let handle: OpaquePointer
  /// Named in errors.
  let file: String

  /// Opens `file`; `flags` are LMDB's.
  init(
    file: String, path: String? = nil, flags: Int32, mapBytes: Int? = nil, readersMax: Int? = nil
  ) throws(StorageError) {
    self.file = file
    var created: OpaquePointer?
    try LMDBStatus.checkOpen(mdb_env_create(&created), file)
    guard let created else { throw .failedOpen(file, code: ENOMEM) }
    handle = created
    var status = mdb_env_set_maxdbs(handle, StorageLimits.tablesMax)
    if status == MDB_SUCCESS, let readersMax {
      status = mdb_env_set_maxreaders(handle, UInt32(clamping: readersMax))
    }
    if status == MDB_SUCCESS, let mapBytes { status = mdb_env_set_mapsize(handle, mapBytes) }
    if status == MDB_SUCCESS {
      status = mdb_env_open(handle, path ?? file, UInt32(flags | MDB_NOTLS), 0o644)
    }
    do throws(StorageError) {
      try LMDBStatus.checkOpen(status, file)
    } catch {
      mdb_env_close(handle)
      throw error
    }
  }

  func close() {
    mdb_env_close(handle)
  }

  /// Bytes of address space that are reserved.
  var mapBytes: Int {
    var info = MDB_envinfo()
    mdb_env_info(handle, &info)
    return info.me_mapsize
  }

  /// Bytes from the beginning of the file to the end of the last page in use.
  var bytesInUse: Int {
    var info = MDB_envinfo()
    var status = MDB_stat()
    mdb_env_info(handle, &info)
    mdb_env_stat(handle, &status)
    return (info.me_last_pgno + 1) * Int(status.ms_psize)
  }

  /// Makes the file as long as the map. The new part takes up no room on the disk; it shows on
  /// opening whether the end of the file is missing.
  func extendFile() throws(StorageError) {
    var descriptor: Int32 = -1
    try LMDBStatus.checkOpen(mdb_env_get_fd(handle, &descriptor), file)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .failedOpen(file, code: storage_errno()) }
    guard Int(status.st_size) < mapBytes else { return }
    try DiskRoom.checkLimit(mapBytes, file)
    if ftruncate(descriptor, mapBytes) != 0 {
      try LMDBStatus.checkWrite(storage_errno(), file, limit: mapBytes)
    }
  }

  /// Begins a transaction; `flags` are LMDB's.
  func begin(_ flags: Int32 = 0) throws(StorageError) -> OpaquePointer {
    var transaction: OpaquePointer?
    let status = mdb_txn_begin(handle, nil, UInt32(flags), &transaction)
    if status == MDB_READERS_FULL {
      var readers: UInt32 = 0
      mdb_env_get_maxreaders(handle, &readers)
      throw .tooManyReaders(limit: Int(readers))
    }
    try LMDBStatus.checkRead(status, file)
    guard let transaction else { throw .failedRead(file, code: ENOMEM) }
    return transaction
  }

  /// The handle of a named table; a file without it was not written by this program.
  func table(
    _ name: String, in transaction: OpaquePointer, creating: Bool = false
  ) throws(StorageError) -> MDB_dbi {
    var table: MDB_dbi = 0
    let status = mdb_dbi_open(transaction, name, creating ? UInt32(MDB_CREATE) : 0, &table)
    if status == MDB_NOTFOUND || status == MDB_INCOMPATIBLE { throw .foreignFile(file) }
    try LMDBStatus.checkOpen(status, file)
    return table
  }

  /// The table with the records, and whose they are.
  func records() throws(StorageError) -> (MDB_dbi, NamespaceDirectory) {
    let transaction = try begin(MDB_RDONLY)
    let found: (MDB_dbi, NamespaceDirectory)
    do throws(StorageError) {
      let table = try table("records", in: transaction)
      let state = LMDBState(self, transaction, table: table)
      found = (table, try NamespaceDirectory(in: state, of: file))
    } catch {
      mdb_txn_abort(transaction)
      throw error
    }
    // Only a commit keeps the handle of the table.
    try LMDBStatus.checkOpen(mdb_txn_commit(transaction), file)
    return found
  }

  /// What is stored under `key`, as it is.
  func get(
    _ key: [UInt8], _ table: MDB_dbi, _ transaction: OpaquePointer
  ) throws(StorageError) -> [UInt8]? {
    var found = MDB_val()
    let status = withValue(key) { key in mdb_get(transaction, table, &key, &found) }
    guard try LMDBStatus.checkFound(status, file) else { return nil }
    return Array(found.bytes)
  }

  /// Stores `bytes` under `key`, as they are.
  func put(
    _ key: [UInt8], _ bytes: [UInt8], _ table: MDB_dbi, _ transaction: OpaquePointer
  ) throws(StorageError) {
    let status = withValue(key) { key in
      withValue(bytes) { bytes in mdb_put(transaction, table, &key, &bytes, 0) }
    }
    try LMDBStatus.checkWrite(status, file, limit: mapBytes)
  }
}

/// Calls `body` with LMDB's form of `bytes`, which LMDB does not change.
func withValue<Output>(_ bytes: [UInt8], _ body: (inout MDB_val) -> Output) -> Output {
  bytes.withUnsafeBytes { buffer in
    var value = MDB_val(
      mv_size: buffer.count, mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress))
    return body(&value)
  }
}

extension MDB_val {
  /// LMDB's form of `bytes`, which it does not change.
  init(reading bytes: UnsafeRawBufferPointer) {
    self.init(
      mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }

  /// The bytes, valid until the transaction writes or ends. They are not aligned.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: mv_data, count: mv_size)
  }
}
