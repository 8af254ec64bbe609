import Locking
import Primitives
import Storage

/// A set of records in a store with its tree, for more records than memory holds.
///
/// The upper levels of the tree are in memory; each node of the last of them is a *shard*, whose
/// inside is read from the store when needed, a page at a time, and of which the nodes used last
/// are kept. What is said of a shard is written with the records, in the namespace `…/shards`, so
/// that opening reads the shards alone.
///
/// Safe for use from any thread. Whoever writes to the same records by other ways is noticed; then
/// all shards are computed anew.
public final class StoredMerkle: MerkleSource {
  private struct State {
    var tree: RecordTree
    var revision: UInt64
  }

  public let records: StoredRecords
  public let depthMax: Int
  private let shards: Namespace
  private let state: Lock<State>
  /// Held while something is written: the tree follows writes in their order.
  private let writing = Lock(())
  private let hot: HotNodes
  /// Follow each write in its transaction.
  private let symbols: StoredSymbols?

  /// Opens the set called `name` in `store`, or begins an empty one.
  ///
  /// - Parameters:
  ///   - levels: levels of the tree in memory, 0…`ReconciliationLimits.treeLevelsMax`: 16^levels
  ///     shards. With 3 levels, 100 M records are 24 k in a shard.
  ///   - hotNodes: nodes inside shards that are kept, of about 1 KiB each.
  ///   - symbols: coded symbols of the same set, which are to be kept current, too.
  public init(
    in store: any KeyValueStore, name: String, levels: Int = 3, depthMax: Int = 20,
    hotNodes: Int = 4_096, symbols: StoredSymbols? = nil
  ) throws(StorageError) {
    precondition((1...HashedPosition.nibbleCount).contains(depthMax), "no depth \(depthMax)")
    precondition(levels <= depthMax, "\(levels) levels in a tree of depth \(depthMax)")
    records = StoredRecords(in: store, name: name)
    shards = Namespace(name + "/shards")
    self.depthMax = depthMax
    self.symbols = symbols
    hot = HotNodes(nodesMax: hotNodes, revision: 0)
    state = Lock(State(tree: RecordTree(levels: levels), revision: 0))
    try catchUp()
  }

  /// Makes the changes in order, all or none; tells those that changed something.
  @discardableResult
  public func write(_ writes: [RecordWrite]) throws(StorageError) -> [RecordChange] {
    try catchUp()
    return try writing.withLock { _ throws(StorageError) in
      let (tree, revision) = state.withLock { ($0.tree, $0.revision) }
      let (changes, next, reached, followed) = try records.store.write {
        transaction throws(StorageError) in
        let changes = try records.apply(writes, in: &transaction)
        var next = tree
        for change in changes { next.apply(change) }
        // Somebody else wrote: what is said of the shards stays old, and is computed anew.
        let reached = try records.revision(in: transaction)
        if !changes.isEmpty, reached == revision + 1 {
          try put(changes, of: next, at: reached, in: &transaction)
        }
        return (changes, next, reached, try symbols?.follow(changes, in: &transaction))
      }
      symbols?.settle(followed ?? nil)
      guard !changes.isEmpty, reached == revision + 1 else { return changes }
      hot.forget(
        above: changes.compactMap { ($0.new ?? $0.old)?.position }, revision: reached)
      state.withLock { $0 = State(tree: next, revision: reached) }
      return changes
    }
  }

  public func withTree<Output>(
    _ body: (MerkleView) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    for _ in 0..<ReconciliationLimits.viewAttemptsMax {
      let output: Output? = try records.store.read { snapshot throws(StorageError) in
        let view = StoredRecordView(view: snapshot.view, names: records.names)
        let (tree, revision) = state.withLock { ($0.tree, $0.revision) }
        // Between the snapshot and this somebody may have written.
        guard try view.state().revision == revision else { return nil }
        return try body(
          MerkleView(
            tree: tree, records: view, depthMax: depthMax, hot: hot, revision: revision))
      }
      if let output { return output }
      try catchUp()
    }
    throw StoredForm.damage([], "it is written to without its tree, again and again")
  }

  /// Computes the hashes of the levels in memory that writes have made unknown; reads the shards
  /// that changed.
  public func settleHashes() throws(StorageError) {
    try catchUp()
    try writing.withLock { _ throws(StorageError) in
      let (tree, revision) = state.withLock { ($0.tree, $0.revision) }
      var settled = tree
      try records.withView { view throws(StorageError) in
        try settled.settle(over: view, depthMax: depthMax)
      }
      let ready = settled
      state.withLock { if $0.revision == revision { $0.tree = ready } }
    }
  }

  /// Nodes inside shards that are kept now.
  package var hotCount: Int { hot.count }

  /// Brings the tree to the newest state of the records, if it is not there.
  private func catchUp() throws(StorageError) {
    try writing.withLock { _ throws(StorageError) in
      let (levels, revision) = state.withLock { ($0.tree.levels, $0.revision) }
      let found: (state: State, isRebuilt: Bool)? = try records.store.read {
        snapshot throws(StorageError) in
        let view = StoredRecordView(view: snapshot.view, names: records.names)
        let newest = try view.state().revision
        guard newest != revision else { return nil }
        let shards = StoredShards(view: snapshot.view, namespace: shards)
        if let tree = try shards.tree(levels: levels, at: newest) {
          return (State(tree: tree, revision: newest), false)
        }
        let tree = try RecordTree(levels: levels, over: view)
        return (State(tree: tree, revision: newest), true)
      }
      guard let found else { return }
      let rebuilt = found.state
      hot.forgetAll(revision: rebuilt.revision)
      state.withLock { $0 = rebuilt }
      guard found.isRebuilt else { return }
      try records.store.write { transaction throws(StorageError) in
        guard try records.revision(in: transaction) == rebuilt.revision else { return }
        try transaction.delete(in: shards.all)
        try putAll(rebuilt, in: &transaction)
      }
    }
  }

  private func put(
    _ changes: [RecordChange], of tree: RecordTree, at revision: UInt64,
    in transaction: inout StoreTransaction
  ) throws(StorageError) {
    var places = Set<Int>()
    for change in changes {
      guard let position = (change.new ?? change.old)?.position else { continue }
      places.insert(RecordTree.place(position, tree.levels))
    }
    for place in places.sorted() {
      let cell = tree.cells[RecordTree.offset(of: tree.levels) + place]
      let key = shards.key(StoredShards.key(place))
      if cell.node.count == 0 {
        try transaction.delete(key)
      } else {
        try transaction.put(key, StoredShards.bytes(of: cell))
      }
    }
    try transaction.put(
      shards.key(), StoredShards.bytes(revision: revision, levels: tree.levels))
  }

  private func putAll(
    _ state: State, in transaction: inout StoreTransaction
  ) throws(StorageError) {
    let tree = state.tree
    let start = RecordTree.offset(of: tree.levels)
    for place in 0..<1 << (4 * tree.levels) where tree.cells[start + place].node.count > 0 {
      try transaction.put(
        shards.key(StoredShards.key(place)), StoredShards.bytes(of: tree.cells[start + place]))
    }
    try transaction.put(
      shards.key(), StoredShards.bytes(revision: state.revision, levels: tree.levels))
  }
}
