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
  /// The snapshot that is open now.
  var view: StoreView?
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
  private let room = UnsafeMutableRawPointer.allocate(
    byteCount: 1 + StoredKey.bytesMax, alignment: 8)

  init(
    store: (any KeyValueStore)?, budget: Int, missing: KeyRangeSet = .all, view: StoreView? = nil
  ) {
    self.store = store
    self.budget = budget
    missingAtFirst = missing
    self.view = view
  }

  deinit {
    room.deallocate()
  }

  /// The key bytes of a record, until the next call.
  func key(_ table: StoredTable, _ key: KeyNibbles) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: room, count: StoredKey.write(key, prefix: table.rawValue, to: room))
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
        backing.view = snapshot.view
        defer { backing.view = nil }
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
