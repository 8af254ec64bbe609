import CLMDB
import Locking

/// A store on disk, by LMDB: one memory-mapped B+ tree, changed by copying pages.
///
/// A snapshot reads the map without copying; a value is checked against its checksum when it is
/// read. One process has a directory open at a time, by an advisory lock on it.
///
/// When the map is full, the transaction is undone, the open snapshots end, the map grows to twice
/// its size, and the transaction runs again; snapshots that are to be opened wait for that.
public final class LMDBStore: KeyValueStore, @unchecked Sendable {
  /// The directory of the store.
  public var path: String { directory.path }
  /// How the store was opened.
  public let options: LMDBOptions

  private let directory: DataDirectory
  private let gate = TransactionGate()
  private let table: MDB_dbi
  /// Those of the newest committed state.
  private let namespaces: Lock<NamespaceDirectory>
  /// Nil when closed. Changed only by who is alone in the gate.
  private var environment: LMDBEnvironment?

  /// Opens the store in the directory `path`, or creates both; the directory above must be there.
  /// Refuses a file that was not written for `owner` by this program, naming it and leaving every
  /// byte as it was, and a directory that is open already.
  public init(
    path: String, owner: StoreOwner, options: LMDBOptions = LMDBOptions()
  ) throws(StorageError) {
    var options = options
    options.mapBytes = min(options.mapBytes, StorageLimits.mapBytesMax)
    options.mapBytesMax = min(options.mapBytesMax, StorageLimits.mapBytesMax)
    self.options = options
    directory = try DataDirectory(locking: path)
    do throws(StorageError) {
      try directory.prepare(owner)
      try directory.reserveLock(readersMax: options.readersMax)
      let environment = try LMDBEnvironment(
        file: directory.file, path: path,
        flags: options.durability == .everyCommit ? 0 : MDB_NOSYNC,
        mapBytes: Self.wholePages(options.mapBytes), readersMax: options.readersMax)
      do throws(StorageError) {
        try environment.extendFile()
        // Slots of snapshots whose process was killed would keep old pages from being used again.
        try LMDBStatus.checkOpen(mdb_reader_check(environment.handle, nil), environment.file)
        let (table, found) = try environment.records()
        self.table = table
        namespaces = Lock(found)
      } catch {
        environment.close()
        throw error
      }
      self.environment = environment
    } catch {
      directory.unlock()
      throw error
    }
  }

  /// Removes the store in the directory `path`, which stays. Refuses one that is open.
  public static func erase(path: String) throws(StorageError) {
    let directory = try DataDirectory(locking: path)
    defer { directory.unlock() }
    try directory.erase()
  }

  deinit {
    environment?.close()
    if environment != nil { directory.unlock() }
  }

  public func read<Output>(
    _ body: (borrowing StoreSnapshot) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    gate.enterToRead()
    defer { gate.leaveAfterReading() }
    let environment = try opened()
    let transaction = try environment.begin(MDB_RDONLY)
    defer { mdb_txn_abort(transaction) }
    // After the state was taken, so that none of its namespaces can be lacking.
    let known = namespaces.withLock { $0 }
    return try body(
      StoreSnapshot(LMDBState(environment, transaction, table: table, namespaces: known)))
  }

  public func write<Output>(
    _ body: (inout StoreTransaction) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    while true {
      if let output = try attempt(body) { return output.value }
      try grow()
    }
  }

  public func synchronize() throws(StorageError) {
    gate.enterToRead()
    defer { gate.leaveAfterReading() }
    let environment = try opened()
    try LMDBStatus.checkWrite(mdb_env_sync(environment.handle, 1), directory.file, limit: 0)
  }

  public func close() throws(StorageError) {
    var failure: Int32 = 0
    let wasAlone = gate.alone {
      guard let environment else { return }
      failure = mdb_env_sync(environment.handle, 1)
      environment.close()
      directory.unlock()
      self.environment = nil
    }
    if !wasAlone { throw .busy }
    try LMDBStatus.checkWrite(failure, directory.file, limit: 0)
  }

  /// Bytes of address space that are reserved now.
  public func mapBytes() throws(StorageError) -> Int {
    gate.enterToRead()
    defer { gate.leaveAfterReading() }
    return try opened().mapBytes
  }

  private func opened() throws(StorageError) -> LMDBEnvironment {
    guard let environment else { throw .closed }
    return environment
  }

  /// What a committed or discarded transaction returned.
  private struct Outcome<Output> {
    let value: Output
  }

  /// One run of a transaction; nil if the map was full, whatever `body` made of that.
  private func attempt<Output>(
    _ body: (inout StoreTransaction) throws(StorageError) -> Output
  ) throws(StorageError) -> Outcome<Output>? {
    try gate.enterToWrite()
    defer { gate.leaveAfterWriting() }
    let environment = try opened()
    try DiskRoom.checkLimit(environment.mapBytes, directory.file)
    let transaction = try environment.begin()
    let state = LMDBState(
      environment, transaction, table: table, namespaces: namespaces.withLock { $0 })
    var changes = StoreTransaction(state)
    let output: Output
    do throws(StorageError) {
      output = try body(&changes)
      if let failure = state.failure, !changes.isDiscarded { throw failure }
    } catch {
      mdb_txn_abort(transaction)
      if state.failure?.isMapFull == true { return nil }
      throw DiskRoom.explain(error, in: environment, putBytes: state.putBytes)
    }
    if changes.isDiscarded {
      mdb_txn_abort(transaction)
    } else {
      let status = commit(transaction, state)
      if status == MDB_MAP_FULL { return nil }
      do throws(StorageError) {
        try LMDBStatus.checkWrite(status, directory.file, limit: options.mapBytesMax)
      } catch {
        throw DiskRoom.explain(error, in: environment, putBytes: state.putBytes)
      }
    }
    return Outcome(value: output)
  }

  /// Commits, and lets new snapshots know of new namespaces; returns LMDB's status.
  private func commit(_ transaction: OpaquePointer, _ state: LMDBState) -> Int32 {
    let count = namespaces.withLock { $0.names.count }
    guard state.namespaces.names.count > count else { return mdb_txn_commit(transaction) }
    // Who opens a snapshot of the new state waits until they are known.
    let changed = state.namespaces
    return namespaces.withLock { namespaces in
      let status = mdb_txn_commit(transaction)
      if status == MDB_SUCCESS { namespaces = changed }
      return status
    }
  }

  /// Reserves address space; takes no room on the disk.
  public func reserve(_ bytes: Int) throws(StorageError) {
    // Without waiting for anybody if there is nothing to do.
    guard try freeBytes() < bytes else { return }
    try grow { environment in
      let wanted = environment.bytesInUse + bytes
      var target = environment.mapBytes
      while target < min(wanted, options.mapBytesMax) { target *= StorageLimits.mapGrowthFactor }
      return target
    }
  }

  /// Address space behind the last page in use.
  private func freeBytes() throws(StorageError) -> Int {
    gate.enterToRead()
    defer { gate.leaveAfterReading() }
    let environment = try opened()
    return environment.mapBytes - environment.bytesInUse
  }

  public var isGrowthWaiting: Bool { gate.isWaitedFor }

  /// Makes room for a transaction that did not fit.
  private func grow() throws(StorageError) {
    try grow { $0.mapBytes * StorageLimits.mapGrowthFactor }
  }

  /// Waits until no snapshot is open, then reserves as much address space as `size` says.
  private func grow(to size: (LMDBEnvironment) -> Int) throws(StorageError) {
    var result = Result<Void, StorageError>.success(())
    let wasAlone = gate.alone {
      result = Result { () throws(StorageError) in
        let environment = try opened()
        let bytes = environment.mapBytes
        let wanted = size(environment)
        if wanted == bytes { return }
        let target = min(wanted, options.mapBytesMax)
        guard target > bytes else { throw .mapFull(limit: options.mapBytesMax) }
        let status = mdb_env_set_mapsize(environment.handle, Self.wholePages(target))
        try LMDBStatus.checkWrite(status, directory.file, limit: options.mapBytesMax)
        try environment.extendFile()
      }
    }
    guard wasAlone else { throw .mapFull(limit: options.mapBytesMax) }
    try result.get()
  }

  private static func wholePages(_ bytes: Int) -> Int {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    return max(1, bytes / page) * page
  }
}
