import CLMDB
import Primitives

/// A store on disk that is only looked at, whoever owns it: not a byte of its directory changes.
///
/// While it is open no `LMDBStore` can open the directory, and it cannot be opened while one has
/// it.
/// Several archives of one directory may be open.
public final class LMDBArchive: @unchecked Sendable {
  /// The directory.
  public let path: String
  /// Whose the store is.
  public let header: StoreHeader
  /// Bytes from the beginning of the file to the end of the last page in use.
  public let bytesInUse: Int
  /// The length of the file, which has holes behind the pages in use.
  public let fileBytes: Int

  private let environment: LMDBEnvironment
  private let table: MDB_dbi
  private let namespaces: NamespaceDirectory
  /// Holds the lock of the directory.
  private let descriptor: Int32

  /// Opens the store in the directory `path`. Refuses what is no store of this program, or of a
  /// newer one, a directory that is open already, and a file whose pages are damaged.
  ///
  /// - Parameter checksRecords: Whether the checksums of all records are to be looked at, too.
  public init(path: String, checksRecords: Bool = false) throws(StorageError) {
    self.path = path
    let descriptor = try DataDirectory.lock(path, LOCK_SH)
    do throws(StorageError) {
      let opened = try LMDBOpening(
        reading: path + "/" + DataDirectory.fileName, checking: checksRecords ? .records : .pages)
      environment = opened.environment
      table = opened.table
      namespaces = opened.namespaces
      header = opened.header
      fileBytes = opened.fileBytes
      bytesInUse = environment.bytesInUse
    } catch {
      DataDirectory.unlock(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit {
    environment.close()
    DataDirectory.unlock(descriptor)
  }

  /// Runs `body` on what the store holds.
  public func read<Output>(
    _ body: (borrowing StoreSnapshot) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    let transaction = try environment.begin(MDB_RDONLY)
    defer { mdb_txn_abort(transaction) }
    return try body(
      StoreSnapshot(
        LMDBState(environment, transaction, table: table, namespaces: namespaces)))
  }
}

/// A file that was opened for reading only and found to be a store.
struct LMDBOpening {
  let environment: LMDBEnvironment
  let table: MDB_dbi
  let namespaces: NamespaceDirectory
  let header: StoreHeader
  let fileBytes: Int

  init(reading file: String, checking scope: FileCheck.Scope) throws(StorageError) {
    try LMDBFileShape.check(file)
    try FileCheck.run(file, scope)
    environment = try LMDBEnvironment(
      file: file, flags: MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY)
    do throws(StorageError) {
      // Pages after the end of the file must not be touched: the system would kill the process.
      guard let size = try DataDirectory.size(of: file), size >= environment.bytesInUse else {
        throw .truncated(file)
      }
      fileBytes = size
      header = try Self.header(of: environment)
      (table, namespaces) = try environment.records()
    } catch {
      environment.close()
      throw error
    }
  }

  private static func header(
    of environment: LMDBEnvironment
  ) throws(StorageError) -> StoreHeader {
    let transaction = try environment.begin(MDB_RDONLY)
    defer { mdb_txn_abort(transaction) }
    let headers = try environment.table("header", in: transaction)
    let bytes = try environment.get(LMDBEnvironment.headerKey, headers, transaction)
    guard let bytes else { throw .foreignFile(environment.file) }
    return try StoreHeader(bytes, of: environment.file)
  }
}
