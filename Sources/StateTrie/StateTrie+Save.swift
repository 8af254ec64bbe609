import Primitives
import Storage

extension StateTrie {
  /// Opens the trie that `store` holds. A store in which none was saved stands for a trie that has
  /// no keys besides those of `missing`, of which nothing is known.
  ///
  /// `budget` is the size of the working set in bytes: when it is larger after a commit, what lies
  /// deepest leaves the memory. It may be exceeded between commits, and by the paths to missing
  /// places, which always stay. Throws `storage`, and `damaged` for records that no trie has.
  public convenience init(
    store: any KeyValueStore, missing: KeyRangeSet = .all,
    budget: Int = StateTrieLimits.workingSetBytes
  ) throws(TrieError) {
    self.init(backing: TrieBacking(store: store, budget: budget, missing: missing))
    try reload()
  }

  /// Writes everything that changed since the last commit to `transaction`. Changes nothing in
  /// memory, so it may run again; call `committed` when the transaction is committed, or
  /// `rollBack`.
  public func save(to transaction: inout StoreTransaction) throws(StorageError) {
    guard let backing else { return }
    _ = refresh(TrieArena.root)
    try backing.setBytes { table throws(StorageError) in try transaction.byte(of: table.namespace) }
    for key in backing.goneSubtrees {
      let range = KeyRange(subtree: key)
      try transaction.delete(in: StoredKey.range(.leaves, range))
      try transaction.delete(in: StoredKey.range(.nodes, range))
    }
    for key in unique(backing.goneLeaves) {
      #if MUTANTS
        if Mutant.isOn(.leafLeftBehind) { break }
      #endif
      try transaction.delete(StoredTable.leaves.namespace.key(StoredKey.bytes(key)))
    }
    for key in unique(backing.goneNodes) {
      try transaction.delete(StoredTable.nodes.namespace.key(StoredKey.bytes(key)))
    }
    let recharted = difference(backing.savedUncharted, uncharted)
    try save(TrieArena.root, recharted, backing, to: &transaction)
    try saveRanges(StoredState.missingPrefix, backing.savedMissing, missing, to: &transaction)
    try saveRanges(StoredState.unchartedPrefix, backing.savedUncharted, uncharted, to: &transaction)
    let state = StoredState(
      itemCount: itemCount, serials: (serial, nextSerial), missing: missing, uncharted: uncharted)
    try transaction.put(StoredState.countersKey, state.counters)
  }

  private func unique(_ keys: [KeyNibbles]) -> [KeyNibbles] {
    Set(keys).sorted()
  }

  /// A set that holds at least all keys that are in one of both only.
  private func difference(_ a: KeyRangeSet, _ b: KeyRangeSet) -> KeyRangeSet {
    if a == b { return .none }
    let (inA, inB) = (Set(a.ranges), Set(b.ranges))
    return KeyRangeSet(inA.symmetricDifference(inB).sorted { $0.start < $1.start })
  }

  /// Writes an inner node and what changed below it: it, or whether a hash in it is known. Whether
  /// one is known also changes in the places of `recharted`.
  private func save(
    _ ref: NodeRef, _ recharted: KeyRangeSet, _ backing: TrieBacking,
    to transaction: inout StoreTransaction
  ) throws(StorageError) {
    let key = arena.inners[ref.index].key
    let isUnsaved = arena.inners[ref.index].isUnsaved
    guard isUnsaved || (!recharted.isEmpty && recharted.intersects(KeyRange(subtree: key))) else {
      return
    }
    let own = arena.inners[ref.index].own
    if own != .none { try saveLeaf(own.index, backing, to: &transaction) }
    let record = writeRecord(of: ref)
    try transaction.put(backing.key(.nodes, key), record)
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = arena.inners[ref.index].children[slot]
      guard child != .none else { continue }
      if child.isTerminal {
        try saveLeaf(child.index, backing, to: &transaction)
      } else {
        try save(child, recharted, backing, to: &transaction)
      }
    }
  }

  private func saveLeaf(
    _ index: Int, _ backing: TrieBacking, to transaction: inout StoreTransaction
  ) throws(StorageError) {
    let terminal = arena.terminal(index)
    guard terminal.pointee.isUnsaved, terminal.pointee.kind == .leaf else { return }
    try transaction.put(backing.key(.leaves, terminal.key), terminal.value)
  }

  private func saveRanges(
    _ prefix: [UInt8], _ saved: KeyRangeSet, _ now: KeyRangeSet,
    to transaction: inout StoreTransaction
  ) throws(StorageError) {
    if saved == now { return }
    let namespace = StoredTable.state.namespace
    let (old, new) = (Set(saved.ranges), Set(now.ranges))
    for range in saved.ranges where !new.contains(range) {
      #if MUTANTS
        if Mutant.isOn(.staleMissingRanges) { break }
      #endif
      try transaction.delete(namespace.key(StoredKey.bytes(range.start, behind: prefix)))
    }
    for range in now.ranges where !old.contains(range) {
      try transaction.put(
        namespace.key(StoredKey.bytes(range.start, behind: prefix)),
        StoredState.bytes(ofEnd: range.end))
    }
  }

  /// To be called when what `save` wrote has been committed: memory and store are then the same,
  /// and what is above the budget leaves the memory.
  public func committed() {
    guard let backing else { return }
    markSaved(TrieArena.root)
    backing.forgetChanges()
    backing.savedMissing = missing
    backing.savedUncharted = uncharted
    backing.savedSerial = serial
    evict()
  }

  private func markSaved(_ ref: NodeRef) {
    guard arena.inners[ref.index].isUnsaved else { return }
    arena.inners[ref.index].isUnsaved = false
    let own = arena.inners[ref.index].own
    if own != .none { arena.terminal(own.index).pointee.isUnsaved = false }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = arena.inners[ref.index].children[slot]
      guard child != .none else { continue }
      if child.isTerminal {
        arena.terminal(child.index).pointee.isUnsaved = false
      } else {
        markSaved(child)
      }
    }
  }

  /// Gives up everything since the last commit: memory is again what the store holds. Throws
  /// `storage` and `damaged`; then the trie is of no more use, but may be rolled back again.
  public func rollBack() throws(TrieError) {
    try reload()
  }
}
