/// Ordered records of bytes, changed in transactions.
///
/// Keys are ordered like their bytes, a prefix before what it begins. A transaction is all or
/// nothing. A snapshot sees one committed state, whatever is written meanwhile, and holds up no
/// writer (but a store on disk that must grow, see `LMDBStore`). Both live only as long as a
/// synchronous closure runs: none is held across an `await`, and none can be kept.
///
/// Safe for use from any thread. One transaction runs at a time; a second writer waits.
public protocol KeyValueStore: AnyObject, Sendable {
  /// Runs `body` on the newest committed state.
  ///
  /// Another snapshot may be opened, and a transaction begun, inside `body`; the snapshot does not
  /// see what that writes.
  func read<Output>(
    _ body: (borrowing StoreSnapshot) throws(StorageError) -> Output
  ) throws(StorageError) -> Output

  /// Runs `body` and commits what it wrote, unless it throws, discards the transaction, or one of
  /// its writes failed (even if `body` caught that error).
  ///
  /// A store that must grow runs `body` again from the beginning, so it must change nothing but the
  /// transaction. When this returns, a durable store has the changes on disk.
  func write<Output>(
    _ body: (inout StoreTransaction) throws(StorageError) -> Output
  ) throws(StorageError) -> Output

  /// Brings everything committed so far to the disk, for stores that do not do so at each commit.
  func synchronize() throws(StorageError)

  /// Waits for the snapshots and transactions of other threads to end, then closes the store; from
  /// then on everything but `close` throws `closed`.
  func close() throws(StorageError)

  /// Makes sure that `bytes` more can be stored before the store must grow, which waits for all
  /// open snapshots. Not to be called inside one.
  func reserve(_ bytes: Int) throws(StorageError)

  /// True while the store waits for open snapshots to end, and with it whoever writes.
  var isGrowthWaiting: Bool { get }
}

/// A store that grows without waiting for anybody.
extension KeyValueStore {
  public func reserve(_ bytes: Int) throws(StorageError) {}
  public var isGrowthWaiting: Bool { false }
}

/// When a commit reaches the disk.
public enum Durability: Sendable, Hashable, CaseIterable {
  /// Before `write` returns: a loss of power loses nothing committed.
  case everyCommit
  /// At some later time, or when `synchronize` is called. The end of the process loses nothing; a
  /// loss of power may damage the store, so use it only for what can be fetched again.
  case onRequest
}
