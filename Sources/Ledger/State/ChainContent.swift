import MerkleTree
import Primitives
import StateTrie

/// What a chain knows of its blocks at one moment.
struct ChainContent {
  /// The known blocks from the last macro block on and the last election block, by their hashes;
  /// the others are `FinalBlocks`.
  var blocks: [Hash256: BlockEntry] = [:]
  /// The same blocks' main chain by height, with gaps where macro sync jumped.
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

  /// A chain that is at its genesis block.
  init(_ genesis: Genesis) {
    head = genesis.block
    macroHead = genesis.block
    electionHead = genesis.block
    validators = genesis.validators
    var entry = BlockEntry(genesis.block, history: MountainFrontier(), diff: .empty)
    entry.isOnMain = true
    blocks[genesis.hash] = entry
    main[0] = genesis.hash
  }

  /// A chain whose last macro block and election block are known; both may be the same.
  init(macro: BlockEntry, election: BlockEntry, validators: ValidatorSet) {
    head = macro.block
    macroHead = macro.block
    electionHead = election.block
    self.validators = validators
    for entry in [election, macro] {
      blocks[entry.block.hash] = entry
      main[entry.block.number] = entry.block.hash
    }
  }

  /// One of the known blocks.
  func find(_ hash: Hash256, includeBody: Bool) -> FoundBlock? {
    blocks[hash].map {
      FoundBlock(block: includeBody ? $0.block : $0.block.withoutBody, isOnMain: $0.isOnMain)
    }
  }

  /// Makes a new block known. `isOnMain` of the entry tells where it is.
  mutating func add(_ entry: BlockEntry) {
    blocks[entry.block.hash] = entry
    open[entry.block.number, default: []].append(entry.block.hash)
    if !entry.isOnMain { sideCount += 1 }
  }

  /// Drops a block that is not final; false if it is not known.
  mutating func drop(_ hash: Hash256) -> BlockID? {
    guard let entry = blocks.removeValue(forKey: hash) else { return nil }
    let number = entry.block.number
    open[number]?.removeAll { $0 == hash }
    if open[number]?.isEmpty == true { open[number] = nil }
    if !entry.isOnMain { sideCount -= 1 }
    return entry.block.id
  }

  /// Gives the final blocks up that others do not build on; in no order.
  @discardableResult
  mutating func dropFinal() -> [BlockEntry] {
    var dropped: [BlockEntry] = []
    for (number, hash) in main
    where number < macroHead.number && number != electionHead.number {
      main[number] = nil
      if let entry = blocks.removeValue(forKey: hash) { dropped.append(entry) }
    }
    return dropped
  }
}
