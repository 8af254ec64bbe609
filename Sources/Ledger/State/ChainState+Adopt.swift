import MerkleTree
import Primitives
import StateTrie

extension ChainState {
  /// Jumps to the last block of `chain`, whose first block must follow our election head. Throws
  /// with nothing changed.
  ///
  /// The state is kept if the new head has the same state root as the old one; else it is missing.
  func adopt(_ chain: MacroChain) throws(PushError) -> PushResult {
    guard let last = chain.blocks.last, blocks[last.hash]?.isOnMain != true,
      last.number > macroHead.number
    else { return .known }
    let chain = try newPart(of: chain)
    try check(chain)

    let isSameState = trie != nil && last.header.stateRoot == head.header.stateRoot
    dropOpenBlocks()
    if macroHead.kind != .election { dropHistory(before: macroHead) }
    for block in chain.blocks {
      var entry = BlockEntry(block, history: nil, diff: nil)
      entry.isOnMain = true
      content.blocks[block.hash] = entry
      changes?.note(block: block.id)
      setMain(block.number, block.hash)
      if block.kind == .election, let next = block.nextValidators {
        content.electionHead = block
        content.validators = next
      }
    }
    content.blocks[last.hash]?.history = chain.history
    changes?.note(historyBefore: last.number)
    content.head = last
    content.macroHead = last
    if trie != nil, !isSameState { reinitialiseState() }
    pruneDiffs()
    emit(.historyAdopted(chain.blocks.map(\.id)))
    return .extended
  }

  /// `chain` without the election blocks that came in since it was asked for.
  private func newPart(of chain: MacroChain) throws(PushError) -> MacroChain {
    var known = 0
    for block in chain.blocks.prefix(while: { $0.number <= electionHead.number }) {
      do throws(LedgerStoreError) {
        guard try mainHash(at: block.number) == block.hash else { break }
      } catch { throw PushError(.storage(error), block.hash) }
      known += 1
    }
    var chain = chain
    chain.blocks.removeFirst(known)
    return chain
  }

  /// Every block names the election block before it and is signed by the validators that one named.
  private func check(_ chain: MacroChain) throws(PushError) {
    var election = electionHead
    var signers = validators
    for (index, block) in chain.blocks.enumerated() {
      let isLast = index == chain.blocks.count - 1
      // The right height follows from the epoch, which the previous election block fixes.
      guard
        block.kind.isMacro, block.number > election.number,
        configuration.electionNumber(before: block.number) == election.number,
        isLast || block.kind == .election
      else { throw PushError(.invalidSuccessor(.wrongNumber), block.hash) }
      let rules = BlockRules(
        configuration: configuration, verifier: verifier, validators: signers,
        electionHash: election.hash)
      try rules.checkCheckpoint(block, history: isLast ? chain.history : nil)
      if let next = block.nextValidators {
        election = block
        signers = next
      }
    }
  }

  /// Takes the main chain back to the last macro block without touching the state, and drops all
  /// side branches.
  private func dropOpenBlocks() {
    for number in open.keys.sorted() {
      for hash in open[number] ?? [] { forget(hash) }
      setMain(number, nil)
    }
  }
}
