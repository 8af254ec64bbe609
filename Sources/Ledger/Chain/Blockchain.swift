import Locking
import MerkleTree
import Primitives
import StateTrie
import Storage

/// The chain as one node knows it: blocks, branches, finality, and the state at the head.
///
/// Every call is synchronous and atomic: nobody sees half a push. What is pushed is verified first;
/// a refused block changes nothing. Changes are made one after another; reads wait for none, since
/// they are of the newest view (`ChainView`) or of a snapshot of the store. Only what has to come
/// from the state of a chain without a store, which there is once, is read between two changes.
public final class Blockchain: Sendable {
  /// What the chain started from.
  public let genesis: Genesis
  /// False for chains that only follow headers (`InitialState.none`).
  public let holdsState: Bool
  let state: Lock<ChainState>
  let verifier: any SignatureVerifier
  /// Where everything is kept; nil for a chain in memory alone.
  let store: (any KeyValueStore)?
  let published: PublishedView
  let hubs = ChainHubs()
  let history = Lock(ProvenHistory())

  /// A chain in memory that is at its genesis block.
  /// - Parameter executedBlocks: shared with other chains of the process, so that each block is
  ///   executed once on the same state; nil if this chain is to execute by itself.
  public convenience init(
    genesis: Genesis, state initial: InitialState, options: BlockchainOptions = .init(),
    verifier: any SignatureVerifier = CachingSignatureVerifier(),
    executedBlocks: ExecutedBlocks? = nil
  ) {
    precondition(
      initial != .complete || genesis.hasAccounts, "a chain begins with accounts that are left out")
    let trie: StateTrie? =
      switch initial {
      case .complete: genesis.trie()
      case .missing: StateTrie(missing: .all)
      case .none: nil
      }
    self.init(
      genesis, trie, options: options, verifier: verifier, executedBlocks: executedBlocks)
  }

  /// A chain in memory that is at its genesis block and takes over `trie`, the state after it. The
  /// accounts of the genesis are not looked at.
  public convenience init(
    genesis: Genesis, taking trie: sending StateTrie, options: BlockchainOptions = .init(),
    verifier: any SignatureVerifier = CachingSignatureVerifier(),
    executedBlocks: ExecutedBlocks? = nil
  ) {
    precondition(
      trie.isComplete && trie.rootHash() == genesis.block.header.stateRoot,
      "a chain begins with another state than its genesis")
    self.init(
      genesis, trie, options: options, verifier: verifier, executedBlocks: executedBlocks)
  }

  private init(
    _ genesis: Genesis, _ trie: sending StateTrie?, options: BlockchainOptions,
    verifier: any SignatureVerifier, executedBlocks: ExecutedBlocks?
  ) {
    self.genesis = genesis
    self.verifier = verifier
    store = nil
    holdsState = trie != nil
    let first = ChainState(
      genesis: genesis, options: options, verifier: verifier, executedBlocks: executedBlocks,
      hubs: hubs, content: ChainContent(genesis), trie: trie)
    published = first.published
    state = Lock(first)
  }

  /// The chain that `store` holds, exactly as it was when its last change was committed; a new one
  /// at its genesis block if the store is empty.
  ///
  /// Every change of the chain is one transaction. The store is the chain's alone while it is open.
  /// - Parameter initial: What a new chain holds of the state. A chain that is there already goes
  ///   on with what it has, but must hold state if and only if this one does.
  /// - Parameter executedBlocks: as in a chain in memory.
  /// - Throws: `LedgerStoreError`; then nothing in the store has changed.
  public init(
    genesis: Genesis, state initial: InitialState, options: BlockchainOptions = .init(),
    verifier: any SignatureVerifier = CachingSignatureVerifier(),
    executedBlocks: ExecutedBlocks? = nil, store: any KeyValueStore
  ) throws(LedgerStoreError) {
    precondition(
      initial != .complete || genesis.hasAccounts, "a chain begins with accounts that are left out")
    self.genesis = genesis
    self.verifier = verifier
    self.store = store
    holdsState = initial != .none
    let opening = ChainOpening(
      genesis: genesis, options: options, verifier: verifier, executedBlocks: executedBlocks,
      store: store)
    let opened = try opening.open(initial, hubs: hubs)
    published = opened.published
    state = Lock(opened)
  }

  /// A copy of the state at the head; nil if the chain holds none in memory, or it is not complete.
  public func copyOfState() -> sending StateTrie? {
    state.withLock { state in
      guard store == nil, let trie = state.trie, trie.isComplete else { return nil }
      return trie.copy()
    }
  }

  /// How often the result of a signature check was remembered, over all chains that share the
  /// verifier; nil if it remembers none.
  public var signatureStatistics: CachingSignatureVerifier.Statistics? { verifier.cacheStatistics }

  /// The rules of this chain.
  public var configuration: ChainConfiguration { genesis.configuration }

  /// Takes a block, and then `chunks` of the state after it.
  ///
  /// - Parameters:
  ///   - diff: Needed if `needsDiff` is true for the block, or will be when its branch becomes the
  ///     better one. Must have the header's `diffRoot`.
  ///   - chunks: Those of other blocks than the head are brought forward by the diffs between.
  /// - Throws: `PushError`; then neither chain nor state has changed and no chunk was taken in.
  ///   (Blocks of a side branch that turn out invalid when it is adopted are dropped.)
  @discardableResult
  public func push(
    _ block: Block, diff: TrieDiff? = nil, chunks: [ChunkPush] = []
  ) throws(PushError) -> PushOutcome {
    try change(block.hash) { (state) throws(PushError) in
      let result = try state.push(block, diff: diff)
      return PushOutcome(result, chunks: try state.push(chunks: chunks))
    }
  }

  /// Takes chunks in. Each is verified against the state root of its block and, if that is not the
  /// head, brought forward by the diffs between; a bad one changes nothing and does not keep the
  /// others out.
  /// - Throws: `PushError` of kind `storage` that names the head; then nothing has changed. Never
  ///   for a chain in memory.
  @discardableResult
  public func push(chunks: [ChunkPush]) throws(PushError) -> ChunkPushResult {
    try change { (state) throws(PushError) in try state.push(chunks: chunks) }
  }

  /// Jumps forward to the last block of a macro chain. The state is then missing, unless the new
  /// head has the same state root as the old one. Signatures are checked before the chain is
  /// locked.
  /// - Returns: `extended`, or `known` if the chain brings nothing newer than our last macro block.
  /// - Throws: `PushError`; then nothing has changed.
  @discardableResult
  public func adopt(macro chain: MacroChain) throws(PushError) -> PushResult {
    guard let last = chain.blocks.last, last.number > macroNumber else { return .known }
    return try adopt(verify(chain))
  }

  /// The same for a chain that was verified. Throws with reason `invalid_predecessor_wrong_history`
  /// if its last block has no history.
  /// - Parameter carried: how the state we hold becomes the new head's, in one change with the
  ///   jump. If it does not, the reason is `state_root_mismatch`.
  @discardableResult
  public func adopt(
    _ chain: VerifiedMacroChain, carrying carried: CarriedState? = nil
  ) throws(PushError) -> PushResult {
    try change(chain.blocks.last?.hash) { (state) throws(PushError) in
      try state.adopt(chain, carrying: carried)
    }
  }

  /// Gives the whole state up, as an operator may want after damage: all of it is missing then.
  /// - Throws: `PushError` of kind `storage` that names the head; then nothing has changed. Never
  ///   for a chain in memory.
  public func reinitialiseState() throws(PushError) {
    try change { state in state.giveUpState() }
  }

  /// Gives the state up if its root is known and is not the head's: no block could be taken on it.
  /// - Returns: The wrong root; nil if the state is not known to be wrong, and nothing has changed.
  /// - Throws: As `reinitialiseState()`.
  public func giveUpWrongState() throws(PushError) -> Hash256? {
    try change { state in state.giveUpWrongState() }
  }

  /// Executes `block` on its parent's state and returns the diff, whatever the header says of it;
  /// changes nothing. For checks that executing and applying the diff are the same. The parent must
  /// not be below the last macro block, and the state must be complete.
  public func execute(_ block: Block) throws(PushError) -> TrieDiff {
    try change(block.hash) { (state) throws(PushError) in
      guard let parent = state.blocks[block.parentHash],
        parent.block.number >= state.macroHead.number
      else { throw PushError(.orphan, block.hash) }
      return try state.withState(after: block.parentHash) { (trie) throws(PushError) in
        try state.executed(block, on: trie).diff
      }
    }
  }

  /// Runs a change behind the lock; `block` (the head if nil) is named if the store fails.
  func change<Output: Sendable>(
    _ block: Hash256? = nil, _ body: @Sendable (ChainState) throws(PushError) -> Output
  ) throws(PushError) -> Output {
    do throws(PushError) {
      return try state.withLock { (state) throws(PushError) in
        try state.change(block ?? state.head.hash) { () throws(PushError) in try body(state) }
      }
    } catch {
      if case .storage(let failure) = error.kind { note(failure) }
      throw error
    }
  }

  /// A new subscription to what happens to the chain from now on. A subscriber that lags more than
  /// `LedgerLimits.eventsBufferedMax` events has its stream ended, so that it knows.
  public func events() -> AsyncStream<ChainEvent> { hubs.events.subscribe() }

  /// A new subscription to proofs of producers signing twice; ends like `events()`.
  public func forkProofs() -> AsyncStream<ForkProof> { hubs.forkProofs.subscribe() }
}
