import Primitives
import StateTrie
import Storage

/// The head's state, for others, from one state of a store.
extension StoreSnapshot {
  /// The head, if the stored trie's root is the one its header says.
  private func provenHead() throws(LedgerStoreError) -> BlockID? {
    guard let position = try position() else { throw .noChain }
    guard position.holdsState else { return nil }
    let head = try knownBlock(position.head, includeBody: false)
    let root = try trie { () throws(TrieError) in try StateTrie.rootHash(in: self) }
    return root == head.header.stateRoot ? position.head : nil
  }

  func chunk(
    from start: KeyNibbles, to end: KeyNibbles?, limit: Int, edges: ChunkEdges, bytesMax: Int
  ) throws(LedgerStoreError) -> ChunkLookup {
    guard let head = try provenHead() else { return .incomplete(.all) }
    do throws(TrieError) {
      let chunk = try StateTrie.chunk(
        in: self, from: start, to: end, limit: limit, edges: edges, bytesMax: bytesMax)
      return .chunk(chunk, head)
    } catch {
      return ChunkLookup(error)
    }
  }

  func proof(of keys: [KeyNibbles]) throws(LedgerStoreError) -> ProofLookup {
    guard let head = try provenHead() else { return .incomplete }
    do throws(TrieError) {
      return .proof(try StateTrie.proof(of: keys, in: self), head)
    } catch {
      if error.isOfStore { throw LedgerStoreError(error) }
      return .incomplete
    }
  }

  /// As `Blockchain.fittingCount(of:bytesMax:)`.
  func fittingCount(of keys: [KeyNibbles], bytesMax: Int) throws(LedgerStoreError) -> Int {
    var size = ValueSize(bytesMax: bytesMax)
    for key in keys {
      let value = try trie { () throws(TrieError) in try StateTrie.lookup(key, in: self) }
      guard size.add(value) else { break }
    }
    return size.count
  }

  func account(_ address: Address) throws(LedgerStoreError) -> AccountLookup {
    guard let position = try position(), position.holdsState else { return .missing }
    return AccountLookup(
      try trie { () throws(TrieError) in try StateTrie.lookup(address.key, in: self) })
  }

  /// Runs a read of the trie that only the store can make fail.
  func trie<Output>(
    _ body: () throws(TrieError) -> Output
  ) throws(LedgerStoreError) -> Output {
    do throws(TrieError) { return try body() } catch {
      throw LedgerStoreError(error)
    }
  }
}
