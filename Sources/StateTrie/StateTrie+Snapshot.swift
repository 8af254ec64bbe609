import Primitives
import Storage

/// Answers from one snapshot of a store, whatever is pushed meanwhile: the working set of the trie
/// that is kept there is not touched, so they may be asked for in any thread. All throw what the
/// methods of the same name throw, and `storage` and `damaged`.
extension StateTrie {
  /// A chunk of what the snapshot holds, as `chunk(from:to:limit:edges:)` makes it. Throws
  /// `missing` with the range that lacks where that one does.
  public static func chunk(
    in snapshot: borrowing StoreSnapshot, from start: KeyNibbles, to end: KeyNibbles? = nil,
    limit: Int, edges: ChunkEdges = .last, bytesMax: Int = .max
  ) throws(TrieError) -> TrieChunk {
    try chunk(
      in: snapshot.view, from: start, to: end, limit: limit, edges: edges, bytesMax: bytesMax)
  }

  /// The same from a view of a snapshot, while the closure that was given the snapshot runs.
  package static func chunk(
    in view: StoreView, from start: KeyNibbles, to end: KeyNibbles? = nil, limit: Int,
    edges: ChunkEdges = .last, bytesMax: Int = .max
  ) throws(TrieError) -> TrieChunk {
    try serving(view) { trie throws(TrieError) in
      try trie.chunk(from: start, to: end, limit: limit, edges: edges, bytesMax: bytesMax)
    }
  }

  /// A proof of `keys` against the root of the snapshot.
  public static func proof(
    of keys: [KeyNibbles], in snapshot: borrowing StoreSnapshot
  ) throws(TrieError) -> TrieProof {
    try serving(snapshot) { trie throws(TrieError) in try trie.proof(of: keys) }
  }

  /// What the snapshot says of `key`.
  public static func lookup(
    _ key: KeyNibbles, in snapshot: borrowing StoreSnapshot
  ) throws(TrieError) -> TrieLookup {
    try serving(snapshot) { trie throws(TrieError) in try trie.lookup(key) }
  }

  /// Hands the items of `range` that the snapshot holds to `body` in key order until it returns
  /// false.
  public static func forEachItem(
    in range: KeyRange = .all, of snapshot: borrowing StoreSnapshot, _ body: (TrieItem) -> Bool
  ) throws(TrieError) {
    try serving(snapshot) { trie throws(TrieError) in try trie.forEachItem(in: range, body) }
  }

  /// The root of the snapshot, or nil while some missing subtree's hash is not known.
  public static func rootHash(
    in snapshot: borrowing StoreSnapshot
  ) throws(TrieError) -> Hash256? {
    try serving(snapshot) { trie throws(TrieError) in trie.rootHash() }
  }

  /// The key ranges that the snapshot lacks; all keys if no trie was ever saved there.
  public static func missing(
    in snapshot: borrowing StoreSnapshot
  ) throws(TrieError) -> KeyRangeSet {
    try StoredState(snapshot.view)?.missing ?? .all
  }

  /// The number of items that the snapshot holds.
  public static func itemCount(in snapshot: borrowing StoreSnapshot) throws(TrieError) -> Int {
    try StoredState(snapshot.view)?.itemCount ?? 0
  }

  /// Runs `body` with a trie that reads from the snapshot, of which only the root is in memory.
  private static func serving<Output>(
    _ snapshot: borrowing StoreSnapshot, _ body: (StateTrie) throws(TrieError) -> Output
  ) throws(TrieError) -> Output {
    try serving(snapshot.view, body)
  }

  /// The same from a view of a snapshot, while the closure that was given the snapshot runs. What
  /// `body` changes is lost with the trie.
  package static func serving<Output>(
    _ view: StoreView, _ body: (StateTrie) throws(TrieError) -> Output
  ) throws(TrieError) -> Output {
    let backing = TrieBacking(store: nil, budget: 0)
    do throws(StorageError) { try backing.open(view) } catch { throw .storage(error) }
    defer { backing.close() }
    let trie = StateTrie(backing: backing)
    try trie.reload(onlyRoot: true)
    return try body(trie)
  }
}
