import CLMDB

/// The directory of a store on disk: locked for one store, its file created whole or not at all and
/// checked without changing a byte.
struct DataDirectory: Sendable {
  /// The name of the file that holds the records (LMDB's own).
  static let fileName = "data.mdb"

  let path: String
  /// Holds the lock until `unlock`, or until the process ends in whatever way.
  let descriptor: Int32

  var file: String { path + "/" + Self.fileName }
  /// The file in which LMDB keeps who reads what; it means nothing when nobody has the store open.
  private var lockFile: String { path + "/lock.mdb" }
  private var unfinished: String { file + ".new" }

  /// Creates the directory if it is missing (not those above it) and locks it.
  init(locking path: String) throws(StorageError) {
    self.path = path
    if mkdir(path, 0o755) != 0, storage_errno() != EEXIST {
      let code = storage_errno()
      // It takes a block.
      let bytes = Int(sysconf(Int32(_SC_PAGESIZE)))
      throw DiskRoom.isFull(code)
        ? .fullDisk(path, needed: bytes, code: code) : .failedOpen(path, code: code)
    }
    descriptor = try Self.lock(path, LOCK_EX)
  }

  /// Opens the directory `path` and locks it without waiting; `mode` is `flock`'s.
  static func lock(_ path: String, _ mode: Int32) throws(StorageError) -> Int32 {
    let descriptor = storage_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard descriptor >= 0 else { throw .failedOpen(path, code: storage_errno()) }
    guard flock(descriptor, mode | LOCK_NB) == 0 else {
      let code = storage_errno()
      CLMDB.close(descriptor)
      throw code == EWOULDBLOCK ? .alreadyOpen(path) : .failedOpen(path, code: code)
    }
    return descriptor
  }

  func unlock() {
    Self.unlock(descriptor)
  }

  /// Lets go of the lock that a directory's descriptor holds, and closes it. A child process that
  /// was forked and has not started its program yet has the descriptor too: closing alone would
  /// leave the lock with it.
  static func unlock(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    CLMDB.close(descriptor)
  }

  /// Makes sure that there is a file for `owner`: creates one, or checks the one that is there.
  func prepare(_ owner: StoreOwner) throws(StorageError) {
    if try Self.size(of: file) == nil {
      try create(owner)
    } else {
      try check(owner)
    }
  }

  /// Size of a file in bytes, nil if there is none. Refuses what is no regular file.
  static func size(of file: String) throws(StorageError) -> Int? {
    guard let status = try FileEntry.status(of: file) else { return nil }
    try FileEntry.checkRegular(status, file)
    return Int(status.st_size)
  }

  /// Removes a store's files, if there are some, and nothing else.
  func erase() throws(StorageError) {
    for file in [file, unfinished, lockFile] where try Self.size(of: file) != nil {
      guard unlink(file) == 0 else { throw .failedWrite(file, code: storage_errno()) }
    }
  }

  /// Writes an empty store beside its place and moves it there, so that a crash leaves no half.
  private func create(_ owner: StoreOwner) throws(StorageError) {
    try removeUnfinished()
    do throws(StorageError) {
      try writeEmptyStore(owner)
      guard rename(unfinished, file) == 0, fsync(descriptor) == 0 else {
        let code = storage_errno()
        throw DiskRoom.isFull(code) ? .fullDisk(file, code: code) : .failedWrite(file, code: code)
      }
    } catch {
      try removeUnfinished()
      throw error
    }
  }

  private func removeUnfinished() throws(StorageError) {
    guard try Self.size(of: unfinished) != nil else { return }
    guard unlink(unfinished) == 0 else {
      throw .failedWrite(unfinished, code: storage_errno())
    }
  }

  /// Bytes of a store without records: two meta pages, the tree of tables, the header.
  private static let emptyStoreBytes = 4 * Int(sysconf(Int32(_SC_PAGESIZE)))

  private func writeEmptyStore(_ owner: StoreOwner) throws(StorageError) {
    try DiskRoom.checkLimit(Self.emptyStoreBytes, unfinished)
    let environment: LMDBEnvironment
    do throws(StorageError) {
      environment = try LMDBEnvironment(file: unfinished, flags: MDB_NOSUBDIR | MDB_NOLOCK)
    } catch {
      throw error.isFullDisk ? .fullDisk(unfinished, needed: Self.emptyStoreBytes) : error
    }
    defer { environment.close() }
    let transaction = try environment.begin()
    do throws(StorageError) {
      let header = try environment.table("header", in: transaction, creating: true)
      _ = try environment.table("records", in: transaction, creating: true)
      try environment.put(
        LMDBEnvironment.headerKey, StoreHeader(owner: owner).bytes, header, transaction)
    } catch {
      mdb_txn_abort(transaction)
      throw error
    }
    do throws(StorageError) {
      try LMDBStatus.checkWrite(mdb_txn_commit(transaction), unfinished, limit: 0)
    } catch {
      throw DiskRoom.explain(error, in: environment, putBytes: Self.emptyStoreBytes)
    }
  }

  /// Makes LMDB's lock file, for as many snapshots at a time. It is mapped and written to.
  func reserveLock(readersMax: Int) throws(StorageError) {
    // LMDB counts in 32 bits.
    let readers = max(1, Int(UInt32(clamping: readersMax)))
    let bytes = Self.lockHeaderBytes + (readers - 1) * Self.readerBytes
    let created = storage_open(
      lockFile, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    let descriptor: Int32
    if created >= 0 {
      descriptor = created
    } else if storage_errno() == EEXIST {
      descriptor = try FileEntry.open(lockFile, O_RDWR).descriptor
    } else {
      let code = storage_errno()
      throw DiskRoom.isFull(code)
        ? .fullDisk(lockFile, needed: bytes, code: code) : .failedOpen(lockFile, code: code)
    }
    defer { CLMDB.close(descriptor) }
    try DiskRoom.checkLimit(bytes, lockFile)
    // Its length tells LMDB how many snapshots there may be.
    guard ftruncate(descriptor, bytes) == 0 else {
      throw .failedWrite(lockFile, code: storage_errno())
    }
    try DiskRoom.reserve(bytes, in: lockFile, descriptor)
  }

  /// LMDB's lock file: two cache lines with its own locks, then one for each snapshot; the header
  /// has the first of those.
  private static let lockHeaderBytes = 192
  private static let readerBytes = 64

  /// Refuses a file that is no store of `owner`. Opens it for reading only.
  private func check(_ owner: StoreOwner) throws(StorageError) {
    let opened = try LMDBOpening(reading: file, checking: .pages)
    opened.environment.close()
    try opened.header.check(owner, of: file)
  }
}

/// What can be seen from the first bytes of a file before LMDB is let at it.
enum LMDBFileShape {
  /// Where LMDB's magic number stands in its first page, and what it is.
  private static let magicOffset = 16
  private static let magic: UInt32 = 0xbeef_c0de
  /// LMDB's two first pages describe the rest.
  private static let metaPages = 2

  static func check(_ file: String) throws(StorageError) {
    let opened = try FileEntry.open(file, O_RDONLY)
    let descriptor = opened.descriptor
    defer { CLMDB.close(descriptor) }
    var start = [UInt8](repeating: 0, count: magicOffset + 4)
    let count = pread(descriptor, &start, start.count, 0)
    guard count >= 0 else { throw .failedRead(file, code: storage_errno()) }
    guard count == start.count else {
      // A page begins with its number, which is 0 here.
      throw start[..<count].allSatisfy { $0 == 0 } ? .truncated(file) : .foreignFile(file)
    }
    let found = start.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: magicOffset, as: UInt32.self)
    }
    guard found == magic else { throw .foreignFile(file) }
    guard opened.byteCount >= metaPages * Int(sysconf(Int32(_SC_PAGESIZE))) else {
      throw .truncated(file)
    }
  }
}
