import Primitives
import StateTrie

/// The head's state, for others, from memory.
extension ChainState {
  /// The trie, if its root is the one the head's header says.
  private var provenTrie: StateTrie? {
    guard let trie, trie.rootHash() == head.header.stateRoot else { return nil }
    return trie
  }

  func chunk(
    from start: KeyNibbles, to end: KeyNibbles?, limit: Int, edges: ChunkEdges, bytesMax: Int
  ) -> ChunkLookup {
    guard let trie = provenTrie else { return .incomplete(.all) }
    do throws(TrieError) {
      let chunk = try trie.chunk(
        from: start, to: end, limit: limit, edges: edges, bytesMax: bytesMax)
      return .chunk(chunk, head.id)
    } catch {
      return ChunkLookup(error)
    }
  }

  func proof(of keys: [KeyNibbles]) -> ProofLookup {
    guard let proof = try? provenTrie?.proof(of: keys) else { return .incomplete }
    return .proof(proof, head.id)
  }

  /// As `Blockchain.fittingCount(of:bytesMax:)`.
  func fittingCount(of keys: [KeyNibbles], bytesMax: Int) -> Int {
    var size = ValueSize(bytesMax: bytesMax)
    for key in keys {
      guard let value = try? trie?.lookup(key), size.add(value) else { break }
    }
    return size.count
  }

  func account(_ address: Address) throws(LedgerStoreError) -> AccountLookup {
    guard let trie else { return .missing }
    do throws(TrieError) { return AccountLookup(try trie.lookup(address.key)) } catch {
      throw LedgerStoreError(error)
    }
  }
}

/// Adds up values until they have a number of bytes.
struct ValueSize {
  private var left: Int
  /// Values that fit; the first one always does.
  private(set) var count = 0

  init(bytesMax: Int) { left = bytesMax }

  /// False if the value does not fit.
  mutating func add(_ value: TrieLookup) -> Bool {
    if case .present(let bytes) = value { left -= bytes.count }
    guard left >= 0 || count == 0 else { return false }
    count += 1
    return true
  }
}

extension ChunkLookup {
  /// Why a trie gives no chunk.
  init(_ error: TrieError) {
    if let range = error.missingRange {
      self = .incomplete(range)
    } else if error.isOfStore {
      self = .failed(LedgerStoreError(error))
    } else {
      self = .refused(error)
    }
  }
}

extension AccountLookup {
  /// What a value of the state says.
  init(_ value: TrieLookup) {
    switch value {
    case .missing: self = .missing
    case .absent: self = .absent
    // Everything in the state was an account when it was checked, so this cannot fail for verified
    // states; a state that lies is as good as none.
    case .present(let bytes):
      self = (try? Account(wireBytes: bytes)).map(AccountLookup.present) ?? .missing
    }
  }
}
