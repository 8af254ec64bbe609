import Locking

/// The records of one state, and whose they are.
struct MemoryRecords: Sendable {
  var map = PersistentMap()
  var namespaces = NamespaceDirectory()
}

/// What survives the crash of a `MemoryStore`: the committed records, and the faults to come.
public final class MemoryDisk: Sendable {
  struct State: Sendable {
    var header: [UInt8]?
    var committed = MemoryRecords()
    /// What a crash falls back to, if the last commit is torn.
    var beforeTorn: MemoryRecords?
    var faults = StorageFaults.none
    var writes: UInt64 = 0
    var reads: UInt64 = 0
    var commits: UInt64 = 0
    /// Stores opened so far; the last one is the only one that may still be open.
    var openings: UInt64 = 0
    var isOpen = false
  }

  /// Stands for the file's path in errors.
  public let name: String

  let state = Lock(State())

  /// An empty disk.
  public init(name: String = "memory") {
    self.name = name
  }

  /// The faults to come. May be changed at any time.
  public var faults: StorageFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// Write points passed so far.
  public var writes: UInt64 { state.withLock { $0.writes } }
  /// Read points passed so far.
  public var reads: UInt64 { state.withLock { $0.reads } }
  /// Commits that took effect so far, torn ones included.
  public var commits: UInt64 { state.withLock { $0.commits } }
  /// Bytes of committed keys and stored records.
  public var byteCount: Int { state.withLock { $0.committed.map.byteCount } }

  /// The stored header, nil before the first store was opened. May be replaced while no store is
  /// open, to plant another program's file.
  public var header: [UInt8]? {
    get { state.withLock { $0.header } }
    set { state.withLock { $0.header = newValue } }
  }

  /// Another disk with what is committed here, as a backup has it: without faults, and not open.
  public func copy(name: String = "memory") -> MemoryDisk {
    let (header, committed) = state.withLock { ($0.header, $0.committed) }
    let copy = MemoryDisk(name: name)
    copy.state.withLock { state in
      state.header = header
      state.committed = committed
    }
    return copy
  }
}

extension MemoryDisk.State {
  /// The process is gone: its store is closed, a torn commit is not found again.
  mutating func crash() {
    if let beforeTorn { committed = beforeTorn }
    beforeTorn = nil
    isOpen = false
  }

  /// The process ends in order, with everything on the disk.
  mutating func close() {
    beforeTorn = nil
    isOpen = false
  }

  func isOpen(to opening: UInt64) -> Bool { isOpen && opening == openings }

  /// Passes a write point; a commit brings the records to store.
  mutating func write(
    committing records: MemoryRecords? = nil, opening: UInt64, name: String
  ) throws(StorageError) {
    guard isOpen(to: opening) else { throw .closed }
    writes += 1
    let fault = faults.writes[writes]
    switch fault {
    case .failed: throw .failedWrite(name, code: 0)
    case .fullDisk: throw .fullDisk(name)
    case .crashBefore:
      crash()
      throw .closed
    case .crashAfter, .torn, nil: break
    }
    if let records {
      beforeTorn = fault == .torn ? committed : nil
      committed = records
      commits += 1
    }
    if fault == .crashAfter {
      crash()
      throw .closed
    }
  }

  /// Passes a read point: the number of the bit that a fault damages in the record on its way, if
  /// one does.
  mutating func read(opening: UInt64) throws(StorageError) -> UInt64? {
    guard isOpen(to: opening) else { throw .closed }
    reads += 1
    return faults.bitFlips.isEmpty ? nil : faults.bitFlips[reads]
  }
}
