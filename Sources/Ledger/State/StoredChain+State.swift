import Primitives
import StateTrie
import Storage

extension StoredChain {
  /// Reads the whole state: leaves against nodes, nodes against the root, the root against the
  /// head's header. Nothing to do for a chain that holds none.
  ///
  /// - Parameter progress: Called with how much is done, in parts per million.
  /// - Throws: The first difference, with its place.
  public static func checkState(
    in snapshot: borrowing StoreSnapshot, progress: (Int) -> Void = { _ in }
  ) throws(LedgerStoreError) {
    guard let position = try snapshot.position() else { throw .noChain }
    guard position.holdsState else { return }
    let head = try snapshot.knownBlock(position.head, includeBody: false)
    let fault = try snapshot.trie { () throws(TrieError) in
      try StateTrie.check(in: snapshot, root: head.header.stateRoot) { done in
        progress(done.leaves * 1_000_000 / max(1, done.leavesTotal))
        return true
      }
    }
    if let fault { throw .damagedState(fault.description) }
  }

  /// How much there is of the stored state.
  public static func stateStatistics(
    in snapshot: borrowing StoreSnapshot
  ) throws(LedgerStoreError) -> StoredTrieStatistics {
    try snapshot.trie { () throws(TrieError) in try StateTrie.storedStatistics(in: snapshot) }
  }
}
