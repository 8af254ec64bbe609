import CLMDB

/// Why a store could not be opened, read or written.
///
/// A struct over a private enum, so that cases can be added without breaking callers.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    case fullDisk(String, needed: Int?, code: Int32)
    case corrupted(String, record: String?)
    case damagedPage(String, page: UInt64, fault: String)
    case damagedTable(String, table: String, fault: String)
    case notRegular(String, kind: String)
    case truncated(String)
    case foreignFile(String)
    case newerFormat(String, found: UInt32, known: UInt32)
    case olderFormat(String, found: UInt32, known: UInt32)
    case otherOwner(String, found: StoreOwner, expected: StoreOwner)
    case namespaceTaken(String, by: String)
    case tooManyNamespaces(limit: Int)
    case failedRead(String, code: Int32)
    case failedWrite(String, code: Int32)
    case failedOpen(String, code: Int32)
    case alreadyOpen(String)
    case keyTooLong(Int)
    case valueTooLong(Int)
    case mapFull(limit: Int)
    case tooManyReaders(limit: Int)
    case nestedWrite
    case busy
    case closed
    case viewGivenUp(changes: Int)
  }

  private let kind: Kind

  /// No room is left on the disk, or not as much as may be used: make some, then try again. Nothing
  /// of the transaction is stored. `needed` is how many bytes the write has at least, if that is
  /// known, and `code` the system's error number.
  public static func fullDisk(
    _ file: String, needed: Int? = nil, code: Int32 = ENOSPC
  ) -> StorageError {
    StorageError(kind: .fullDisk(file, needed: needed, code: code))
  }
  /// What was read is not what was written: the store must be given up and filled anew. `record`
  /// names the record, if it is one.
  package static func corrupted(_ file: String, record: String? = nil) -> StorageError {
    StorageError(kind: .corrupted(file, record: record))
  }
  /// The page `page` of the file cannot be what was written: the store must be given up and filled
  /// anew.
  static func damagedPage(_ file: String, page: UInt64, _ fault: String) -> StorageError {
    StorageError(kind: .damagedPage(file, page: page, fault: fault))
  }
  /// The tree of a table is not what its description says: the store must be given up and filled
  /// anew.
  static func damagedTable(_ file: String, _ table: String, _ fault: String) -> StorageError {
    StorageError(kind: .damagedTable(file, table: table, fault: fault))
  }
  /// In the place of a file is `kind`, for instance a FIFO: it is neither opened nor replaced.
  static func notRegular(_ file: String, kind: String) -> StorageError {
    StorageError(kind: .notRegular(file, kind: kind))
  }
  /// The end of the file is missing: the store must be given up and filled anew.
  public static func truncated(_ file: String) -> StorageError {
    StorageError(kind: .truncated(file))
  }
  /// The file was not written by this program: name another data directory.
  public static func foreignFile(_ file: String) -> StorageError {
    StorageError(kind: .foreignFile(file))
  }
  /// The file was written by a newer program: use that one.
  public static func newerFormat(_ file: String, found: UInt32, known: UInt32) -> StorageError {
    StorageError(kind: .newerFormat(file, found: found, known: known))
  }
  /// The file was written by an older program in a form that is not read any more: name another
  /// data directory, or fill this one anew.
  public static func olderFormat(_ file: String, found: UInt32, known: UInt32) -> StorageError {
    StorageError(kind: .olderFormat(file, found: found, known: known))
  }
  /// The file belongs to something else: name another data directory.
  public static func otherOwner(
    _ file: String, found: StoreOwner, expected: StoreOwner
  ) -> StorageError {
    StorageError(kind: .otherOwner(file, found: found, expected: expected))
  }
  /// Two rooms of the program have declared a namespace of one name: name the later one otherwise.
  static func namespaceTaken(_ name: String, by room: String) -> StorageError {
    StorageError(kind: .namespaceTaken(name, by: room))
  }
  /// The store has `limit` namespaces, and no byte for another one. Nothing of the transaction is
  /// stored.
  static func tooManyNamespaces(limit: Int) -> StorageError {
    StorageError(kind: .tooManyNamespaces(limit: limit))
  }
  /// The system refused to read; `code` is its error number.
  public static func failedRead(_ file: String, code: Int32) -> StorageError {
    StorageError(kind: .failedRead(file, code: code))
  }
  /// The system refused to write; `code` is its error number. Nothing of the transaction is stored.
  public static func failedWrite(_ file: String, code: Int32) -> StorageError {
    StorageError(kind: .failedWrite(file, code: code))
  }
  /// The system refused to open or create the file; `code` is its error number.
  public static func failedOpen(_ file: String, code: Int32) -> StorageError {
    StorageError(kind: .failedOpen(file, code: code))
  }
  /// The store is open already, here or in another process: close it there.
  public static func alreadyOpen(_ file: String) -> StorageError {
    StorageError(kind: .alreadyOpen(file))
  }
  /// A key of `count` bytes is above `StorageLimits.keyBytesMax`.
  public static func keyTooLong(_ count: Int) -> StorageError {
    StorageError(kind: .keyTooLong(count))
  }
  /// A value of `count` bytes is above `StorageLimits.valueBytesMax`.
  public static func valueTooLong(_ count: Int) -> StorageError {
    StorageError(kind: .valueTooLong(count))
  }
  /// The store may not grow above `limit` bytes, or not now, because the writer itself holds a
  /// snapshot open. Nothing of the transaction is stored.
  public static func mapFull(limit: Int) -> StorageError {
    StorageError(kind: .mapFull(limit: limit))
  }
  /// More than `limit` snapshots are open at one time.
  public static func tooManyReaders(limit: Int) -> StorageError {
    StorageError(kind: .tooManyReaders(limit: limit))
  }
  /// A transaction was begun inside another one of the same thread: pass the outer one on instead.
  public static let nestedWrite = StorageError(kind: .nestedWrite)
  /// The store cannot be closed inside one of its own transactions.
  public static let busy = StorageError(kind: .busy)
  /// The store was closed, or its process crashed.
  public static let closed = StorageError(kind: .closed)
  /// More than `changes` changes came while a view of before them was held: take a new one.
  package static func viewGivenUp(changes: Int) -> StorageError {
    StorageError(kind: .viewGivenUp(changes: changes))
  }

  /// Whether the transaction ran out of address space rather than of disk.
  var isMapFull: Bool {
    if case .mapFull = kind { true } else { false }
  }

  /// The system's error number of a write that failed for whatever reason.
  var writeCode: Int32? {
    switch kind {
    case .fullDisk(_, _, let code), .failedWrite(_, let code): code
    default: nil
    }
  }

  /// Whether there was no room: what was asked for can be tried again once there is some.
  public var isFullDisk: Bool {
    if case .fullDisk = kind { true } else { false }
  }

  /// Whether something in the file is not what was written.
  public var isDamage: Bool {
    switch kind {
    case .corrupted, .damagedPage, .damagedTable, .truncated: true
    default: false
    }
  }

  /// A stable name for the event log.
  public var reason: String {
    switch kind {
    case .fullDisk: "full_disk"
    case .corrupted, .damagedPage, .damagedTable: "corrupted"
    case .notRegular: "not_a_file"
    case .truncated: "truncated"
    case .foreignFile: "foreign_file"
    case .newerFormat: "newer_format"
    case .olderFormat: "older_format"
    case .otherOwner: "other_owner"
    case .namespaceTaken: "namespace_taken"
    case .tooManyNamespaces: "too_many_namespaces"
    case .failedRead: "failed_read"
    case .failedWrite: "failed_write"
    case .failedOpen: "failed_open"
    case .alreadyOpen: "already_open"
    case .keyTooLong: "key_too_long"
    case .valueTooLong: "value_too_long"
    case .mapFull: "map_full"
    case .tooManyReaders: "too_many_readers"
    case .nestedWrite: "nested_write"
    case .busy: "busy"
    case .closed: "closed"
    case .viewGivenUp: "view_given_up"
    }
  }

  /// What the system or LMDB says of one of its codes.
  private static func text(of code: Int32) -> String { String(cString: mdb_strerror(code)) }

  public var description: String {
    switch kind {
    case .fullDisk(let file, let needed, let code):
      "the disk is full: \(file) "
        + (needed.map { "needs at least \($0) bytes" } ?? "cannot be written")
        + " (\(Self.text(of: code)))"
    case .damagedPage(let file, let page, let fault): "\(file) is damaged: page \(page): \(fault)"
    case .damagedTable(let file, let table, let fault):
      "\(file) is damaged: table \(table): \(fault)"
    case .notRegular(let file, let kind): "\(file) is \(kind), not a regular file"
    case .corrupted(let file, let record):
      "\(file) is damaged: "
        + "\(record.map { "the record \($0)" } ?? "what was read") is not what was written"
    case .truncated(let file): "\(file) is damaged: its end is missing"
    case .foreignFile(let file): "\(file) was not written by this program"
    case .newerFormat(let file, let found, let known):
      "\(file) has format \(found), this program knows formats up to \(known)"
    case .olderFormat(let file, let found, let known):
      "\(file) has format \(found), this program reads format \(known) only: fill a new one"
    case .otherOwner(let file, let found, let expected):
      "\(file) belongs to \(found), not to \(expected)"
    case .namespaceTaken(let name, let room):
      "the namespace \(name) is that of \(room), and was declared by another room, too"
    case .tooManyNamespaces(let limit): "the store has \(limit) namespaces, and no room for more"
    case .failedRead(let file, let code): "\(file) cannot be read: \(Self.text(of: code))"
    case .failedWrite(let file, let code): "\(file) cannot be written: \(Self.text(of: code))"
    case .failedOpen(let file, let code): "\(file) cannot be opened: \(Self.text(of: code))"
    case .alreadyOpen(let file): "\(file) is open already, in this process or another"
    case .keyTooLong(let count):
      "a key of \(count) bytes is above the limit of \(StorageLimits.keyBytesMax)"
    case .valueTooLong(let count):
      "a value of \(count) bytes is above the limit of \(StorageLimits.valueBytesMax)"
    case .mapFull(let limit): "the store cannot grow now, or not above \(limit) bytes"
    case .tooManyReaders(let limit): "more than \(limit) snapshots are open"
    case .nestedWrite: "a transaction was begun inside another one"
    case .busy: "the store cannot be closed inside one of its transactions"
    case .closed: "the store is closed"
    case .viewGivenUp(let changes): "the view was given up after \(changes) changes"
    }
  }
}
