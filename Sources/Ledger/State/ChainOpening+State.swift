import Primitives
import StateTrie
import Storage

extension ChainOpening {
  /// The state's trie over the store. In an empty store it lacks all keys, or holds none if the
  /// genesis accounts are to be put into it.
  func openTrie(_ initial: InitialState) throws(LedgerStoreError) -> StateTrie? {
    if initial == .none { return nil }
    do throws(TrieError) {
      return try StateTrie(store: store, missing: initial == .complete ? .none : .all)
    } catch { throw LedgerStoreError(error) }
  }

  /// Puts the genesis accounts into a trie that is complete and empty.
  func fill(_ trie: StateTrie) throws(PushError) {
    do throws(TrieError) {
      for entry in genesis.accounts { try trie.put(entry.address.key, entry.account.wireBytes) }
    } catch {
      guard error.isOfStore else {
        preconditionFailure("a checked genesis account was refused: \(error)")
      }
      throw PushError(.storage(LedgerStoreError(error)), genesis.hash)
    }
  }
}
