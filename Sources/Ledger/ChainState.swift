import MerkleTree
import Primitives
import StateTrie

/// The chain behind `Blockchain`'s lock: blocks, branches, and the state at the head.
///
/// Every stored block above the last macro block descends from it, because finality drops all
/// others; so one validator set and one election block apply to every block that may be pushed.
final class ChainState {
  let configuration: ChainConfiguration
  let options: BlockchainOptions
  let verifier: any SignatureVerifier
  let events: EventHub<ChainEvent>
  let forkProofs: EventHub<ForkProof>

  /// Every known block by its hash.
  var blocks: [Hash256: BlockEntry] = [:]
  /// The main chain by height, with gaps where macro sync jumped.
  var main: [UInt32: Hash256] = [:]
  /// All blocks above the last macro block, by height, in the order they came.
  var open: [UInt32: [Hash256]] = [:]
  var head: Block
  var macroHead: Block
  var electionHead: Block
  /// The validators of the current epoch.
  var validators: ValidatorSet
  /// Height from which on diffs are still kept.
  var diffFloor: UInt32 = 0
  /// Number of blocks stored on side branches.
  var sideCount = 0

  /// The state at the head; nil for chains that hold none.
  var trie: StateTrie?
  /// Number of times the trie changed by something else than a diff.
  var chunkMark = 0

  init(
    genesis: Genesis, state: InitialState, options: BlockchainOptions,
    verifier: any SignatureVerifier, events: EventHub<ChainEvent>,
    forkProofs: EventHub<ForkProof>
  ) {
    self.events = events
    self.forkProofs = forkProofs
    configuration = genesis.configuration
    self.options = options
    self.verifier = verifier
    head = genesis.block
    macroHead = genesis.block
    electionHead = genesis.block
    validators = genesis.validators
    trie =
      switch state {
      case .complete: genesis.trie()
      case .missing: StateTrie(missing: .all)
      case .none: nil
      }
    var entry = BlockEntry(genesis.block, history: MountainFrontier(), diff: .empty)
    entry.isOnMain = true
    blocks[genesis.hash] = entry
    main[0] = genesis.hash
  }

  var rules: BlockRules {
    BlockRules(
      configuration: configuration, verifier: verifier, validators: validators,
      electionHash: electionHead.hash)
  }

  /// The entry of a block that must be stored.
  func entry(_ hash: Hash256) -> BlockEntry {
    guard let entry = blocks[hash] else { preconditionFailure("block \(hash) is not stored") }
    return entry
  }

  /// The entry on the main chain at a height that must have one.
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

  /// Makes a new block known. `isOnMain` of the entry tells where it is.
  func store(_ entry: BlockEntry) {
    blocks[entry.block.hash] = entry
    open[entry.block.number, default: []].append(entry.block.hash)
    if !entry.isOnMain { sideCount += 1 }
  }

  /// Drops a block that is not final.
  func forget(_ hash: Hash256) {
    guard let entry = blocks.removeValue(forKey: hash) else { return }
    open[entry.block.number]?.removeAll { $0 == hash }
    if open[entry.block.number]?.isEmpty == true { open[entry.block.number] = nil }
    if !entry.isOnMain { sideCount -= 1 }
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
