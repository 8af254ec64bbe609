import Primitives
import StateTrie

/// Where a chain stands, read at one moment.
public struct ChainStatus: Sendable, Hashable {
  /// The newest block of the main chain.
  public var head: BlockID
  /// The last macro block: nothing up to it is ever reverted.
  public var macro: BlockID
  /// The last election block.
  public var election: BlockID
  /// The missing key ranges of the state; all if the chain holds none.
  public var missing: KeyRangeSet
  /// True if the chain holds state at all.
  public var holdsState: Bool
}

extension Blockchain {
  /// Where the chain stands, read at one moment.
  public var status: ChainStatus {
    state.withLock { state in
      ChainStatus(
        head: state.head.id, macro: state.macroHead.id, election: state.electionHead.id,
        missing: state.trie?.missing ?? .all, holdsState: state.trie != nil)
    }
  }

  /// The newest block of the main chain.
  public var head: Block { state.withLock { $0.head } }
  public var headNumber: UInt32 { state.withLock { $0.head.number } }
  public var headHash: Hash256 { state.withLock { $0.head.hash } }
  /// The last macro block: nothing up to it is ever reverted.
  public var macroHead: Block { state.withLock { $0.macroHead } }
  public var macroNumber: UInt32 { state.withLock { $0.macroHead.number } }
  /// The last election block.
  public var electionHead: Block { state.withLock { $0.electionHead } }

  /// The missing key ranges of the state; all if the chain holds none.
  public var missing: KeyRangeSet { state.withLock { $0.trie?.missing ?? .all } }
  /// True if the chain holds the whole state of its head: nothing is missing and the root is right.
  public var stateComplete: Bool {
    state.withLock { state in
      guard let trie = state.trie, trie.isComplete else { return false }
      return trie.rootHash() == state.head.header.stateRoot
    }
  }
  /// True if blocks have to be pushed with their diffs: the state is held, but not all of it.
  public var needsDiffs: Bool { state.withLock { $0.trie.map { !$0.isComplete } ?? false } }
  /// Root of the held state; nil if it is not known or no state is held.
  public var stateRoot: Hash256? { state.withLock { $0.trie?.rootHash() } }
  /// Number of held accounts; 0 if no state is held.
  public var itemCount: Int { state.withLock { $0.trie?.itemCount ?? 0 } }

  /// True if a block with this header has to be pushed with its diff now. Blocks that change
  /// nothing need none.
  public func needsDiff(_ header: BlockHeader) -> Bool {
    header.diffRoot != BlockRules.emptyDiffRoot && needsDiffs
  }

  /// Those who sign block `number` > 0; nil if their election block is not known.
  public func validators(at number: UInt32) -> ValidatorSet? {
    guard number > 0 else { return nil }
    let election = configuration.electionNumber(before: number)
    return reading(or: nil) { (state) throws(LedgerStoreError) in
      try state.mainBlock(at: election, includeBody: false)?.nextValidators
    }
  }

  /// A known block of whatever branch. Its body may not be held even if it is asked for.
  public func block(_ hash: Hash256, includeBody: Bool = true) -> Block? {
    reading(or: nil) { (state) throws(LedgerStoreError) in
      try state.find(hash, includeBody: includeBody)?.block
    }
  }

  /// The main chain block at this height.
  public func block(at number: UInt32, includeBody: Bool = true) -> Block? {
    reading(or: nil) { (state) throws(LedgerStoreError) in
      try state.mainBlock(at: number, includeBody: includeBody)
    }
  }

  /// True if the block is stored, on whatever branch.
  public func isKnown(_ hash: Hash256) -> Bool {
    reading(or: false) { (state) throws(LedgerStoreError) in
      try state.find(hash, includeBody: false) != nil
    }
  }

  /// True if the block is stored and on the main chain.
  public func isOnMainChain(_ hash: Hash256) -> Bool {
    reading(or: false) { (state) throws(LedgerStoreError) in
      try state.find(hash, includeBody: false)?.isOnMain ?? false
    }
  }

  /// The head, then the blocks back to and with the last macro block, newest first.
  public func locators(limit: Int = LedgerLimits.locatorsMax) -> [Hash256] {
    state.withLock { state in
      stride(from: Int(state.head.number), through: Int(state.macroHead.number), by: -1)
        .prefix(max(0, limit)).compactMap { state.main[UInt32($0)] }
    }
  }

  /// The election blocks of the main chain, newest first.
  public func macroLocators(limit: Int = LedgerLimits.locatorsMax) -> [Hash256] {
    reading(or: []) { (state) throws(LedgerStoreError) in
      try state.macroLocators(limit: limit, configuration)
    }
  }

  /// The last failure of the store; nil if there was none. Changes of the chain say theirs
  /// themselves; the other reads answer as if nothing were held, and only this tells. What is read
  /// for others is not among them (`takeServingFailure`): a damaged record that somebody asks for
  /// is no reason to stop.
  public var storeFailure: LedgerStoreError? { failures.withLock { $0 } }

  /// Reads what may have to come from the store; a failure is noted and `nothing` the answer.
  func reading<Output: Sendable>(
    or nothing: Output, _ body: @Sendable (ChainState) throws(LedgerStoreError) -> Output
  ) -> Output {
    let result: Result<Output, LedgerStoreError> = state.withLock { state in
      do throws(LedgerStoreError) {
        return .success(try body(state))
      } catch { return .failure(error) }
    }
    switch result {
    case .success(let output): return output
    case .failure(let error):
      note(error)
      return nothing
    }
  }

  /// Notes a failure of the store.
  func note(_ failure: LedgerStoreError) { failures.withLock { $0 = failure } }
}
