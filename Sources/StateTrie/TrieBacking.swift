import Primitives
import Storage

/// What a trie that is kept in a store has besides its working set.
final class TrieBacking {
  /// Nil for a trie that only answers from one snapshot.
  let store: (any KeyValueStore)?
  /// Bytes of the working set above which it shrinks when it has been committed.
  let budget: Int
  /// What is missing in an empty store.
  let missingAtFirst: KeyRangeSet
  /// The snapshot that is open now; whoever opened it lets it go.
  private(set) var view: StoreView?
  /// What has been removed since the last commit: held keys, inner nodes, whole subtrees.
  var goneLeaves: [KeyNibbles] = []
  var goneNodes: [KeyNibbles] = []
  var goneSubtrees: [KeyNibbles] = []
  /// What the last commit says.
  var savedMissing = KeyRangeSet.none
  var savedUncharted = KeyRangeSet.none
  var savedSerial: UInt64 = 0
  /// Upper bound of the bytes of values that are held outside of their nodes.
  var longValueBytes = 0
  /// Values up to this length in bytes are counted with their node.
  static let shortValueBytes = 64
  /// The byte before the keys of each table, in the state that is read or written now.
  private var bytes: InlineArray<3, UInt8> = [0, 0, 0]
  private let room = UnsafeMutableRawPointer.allocate(
    byteCount: 1 + StoredKey.bytesMax, alignment: 8)

  init(store: (any KeyValueStore)?, budget: Int, missing: KeyRangeSet = .all) {
    self.store = store
    self.budget = budget
    missingAtFirst = missing
  }

  deinit {
    room.deallocate()
  }

  /// Reads from a snapshot, until `close`.
  func open(_ view: StoreView) throws(StorageError) {
    try setBytes { table throws(StorageError) in try view.byte(of: table.namespace) }
    self.view = view
  }

  func close() {
    view = nil
  }

  /// Notes the bytes before the keys of the tables. To be called for each snapshot and transaction.
  func setBytes(
    _ byte: (StoredTable) throws(StorageError) -> UInt8
  ) throws(StorageError) {
    for table in StoredTable.allCases { bytes[table.rawValue] = try byte(table) }
  }

  /// The key bytes of a record with the table's before them, until the next call.
  func key(_ table: StoredTable, _ key: KeyNibbles) -> UnsafeRawBufferPointer {
    room.storeBytes(of: bytes[table.rawValue], as: UInt8.self)
    return UnsafeRawBufferPointer(start: room, count: 1 + StoredKey.write(key, to: room + 1))
  }

  /// Notes that a leaf with this value is in memory.
  func count(valueBytes: Int) {
    if valueBytes > Self.shortValueBytes { longValueBytes += valueBytes }
  }

  func forgetChanges() {
    goneLeaves.removeAll()
    goneNodes.removeAll()
    goneSubtrees.removeAll()
  }
}

extension StateTrie {
  /// Runs `body` with an open snapshot of the store, if the trie has one.
  func reading<Output>(
    _ body: () throws(TrieError) -> Output
  ) throws(TrieError) -> Output {
    guard let backing, backing.view == nil else { return try body() }
    guard let store = backing.store else { throw .storage(.closed) }
    let result: Result<Output, TrieError>
    do throws(StorageError) {
      result = try store.read { snapshot throws(StorageError) in
        try backing.open(snapshot.view)
        defer { backing.close() }
        return Result { () throws(TrieError) in try body() }
      }
    } catch {
      throw .storage(error)
    }
    return try result.get()
  }

  /// What is stored in `table` under `key`, or nil.
  func record(_ table: StoredTable, _ key: KeyNibbles) throws(TrieError) -> [UInt8]? {
    guard let backing, let view = backing.view else { throw .storage(.closed) }
    var record: [UInt8]?
    do throws(StorageError) {
      _ = try view.withBytes(of: backing.key(table, key)) { record = Array($0) }
    } catch {
      throw .storage(error)
    }
    return record
  }
}
