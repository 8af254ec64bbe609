import Primitives
import Storage

/// The first thing that is wrong in a stored trie.
public struct TrieFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where it was noticed; nil for the trie as a whole.
  public let key: KeyNibbles?
  /// What should be there.
  public let expected: String
  /// What is there.
  public let found: String

  public var description: String {
    "\(key.map { "at \($0)" } ?? "stored trie"): expected \(expected), found \(found)"
  }
}

/// How far a check has come.
public struct TrieCheckProgress: Equatable, Sendable {
  /// Leaf records read so far.
  public var leaves = 0
  /// Leaf records there should be.
  public var leavesTotal = 0
  /// Node records read so far.
  public var nodes = 0
  /// Key of the node read last.
  public var key = KeyNibbles.empty
}

extension StateTrie {
  /// Counts what a snapshot holds of the trie, in one pass over its records. Throws `storage`, and
  /// `damaged` for a record that cannot be read.
  public static func storedStatistics(
    in snapshot: borrowing StoreSnapshot
  ) throws(TrieError) -> StoredTrieStatistics {
    let view = snapshot.view
    var result = StoredTrieStatistics()
    guard let state = try StoredState(view) else { return result }
    result.missing = state.missing
    result.items = state.itemCount
    var path: [KeyNibbles] = []
    var failure: TrieError?
    do throws(StorageError) {
      try view.forEachBytes(in: StoredTable.nodes.namespace.all) { bytes, value in
        guard let key = StoredKey.key(in: bytes) else {
          failure = .unreadableKey(Array(bytes))
          return false
        }
        while let last = path.last, !last.isPrefix(of: key) { path.removeLast() }
        while result.nodesByDepth.count <= path.count { result.nodesByDepth.append(0) }
        result.nodesByDepth[path.count] += 1
        result.nodeBytes += bytes.count + value.count
        path.append(key)
        return true
      }
      try view.forEachBytes(in: StoredTable.leaves.namespace.all) { bytes, value in
        result.leaves += 1
        result.keyBytes += bytes.count
        result.valueBytes += value.count
        return true
      }
    } catch {
      throw .storage(error)
    }
    if let failure { throw failure }
    return result
  }
}

/// What a store holds of a trie. Bytes are those of keys and values, without the store's own.
public struct StoredTrieStatistics: Equatable, Sendable {
  /// Held keys, as the counters say.
  public var items = 0
  /// Leaf records that are there.
  public var leaves = 0
  /// Node records by the number of nodes above them; the root's first.
  public var nodesByDepth: [Int] = []
  /// Bytes of the leaf records' keys and values, and of the node records.
  public var keyBytes = 0
  public var valueBytes = 0
  public var nodeBytes = 0
  /// The key ranges that are not held.
  public var missing = KeyRangeSet.none

  /// The part of the key space that is missing, 0…1, by the first 15 nibbles.
  public var missingShare: Double {
    missing.ranges.reduce(0) { $0 + $1.share }
  }
}
