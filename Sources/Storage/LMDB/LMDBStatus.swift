import CLMDB

/// Turns the results of LMDB's functions into errors.
enum LMDBStatus {
  /// Throws for any result of a read but success.
  static func checkRead(_ status: Int32, _ file: String) throws(StorageError) {
    guard status != MDB_SUCCESS else { return }
    throw common(status, file) ?? .failedRead(file, code: status)
  }

  /// True for success, false for "not found"; throws for anything else.
  static func checkFound(_ status: Int32, _ file: String) throws(StorageError) -> Bool {
    if status == MDB_NOTFOUND { return false }
    try checkRead(status, file)
    return true
  }

  /// Throws for any result of a write but success; `limit` is the size of the map.
  static func checkWrite(_ status: Int32, _ file: String, limit: Int) throws(StorageError) {
    switch status {
    case MDB_SUCCESS: return
    case ENOSPC, EDQUOT, EFBIG: throw .fullDisk(file, code: status)
    case MDB_MAP_FULL: throw .mapFull(limit: limit)
    default: throw common(status, file) ?? .failedWrite(file, code: status)
    }
  }

  /// Throws for any result of opening but success.
  static func checkOpen(_ status: Int32, _ file: String) throws(StorageError) {
    switch status {
    case MDB_SUCCESS: return
    case ENOSPC, EDQUOT, EFBIG: throw .fullDisk(file, code: status)
    case MDB_INVALID, MDB_VERSION_MISMATCH: throw .foreignFile(file)
    default: throw common(status, file) ?? .failedOpen(file, code: status)
    }
  }

  private static func common(_ status: Int32, _ file: String) -> StorageError? {
    switch status {
    case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_BAD_TXN: .corrupted(file)
    default: nil
    }
  }
}
