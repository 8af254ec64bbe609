import Primitives
import StateTrie
import Storage

/// The state after one block, for as long as the closure that was given it runs.
public struct PastState {
  /// The block.
  public let block: BlockID
  private let trie: StateTrie

  init(after block: BlockID, _ trie: StateTrie) {
    self.block = block
    self.trie = trie
  }

  /// Items of the state.
  public var itemCount: Int { trie.itemCount }

  /// The trie's node with exactly this key, without the values of inner nodes; nil if there is
  /// none.
  public func node(at key: KeyNibbles) throws(LedgerStoreError) -> ProofNode? {
    try read { (trie) throws(TrieError) in try trie.node(at: key) }
  }

  /// The hashes of the nodes with exactly these keys; nil where there is none.
  public func nodeHashes(at keys: [KeyNibbles]) throws(LedgerStoreError) -> [Hash256?] {
    try read { (trie) throws(TrieError) in try trie.nodeHashes(at: keys) }
  }

  /// Hands the items of `range` to `body` in key order until it returns false.
  public func forEachItem(
    in range: KeyRange = .all, _ body: (TrieItem) -> Bool
  ) throws(LedgerStoreError) {
    try read { (trie) throws(TrieError) in try trie.forEachItem(in: range, body) }
  }

  private func read<Output>(
    _ body: (StateTrie) throws(TrieError) -> Output
  ) throws(LedgerStoreError) -> Output {
    do throws(TrieError) { return try body(trie) } catch { throw LedgerStoreError(error) }
  }
}

/// What came of reading the state of a block.
public enum PastStateReading<Output> {
  case read(Output)
  /// The block is not on the main chain, or a diff since is not kept, or too much has changed.
  case unavailable
  /// The chain does not hold the whole state of its head.
  case incomplete
}

extension PastStateReading: Sendable where Output: Sendable {}

extension Blockchain {
  /// Runs `body` with the state after a block of the main chain: the head's, from which the diffs
  /// since are taken back for the time of the call.
  ///
  /// It is read from one snapshot of the store, and nobody waits for it. The state of a chain in
  /// memory, which there is once, is changed and restored behind the lock. Time and memory are
  /// those of the diffs since, which have `LedgerLimits.takenBackEntriesMax` entries at most.
  /// - Parameters:
  ///   - hash: the block; the head if nil.
  ///   - partly: whether a state of which only a part is held will do. Then `body` is told what is
  ///     missing where it asks for that.
  public func readState<Output: Sendable>(
    after hash: Hash256? = nil, partly: Bool = false,
    _ body: @Sendable (PastState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> PastStateReading<Output> {
    if let store {
      return try store.look { (snapshot) throws(LedgerStoreError) in
        try snapshot.readState(after: hash, partly: partly, body)
      }
    }
    return try reading { (state) throws(LedgerStoreError) in
      try state.readState(after: hash, partly: partly, body)
    }
  }
}

extension BlockReading where Self: ~Copyable {
  /// The main chain block `hash` and the inverted diffs that lead there from `head`; nil if there
  /// is no such way.
  fileprivate func wayBack(
    to hash: Hash256, from head: BlockID
  ) throws(LedgerStoreError) -> (block: BlockID, diffs: [TrieDiff])? {
    guard let found = try find(hash, includeBody: false), found.isOnMain,
      found.block.number <= head.number
    else { return nil }
    var diffs: [TrieDiff] = []
    var entries = 0
    for number in stride(from: head.number, to: found.block.number, by: -1) {
      guard let hash = try mainHash(at: number), case .diff(let diff) = try diffLookup(of: hash)
      else { return nil }
      entries += diff.entries.count
      guard entries <= LedgerLimits.takenBackEntriesMax else { return nil }
      if !diff.entries.isEmpty { diffs.append(diff.inverted()) }
    }
    return (found.block.id, diffs)
  }
}

extension StoreSnapshot {
  fileprivate func readState<Output>(
    after hash: Hash256?, partly: Bool,
    _ body: (PastState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> PastStateReading<Output> {
    guard let position = try position() else { throw .noChain }
    let head = try knownBlock(position.head, includeBody: false)
    let missing = try trie { () throws(TrieError) in try StateTrie.missing(in: self) }
    guard position.holdsState, partly || missing.isEmpty else { return .incomplete }
    guard let way = try wayBack(to: hash ?? head.hash, from: head.id) else { return .unavailable }
    let result = try trie { () throws(TrieError) in
      try StateTrie.serving(view) { trie throws(TrieError) in
        guard trie.hasRoot(head.header.stateRoot, partly: partly) else {
          return Result<Output?, LedgerStoreError>.success(nil)
        }
        // The trie is this call's alone, and nothing of it is ever saved.
        for diff in way.diffs { try trie.apply(diff) }
        return Result { () throws(LedgerStoreError) in
          try body(PastState(after: way.block, trie))
        }
      }
    }
    return try result.get().map { .read($0) } ?? .incomplete
  }
}

extension ChainState {
  fileprivate func readState<Output>(
    after hash: Hash256?, partly: Bool,
    _ body: (PastState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> PastStateReading<Output> {
    guard let trie, partly || trie.isComplete,
      trie.hasRoot(head.header.stateRoot, partly: partly)
    else { return .incomplete }
    guard let way = try wayBack(to: hash ?? head.hash, from: head.id) else { return .unavailable }
    let result: Result<Output, LedgerStoreError>
    do throws(TrieError) {
      var receipts: [DiffReceipt] = []
      for diff in way.diffs { receipts.append(try trie.apply(diff)) }
      result = Result { () throws(LedgerStoreError) in try body(PastState(after: way.block, trie)) }
      for receipt in receipts.reversed() { try trie.revert(receipt) }
    } catch { throw LedgerStoreError(error) }
    return .read(try result.get())
  }
}

extension StateTrie {
  /// Whether it has this root; if a part will do, its root need not be known.
  fileprivate func hasRoot(_ root: Hash256, partly: Bool) -> Bool {
    guard let own = rootHash() else { return partly }
    return own == root
  }
}
