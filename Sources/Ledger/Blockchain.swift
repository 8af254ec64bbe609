import MerkleTree
import Primitives
import StateTrie
import Synchronization

/// The chain as one node knows it: blocks, branches, finality, and the state at the head.
///
/// Every call is synchronous and atomic: nobody sees half a push. What is pushed is verified first;
/// a refused block changes nothing.
public final class Blockchain: Sendable {
  /// What the chain started from.
  public let genesis: Genesis
  /// False for chains that only follow headers (`InitialState.none`).
  public let holdsState: Bool
  let state: Mutex<ChainState>
  let verifier: any SignatureVerifier
  /// The hashes of final blocks as far as proofs of them were asked for.
  let history = Mutex(MountainRange())
  private let chainEvents: EventHub<ChainEvent>
  private let proofs: EventHub<ForkProof>

  /// A chain that is at its genesis block.
  public init(
    genesis: Genesis, state initial: InitialState, options: BlockchainOptions = .init(),
    verifier: any SignatureVerifier = CachingSignatureVerifier()
  ) {
    self.genesis = genesis
    self.verifier = verifier
    holdsState = initial != .none
    let chainEvents = EventHub<ChainEvent>(capacity: LedgerLimits.eventsBufferedMax)
    let proofs = EventHub<ForkProof>(capacity: LedgerLimits.eventsBufferedMax)
    self.chainEvents = chainEvents
    self.proofs = proofs
    state = Mutex(
      ChainState(
        genesis: genesis, state: initial, options: options, verifier: verifier,
        events: chainEvents, forkProofs: proofs))
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
  /// - Throws: `PushError`; then neither chain nor state has changed and no chunk was looked at.
  ///   (Blocks of a side branch that turn out invalid when it is adopted are dropped.)
  @discardableResult
  public func push(
    _ block: Block, diff: TrieDiff? = nil, chunks: [ChunkPush] = []
  ) throws(PushError) -> PushOutcome {
    try state.withLock { (state) throws(PushError) in
      let result = try state.push(block, diff: diff)
      return PushOutcome(result, chunks: state.push(chunks: chunks))
    }
  }

  /// Takes chunks in. Each is verified against the state root of its block and, if that is not the
  /// head, brought forward by the diffs between; a bad one changes nothing and does not keep the
  /// others out.
  @discardableResult
  public func push(chunks: [ChunkPush]) -> ChunkPushResult {
    state.withLock { $0.push(chunks: chunks) }
  }

  /// Jumps forward to the last block of a verified macro chain. The state is then missing, unless
  /// the new head has the same state root as the old one.
  /// - Returns: `extended`, or `known` if the chain brings nothing newer than our last macro block.
  /// - Throws: `PushError`; then nothing has changed.
  @discardableResult
  public func adopt(macro chain: MacroChain) throws(PushError) -> PushResult {
    try state.withLock { (state) throws(PushError) in try state.adopt(chain) }
  }

  /// Gives the whole state up, as an operator may want after damage: all of it is missing then.
  public func reinitialiseState() {
    state.withLock { $0.giveUpState() }
  }

  /// Executes `block` on its parent's state and returns the diff, whatever the header says of it;
  /// changes nothing. For checks that executing and applying the diff are the same. The parent must
  /// not be below the last macro block, and the state must be complete.
  public func execute(_ block: Block) throws(PushError) -> TrieDiff {
    try state.withLock { (state) throws(PushError) in
      guard let parent = state.blocks[block.parentHash],
        parent.block.number >= state.macroHead.number
      else { throw PushError(.orphan, block.hash) }
      return try state.withState(after: block.parentHash) { (trie) throws(PushError) in
        try state.executed(block, on: trie)
      }
    }
  }

  /// A new subscription to what happens to the chain from now on. A subscriber that lags more than
  /// `LedgerLimits.eventsBufferedMax` events has its stream ended, so that it knows.
  public func events() -> AsyncStream<ChainEvent> { chainEvents.subscribe() }

  /// A new subscription to proofs of producers signing twice; ends like `events()`.
  public func forkProofs() -> AsyncStream<ForkProof> { proofs.subscribe() }
}
