import MerkleTree
import Primitives
import StateTrie
import Storage

/// A macro block with what a node needs to go on from it, besides the state.
public struct MacroPoint: Sendable, Hashable {
  /// The macro or election block, without its body.
  public var block: Block
  /// The election block that named the validators who signed `block`, without its body.
  public var election: Block
  /// The frontier over all blocks before `block`.
  public var history: MountainFrontier

  public init(block: Block, election: Block, history: MountainFrontier) {
    self.block = block
    self.election = election
    self.history = history
  }
}

/// The state after a macro block, for as long as the closure that was given it runs.
public struct MacroState {
  public let point: MacroPoint
  /// Items of the state.
  public let itemCount: Int
  let read:
    (_ start: KeyNibbles, _ limit: Int, _ bytesMax: Int) throws(LedgerStoreError) -> TrieChunk

  /// The chunk from `start` on with both edges proven: at most `limit` items with at most
  /// `bytesMax` bytes, but always one if there is any.
  public func chunk(
    from start: KeyNibbles, limit: Int, bytesMax: Int
  ) throws(LedgerStoreError) -> TrieChunk {
    try read(start, limit, bytesMax)
  }
}

/// What came of reading the state of a macro block.
public enum MacroStateReading<Output> {
  case read(Output)
  /// The head is no macro block, or another one than was asked for.
  case otherHead
  /// The chain does not hold the whole state of its head.
  case incomplete
  /// The chain does not hold the election block or the history that others need to go on from here,
  /// as after a jump of macro sync.
  case unanchored
}

extension MacroStateReading: Sendable where Output: Sendable {}

extension Blockchain {
  /// Runs `body` with the state after the macro block that is the head.
  ///
  /// The state is that of one snapshot of the store: it is the block's for certain, and nobody
  /// waits for `body` but a store that must grow (`isGrowthWaiting`). A chain in memory alone is
  /// copied first, between two changes, which takes time and memory in proportion to the state.
  /// - Parameter hash: The macro block that is meant; any if nil.
  public func readMacroState<Output>(
    of hash: Hash256? = nil, _ body: (MacroState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> MacroStateReading<Output> {
    if let store {
      return try store.look { (snapshot) throws(LedgerStoreError) in
        try snapshot.readMacroState(of: hash, body)
      }
    }
    let copy = try reading { (state) throws(LedgerStoreError) in try state.macroCopy(of: hash) }
    switch copy {
    case .read(let copy):
      return .read(try body(MacroState(copy.point, of: copy.trie)))
    case .otherHead: return .otherHead
    case .incomplete: return .incomplete
    case .unanchored: return .unanchored
    }
  }

  /// The state after the last macro block, whatever the head is: the blocks since are taken back
  /// meanwhile, and nothing else can change. For a chain that no node works on.
  public func readLastMacroState<Output: Sendable>(
    _ body: @Sendable (MacroState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> MacroStateReading<Output> {
    let result: Result<MacroStateReading<Output>, LedgerStoreError>
    do throws(PushError) {
      result = try change { (state) throws(PushError) in
        do throws(LedgerStoreError) {
          guard state.trie?.isComplete == true else { return .success(.incomplete) }
          guard let point = try state.macroPoint else { return .success(.unanchored) }
          let hash = state.macroHead.hash
          let output = try Self.unwrapped { () throws(PushError) in
            try state.withState(after: hash) { (trie) throws(PushError) in
              Result { () throws(LedgerStoreError) in try body(MacroState(point, of: trie)) }
            }
          }
          return .success(.read(try output.get()))
        } catch { return .failure(error) }
      }
    } catch { throw Self.storeFailure(error) }
    return try result.get()
  }

  /// Runs what only the store can make fail.
  private static func unwrapped<Output>(
    _ body: () throws(PushError) -> Output
  ) throws(LedgerStoreError) -> Output {
    do throws(PushError) { return try body() } catch { throw storeFailure(error) }
  }

  private static func storeFailure(_ error: PushError) -> LedgerStoreError {
    guard case .storage(let failure) = error.kind else {
      preconditionFailure("taking blocks back was refused: \(error)")
    }
    return failure
  }

  /// True if a change of the chain cannot go on before all snapshots of its store have ended: who
  /// reads for long should end then.
  public var isGrowthWaiting: Bool { store?.isGrowthWaiting ?? false }

  /// Makes room in the store for `bytes` more, so that it need not grow soon.
  public func reserve(_ bytes: Int) throws(LedgerStoreError) {
    do throws(StorageError) { try store?.reserve(bytes) } catch { throw .storage(error) }
  }
}

extension MacroState {
  /// What a snapshot of a store has, while the closure that was given the snapshot runs.
  package init(_ point: MacroPoint, items: Int, in snapshot: borrowing StoreSnapshot) {
    let view = snapshot.view
    self.init(point: point, itemCount: items) { (start, limit, bytesMax) throws(LedgerStoreError) in
      do throws(TrieError) {
        return try StateTrie.chunk(
          in: view, from: start, limit: limit, edges: .both, bytesMax: bytesMax)
      } catch { throw LedgerStoreError(error) }
    }
  }

  /// What a trie says that nobody changes meanwhile.
  fileprivate init(_ point: MacroPoint, of trie: StateTrie) {
    self.init(point: point, itemCount: trie.itemCount) {
      (start, limit, bytesMax) throws(LedgerStoreError) in
      do throws(TrieError) {
        return try trie.chunk(from: start, limit: limit, edges: .both, bytesMax: bytesMax)
      } catch { throw LedgerStoreError(error) }
    }
  }
}

extension ChainState {
  /// What others need to go on from the last macro block; nil if some of it is not held.
  fileprivate var macroPoint: MacroPoint? {
    get throws(LedgerStoreError) {
      guard let history = try history(before: macroHead.id),
        let hash = macroHead.header.lastElectionHash,
        let election = try find(hash, includeBody: false)
      else { return nil }
      return MacroPoint(
        block: macroHead.withoutBody, election: election.block.withoutBody, history: history)
    }
  }

  /// The state of the head in a trie of its own, for a chain in memory.
  fileprivate func macroCopy(
    of hash: Hash256?
  ) throws(LedgerStoreError) -> MacroStateReading<MacroCopy> {
    guard head.hash == macroHead.hash, hash == nil || hash == head.hash else { return .otherHead }
    guard let trie, trie.isComplete, trie.rootHash() == head.header.stateRoot else {
      return .incomplete
    }
    guard let point = try macroPoint else { return .unanchored }
    return .read(MacroCopy(point: point, trie: trie.copy()))
  }
}

/// A state that nobody else has.
private struct MacroCopy: @unchecked Sendable {
  // `@unchecked Sendable`: the trie is a copy that is handed over.
  let point: MacroPoint
  let trie: StateTrie
}

extension StoreSnapshot {
  fileprivate func readMacroState<Output>(
    of wanted: Hash256?, _ body: (MacroState) throws(LedgerStoreError) -> Output
  ) throws(LedgerStoreError) -> MacroStateReading<Output> {
    guard let position = try position() else { throw .noChain }
    guard position.head == position.macro, wanted == nil || wanted == position.head.hash else {
      return .otherHead
    }
    let block = try knownBlock(position.head, includeBody: false)
    let root = try trie { () throws(TrieError) in try StateTrie.rootHash(in: self) }
    let missing = try trie { () throws(TrieError) in try StateTrie.missing(in: self) }
    guard position.holdsState, missing.isEmpty, root == block.header.stateRoot else {
      return .incomplete
    }
    guard let history = try history(before: block.id), let hash = block.header.lastElectionHash,
      let election = try find(hash, includeBody: false)
    else { return .unanchored }
    let point = MacroPoint(block: block, election: election.block, history: history)
    let items = try trie { () throws(TrieError) in try StateTrie.itemCount(in: self) }
    return .read(try body(MacroState(point, items: items, in: self)))
  }
}
