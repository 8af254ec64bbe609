import MerkleTree
import Primitives

/// Macro blocks whose signatures were checked, one epoch after another, from an election block that
/// is ours. Only `Blockchain.verify` makes one.
///
/// Each election block carries more than two thirds of the slots that the one before it named, so
/// the blocks are right whoever gave them, and parts of several peers fit together. A chain whose
/// last block has its history can be adopted; one without it is what was achieved so far.
public struct VerifiedMacroChain: Sendable, Hashable {
  /// Our election block that the first block follows.
  public let start: BlockID
  /// In rising order: election blocks, and at the end perhaps a macro block.
  public private(set) var blocks: [Block] = []
  /// The frontier over all blocks before the last one; nil if it is not known.
  public private(set) var history: MountainFrontier?
  /// Bytes of the wire forms of `blocks`.
  public private(set) var byteCount = 0
  /// The validators that the last election block named.
  private var validators: ValidatorSet

  init(start: BlockID, validators: ValidatorSet) {
    self.start = start
    self.validators = validators
  }

  /// The last election block: where the next part goes on.
  public var lastElection: BlockID { blocks.last { $0.kind == .election }?.id ?? start }

  /// The same up to its last election block, which is as far as other parts can follow.
  public var elections: VerifiedMacroChain {
    guard let last = blocks.last, last.kind != .election else { return self }
    var copy = self
    copy.blocks.removeLast()
    copy.byteCount -= last.wireBytes.count
    copy.history = nil
    return copy
  }

  /// The chain up to and with the election block `hash`; nil if that is none of its blocks.
  func prefix(through hash: Hash256) -> VerifiedMacroChain? {
    if hash == start.hash { return VerifiedMacroChain(start: start, validators: validators) }
    guard let index = blocks.firstIndex(where: { $0.hash == hash }),
      let next = blocks[index].nextValidators
    else { return nil }
    if index == blocks.count - 1 { return self }
    var copy = VerifiedMacroChain(start: start, validators: next)
    copy.blocks = Array(blocks[...index])
    copy.byteCount = copy.blocks.reduce(0) { $0 + $1.wireBytes.count }
    return copy
  }

  /// What of it follows the election block `own`; nil if it leads elsewhere.
  func rest(after own: Block) -> VerifiedMacroChain? {
    if own.id == start { return self }
    guard let index = blocks.firstIndex(where: { $0.hash == own.hash }),
      let next = own.nextValidators
    else { return nil }
    var copy = VerifiedMacroChain(start: own.id, validators: next)
    copy.blocks = Array(blocks[(index + 1)...])
    copy.byteCount = copy.blocks.reduce(0) { $0 + $1.wireBytes.count }
    copy.history = copy.blocks.isEmpty ? nil : history
    copy.validators = validators
    return copy
  }

  /// Checks the next blocks, and the history before the last one, and takes them in; throws with
  /// nothing changed.
  mutating func append(
    _ next: ArraySlice<Block>, history: MountainFrontier?, configuration: ChainConfiguration,
    verifier: any SignatureVerifier
  ) throws(PushError) {
    var result = self
    for (index, block) in zip(next.indices, next) {
      let isLast = index == next.endIndex - 1
      // The right height follows from the epoch, which the previous election block fixes.
      guard
        block.kind.isMacro, block.number > result.lastElection.number,
        configuration.electionNumber(before: block.number) == result.lastElection.number,
        isLast || block.kind == .election
      else { throw PushError(.invalidSuccessor(.wrongNumber), block.hash) }
      let rules = BlockRules(
        configuration: configuration, verifier: verifier, validators: result.validators,
        electionHash: result.lastElection.hash)
      try rules.checkCheckpoint(block, history: isLast ? history : nil)
      result.blocks.append(block)
      result.byteCount += block.wireBytes.count
      if let next = block.nextValidators { result.validators = next }
    }
    if next.isEmpty, let history, let last = blocks.last {
      try BlockRules.checkHistory(history, before: last.header)
    }
    result.history = history
    self = result
  }
}
