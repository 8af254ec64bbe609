import MerkleTree
import Primitives
import StateTrie

/// A block that was found, and where it is.
struct FoundBlock {
  var block: Block
  var isOnMain: Bool
}

/// One state of a chain's blocks: what is behind the lock, a view of it, or a snapshot of the
/// store.
protocol BlockReading: ~Copyable {
  /// A known block of whatever branch. Without its body unless it is asked for.
  func find(_ hash: Hash256, includeBody: Bool) throws(LedgerStoreError) -> FoundBlock?
  /// The main chain's block at a height; nil above the head and where macro sync jumped.
  func mainHash(at number: UInt32) throws(LedgerStoreError) -> Hash256?
  /// The last election block and the last macro block.
  func checkpoints() throws(LedgerStoreError) -> (election: BlockID, macro: BlockID)
  /// The frontier over all blocks before a macro block of the main chain, if it is kept.
  func history(before macro: BlockID) throws(LedgerStoreError) -> MountainFrontier?
  /// The diff of a known block, if it is kept; what changes nothing need not be.
  func keptDiff(of block: BlockID) throws(LedgerStoreError) -> TrieDiff?
}

extension BlockReading where Self: ~Copyable {
  /// The diff of a block, for others.
  func diffLookup(of hash: Hash256) throws(LedgerStoreError) -> DiffLookup {
    guard let block = try find(hash, includeBody: false)?.block else { return .unknownBlock }
    if block.diffRoot == BlockRules.emptyDiffRoot { return .diff(.empty) }
    guard let diff = try keptDiff(of: block.id) else { return .unavailable }
    return .diff(diff)
  }

  /// The block at a height of the main chain.
  func mainBlock(
    at number: UInt32, includeBody: Bool
  ) throws(LedgerStoreError) -> Block? {
    guard let hash = try mainHash(at: number) else { return nil }
    guard let found = try find(hash, includeBody: includeBody) else {
      throw .missing(.block(hash))
    }
    return found.block
  }

  /// The first of `locators` whose block is on the main chain and fits `isWanted`.
  private func known(
    _ locators: some Sequence<Hash256>, isWanted: (Block) -> Bool = { _ in true }
  ) throws(LedgerStoreError) -> Block? {
    for locator in locators {
      if let found = try find(locator, includeBody: false), found.isOnMain,
        isWanted(found.block)
      {
        return found.block
      }
    }
    return nil
  }

  /// Forward: the blocks after the first locator on our main chain, up to the target or the next
  /// macro block. Backward: the blocks up to and with the target, after a locator or a macro block.
  /// In both cases at most `limit`, next to the end the direction starts from.
  func missingBlocks(
    _ question: BlocksQuestion, _ configuration: ChainConfiguration
  ) throws(LedgerStoreError) -> MissingBlocksResult {
    let locators = question.locators
    guard locators.count <= LedgerLimits.locatorsMax else { return .refused(.tooManyLocators) }
    guard let target = try find(question.target, includeBody: false) else {
      return .refused(.targetUnknown)
    }
    let found: [Block]
    switch question.direction {
    case .forward:
      guard target.isOnMain else { return .refused(.targetNotOnMainChain) }
      guard let locator = try known(locators) else { return .refused(.unknownLocators) }
      found = try forward(from: locator.number, to: target.block.number, question, configuration)
      if found.isEmpty, locator.number < target.block.number { return .refused(.failed) }
    case .backward: found = try backward(question)
    }
    if question.includeBody, found.contains(where: { $0.body == nil }) { return .refused(.failed) }
    return .blocks(found)
  }

  private func forward(
    from start: UInt32, to end: UInt32, _ question: BlocksQuestion,
    _ configuration: ChainConfiguration
  ) throws(LedgerStoreError) -> [Block] {
    var found: [Block] = []
    var bytes = 0
    var number = start
    while number < end, found.count < question.limit {
      number += 1
      // After a jump of macro sync the blocks in between are not held.
      guard let block = try mainBlock(at: number, includeBody: question.includeBody) else { break }
      bytes += block.wireBytes.count
      if bytes > question.bytesMax, !found.isEmpty { break }
      found.append(block)
      if configuration.isMacro(at: number) { break }
    }
    return found
  }

  private func backward(_ question: BlocksQuestion) throws(LedgerStoreError) -> [Block] {
    let stops = Set(question.locators)
    var found: [Block] = []
    var bytes = 0
    var next = question.target
    while found.count < question.limit, !stops.contains(next),
      let block = try find(next, includeBody: question.includeBody)?.block,
      found.isEmpty || !block.kind.isMacro
    {
      bytes += block.wireBytes.count
      if bytes > question.bytesMax, !found.isEmpty { break }
      found.append(block)
      next = block.parentHash
    }
    return found.reversed()
  }

  /// The election blocks after the first locator that is one on our main chain, then the last macro
  /// block, at most `limit` in all. Nil if no locator is known.
  func macroChain(
    locators: [Hash256], limit: Int, _ configuration: ChainConfiguration
  ) throws(LedgerStoreError) -> MacroChain? {
    let locators = locators.prefix(LedgerLimits.locatorsMax)
    guard let known = try known(locators, isWanted: { $0.kind == .election }) else { return nil }
    let (election, macro) = try checkpoints()
    let limit = min(max(1, limit), LedgerLimits.macroChainBlocksMax)
    var chain: [Block] = []
    var number = known.number
    while chain.count < limit, number < election.number {
      number += configuration.blocksPerEpoch
      guard let block = try mainBlock(at: number, includeBody: false) else {
        throw .missing(.main(number))
      }
      chain.append(block)
    }
    if number == election.number, macro != election, chain.count < limit {
      guard let last = try find(macro.hash, includeBody: false) else {
        throw .missing(.block(macro.hash))
      }
      chain.append(last.block)
    }
    var frontier: MountainFrontier?
    if let last = chain.last { frontier = try history(before: last.id) }
    return MacroChain(
      blocks: chain, history: frontier,
      reachesHead: chain.last.map { $0.hash == macro.hash } ?? (number >= election.number))
  }

  /// The election blocks of the main chain, newest first.
  func electionHashes(
    limit: Int, _ configuration: ChainConfiguration
  ) throws(LedgerStoreError) -> [Hash256] {
    var locators: [Hash256] = []
    var number = Int(try checkpoints().election.number)
    while number >= 0, locators.count < limit {
      if let hash = try mainHash(at: UInt32(number)) { locators.append(hash) }
      number -= Int(configuration.blocksPerEpoch)
    }
    return locators
  }
}
