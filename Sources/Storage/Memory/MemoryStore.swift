/// A store that keeps its records in memory, on a `MemoryDisk` that survives its crash.
///
/// Snapshots cost O(1), since copies of the tree share their nodes; a write costs O(log n).
public final class MemoryStore: KeyValueStore {
  /// Where the records are.
  public let disk: MemoryDisk

  private let opening: UInt64
  private let gate = TransactionGate()

  /// Opens a disk, or begins an empty one, for `owner`. Refuses a disk that is open, or that was
  /// not written for this owner by this program; it is left as it was.
  public init(on disk: MemoryDisk = MemoryDisk(), owner: StoreOwner) throws(StorageError) {
    self.disk = disk
    opening = try disk.state.withLock { state throws(StorageError) in
      guard !state.isOpen else { throw .alreadyOpen(disk.name) }
      if let header = state.header {
        try StoreHeader(header, of: disk.name).check(owner, of: disk.name)
      } else {
        state.header = StoreHeader(owner: owner).bytes
      }
      state.isOpen = true
      state.openings += 1
      return state.openings
    }
  }

  deinit {
    let opening = opening
    disk.state.withLock { state in
      if state.isOpen(to: opening) { state.close() }
    }
  }

  public func read<Output>(
    _ body: (borrowing StoreSnapshot) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    gate.enterToRead()
    defer { gate.leaveAfterReading() }
    return try body(StoreSnapshot(MemoryState(disk, opening: opening, try committed())))
  }

  public func write<Output>(
    _ body: (inout StoreTransaction) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try gate.enterToWrite()
    defer { gate.leaveAfterWriting() }
    let writer = MemoryState(disk, opening: opening, try committed())
    var transaction = StoreTransaction(writer)
    let output = try body(&transaction)
    if !transaction.isDiscarded { try writer.commit() }
    return output
  }

  public func synchronize() throws(StorageError) {
    let opening = opening
    try disk.state.withLock { state throws(StorageError) in
      guard state.isOpen(to: opening) else { throw .closed }
      state.beforeTorn = nil
    }
  }

  public func close() throws(StorageError) {
    let opening = opening
    let disk = disk
    let wasAlone = gate.alone {
      disk.state.withLock { state in
        if state.isOpen(to: opening) { state.close() }
      }
    }
    if !wasAlone { throw .busy }
  }

  /// The process ends here and now: what is not committed is lost, everything asked of this store
  /// from now on throws `closed`, and the disk can be opened again.
  public func crash() {
    let opening = opening
    disk.state.withLock { state in
      if state.isOpen(to: opening) { state.crash() }
    }
  }

  private func committed() throws(StorageError) -> MemoryRecords {
    let opening = opening
    return try disk.state.withLock { state throws(StorageError) in
      guard state.isOpen(to: opening) else { throw .closed }
      return state.committed
    }
  }
}
