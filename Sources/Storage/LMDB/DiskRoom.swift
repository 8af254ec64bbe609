import CLMDB

/// Room on the disk for the files of a store.
enum DiskRoom {
  /// Makes `file` at least `bytes` long, all of it really on the disk. What is mapped to be written
  /// to must be: a page for which there is no room would end the process.
  static func reserve(_ bytes: Int, in file: String, _ descriptor: Int32) throws(StorageError) {
    try checkLimit(bytes, file)
    let code = posix_fallocate(descriptor, 0, bytes)
    if isFull(code) { throw .fullDisk(file, needed: bytes, code: code) }
    guard code == 0 else { throw .failedWrite(file, code: code) }
  }

  /// Refuses a file of `bytes`, if the process may write none of this length.
  static func checkLimit(_ bytes: Int, _ file: String) throws(StorageError) {
    guard UInt64(bytes) <= storage_file_bytes_max() else {
      throw .fullDisk(file, needed: bytes, code: EFBIG)
    }
  }

  /// What an error of the system says when there is no room: on the disk, for this user, in a file.
  static func isFull(_ code: Int32) -> Bool {
    [ENOSPC, EDQUOT, EFBIG].contains(code)
  }

  /// Explains why a transaction could not be written: says how much room it needs, if that was it.
  ///
  /// Of a write for which there is room only in part, LMDB says `EIO`, as of a broken disk. So
  /// the disk is asked whether it has room for as much as the transaction may write.
  ///
  /// - Parameter putBytes: Bytes of what the transaction put; it writes at least those.
  static func explain(
    _ error: StorageError, in environment: LMDBEnvironment, putBytes: Int
  ) -> StorageError {
    guard let code = error.writeCode, code == EIO || isFull(code) else { return error }
    let least = max(putBytes, environment.leastCommitBytes)
    let free = freeBytes(of: environment.file)
    // Every page in use may be copied, and what was put may need twice as much.
    let most = environment.bytesInUse + 2 * least
    let full = isFull(code) ? code : free < most ? ENOSPC : refusal(of: most, environment)
    guard let full else { return error }
    // There was not as much, so it needs more than is free.
    return .fullDisk(environment.file, needed: max(least, free + 1), code: full)
  }

  /// Bytes that may still be written on the disk of a file.
  private static func freeBytes(of file: String) -> Int {
    var disk = statvfs()
    guard statvfs(file, &disk) == 0 else { return 0 }
    let (bytes, isTooMany) = Int(clamping: disk.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: disk.f_frsize))
    return isTooMany ? .max : bytes
  }

  /// The error when `bytes` more are to be reserved behind the pages in use; nil if they could be,
  /// or if the file system reserves nothing.
  private static func refusal(of bytes: Int, _ environment: LMDBEnvironment) -> Int32? {
    var descriptor: Int32 = -1
    guard mdb_env_get_fd(environment.handle, &descriptor) == MDB_SUCCESS else { return nil }
    let end = environment.bytesInUse
    let code = storage_reserve(descriptor, end, bytes) == 0 ? 0 : storage_errno()
    // Nothing behind the pages in use counts.
    _ = storage_release(descriptor, end, bytes)
    return isFull(code) ? code : nil
  }
}

extension LMDBEnvironment {
  /// Bytes that any commit writes at least: a page of each level of the trees that it changes.
  var leastCommitBytes: Int {
    var status = MDB_stat()
    mdb_env_stat(handle, &status)
    return (Int(status.ms_depth) + 2) * Int(status.ms_psize)
  }
}
