import MerkleTree
import Primitives
import StateTrie
import Storage

/// The chain behind `Blockchain`'s lock: blocks, branches, and the state at the head.
///
/// Every stored block above the last macro block descends from it, because finality drops all
/// others; so one validator set and one election block apply to every block that may be pushed.
final class ChainState {
  let configuration: ChainConfiguration
  let options: BlockchainOptions
  let verifier: any SignatureVerifier
  /// What was executed by this chain and others of the process; nil if each executes by itself.
  let executedBlocks: ExecutedBlocks?
  let genesisHash: Hash256
  /// Where everything is kept; nil for a chain in memory alone.
  let store: (any KeyValueStore)?
  let finals: FinalBlocks
  /// What everybody may read while a change is made.
  let published: PublishedView
  private let failures: StoreFailures
  private let events: Broadcaster<ChainEvent>
  private let forkProofs: Broadcaster<ForkProof>

  var content: ChainContent
  /// The state at the head; nil for chains that hold none.
  var trie: StateTrie?
  /// Number of times the trie changed by something else than a diff.
  var chunkMark = 0
  /// The way of the last late chunk of a final block, kept for the next one.
  var carried: CarriedChanges?

  /// What the store does not have yet; nil without one.
  var changes: ChainChanges?
  /// What is to be told when the present change is over.
  private var pendingEvents: [ChainEvent] = []
  private var pendingProofs: [ForkProof] = []
  /// Why the trie may hold something else than the store; nil if it does not.
  var trieFault: LedgerStoreError?

  init(
    genesis: Genesis, options: BlockchainOptions, verifier: any SignatureVerifier,
    executedBlocks: ExecutedBlocks?, hubs: ChainHubs, content: ChainContent, trie: StateTrie?,
    store: (any KeyValueStore)? = nil
  ) {
    configuration = genesis.configuration
    genesisHash = genesis.hash
    self.options = options
    self.verifier = verifier
    self.executedBlocks = executedBlocks
    events = hubs.events
    forkProofs = hubs.forkProofs
    self.content = content
    self.trie = trie
    self.store = store
    finals = store.map { .stored($0) } ?? .inMemory(FinalArchive())
    changes = store == nil ? nil : ChainChanges()
    failures = hubs.failures
    published = PublishedView(
      ChainView(content: content, finals: finals, trie: trie, failures: failures))
  }

  var blocks: [Hash256: BlockEntry] { content.blocks }
  var main: [UInt32: Hash256] { content.main }
  var open: [UInt32: [Hash256]] { content.open }
  var head: Block { content.head }
  var macroHead: Block { content.macroHead }
  var electionHead: Block { content.electionHead }
  var validators: ValidatorSet { content.validators }
  var diffFloor: UInt32 { content.diffFloor }
  var sideCount: Int { content.sideCount }

  var rules: BlockRules {
    BlockRules(
      configuration: configuration, verifier: verifier, validators: validators,
      electionHash: electionHead.hash)
  }

  /// The entry of a block that must be stored and not be below the last macro block.
  func entry(_ hash: Hash256) -> BlockEntry {
    guard let entry = blocks[hash] else { preconditionFailure("block \(hash) is not stored") }
    return entry
  }

  /// The entry on the main chain at a height, from the last macro block on, that must have one.
  func mainEntry(_ number: UInt32) -> BlockEntry {
    guard let hash = main[number] else {
      preconditionFailure("no main chain block \(number) below head \(head.number)")
    }
    return entry(hash)
  }

  /// The frontier over all blocks up to and with this one, which must not be below the last macro
  /// block.
  func historyAfter(_ entry: BlockEntry) -> MountainFrontier {
    guard let history = entry.history else {
      preconditionFailure("no history kept of block \(entry.block.id)")
    }
    return history.appending(entry.block.hash)
  }

  /// The blocks that lead from the main chain to a stored or new block, oldest first, and the last
  /// main chain block before them. `start` must be at or above the last macro block.
  func branch(to start: Hash256) -> (ancestor: BlockEntry, path: [Hash256]) {
    var path: [Hash256] = []
    var entry = entry(start)
    while !entry.isOnMain {
      path.append(entry.block.hash)
      entry = self.entry(entry.block.parentHash)
    }
    return (entry, path.reversed())
  }
}

/// Changes of what is known, each noted for the store.
extension ChainState {
  /// Makes a new block known. `isOnMain` of the entry tells where it is.
  func add(_ entry: BlockEntry) {
    content.add(entry)
    changes?.note(block: entry.block.id)
  }

  /// Drops a block that is not final.
  func forget(_ hash: Hash256) {
    if let id = content.drop(hash) { changes?.note(block: id) }
  }

  /// Puts a block, or none, on the main chain at a height.
  func setMain(_ number: UInt32, _ hash: Hash256?) {
    content.main[number] = hash
    changes?.note(main: number)
  }

  /// Replaces what is known of a block.
  func update(_ entry: BlockEntry) {
    content.blocks[entry.block.hash] = entry
    changes?.note(diffOf: entry.block.id)
  }

  /// Drops the history of a macro block on which nothing will be built any more.
  func dropHistory(before macro: Block) {
    content.blocks[macro.hash]?.history = nil
    changes?.note(historyBefore: macro.number)
  }

  /// Drops the blocks of side branches for which `isKept` does not hold, and all that follow them.
  func forgetSideBlocks(unless isKept: (BlockEntry) -> Bool) {
    for number in open.keys.sorted() {
      for hash in open[number] ?? [] {
        let entry = entry(hash)
        if entry.isOnMain { continue }
        if blocks[entry.block.parentHash] == nil || !isKept(entry) { forget(hash) }
      }
    }
  }
}

extension ChainState {
  /// The chain as it is now.
  var view: ChainView {
    ChainView(content: content, finals: finals, trie: trie, failures: failures)
  }
}

/// What subscribers are told. Nothing of it leaves before the change it speaks of is stored.
extension ChainState {
  func emit(_ event: ChainEvent) { pendingEvents.append(event) }

  func emit(_ proof: ForkProof) { pendingProofs.append(proof) }

  /// Tells it all; `isStored` is false if the change was given up.
  func tell(isStored: Bool) {
    if isStored {
      for event in pendingEvents { events.send(event) }
      for proof in pendingProofs { forkProofs.send(proof) }
    }
    pendingEvents.removeAll(keepingCapacity: true)
    pendingProofs.removeAll(keepingCapacity: true)
  }
}

/// Where a chain's events go, and where its failures are noted.
struct ChainHubs {
  let failures = StoreFailures()
  let events = Broadcaster<ChainEvent>(
    capacity: LedgerLimits.eventsBufferedMax, whenFull: .end)
  let forkProofs = Broadcaster<ForkProof>(
    capacity: LedgerLimits.eventsBufferedMax, whenFull: .end)
}

extension ChainState: ContentReading {}
