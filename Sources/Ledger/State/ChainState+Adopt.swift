import MerkleTree
import Primitives
import StateTrie

extension ChainState {
  /// Jumps to the last block of a verified chain, which must have its history and whose blocks must
  /// lead on from our election head. Throws with nothing changed.
  ///
  /// The state is kept if the new head has the same state root as the old one; else it is missing.
  func adopt(_ verified: VerifiedMacroChain) throws(PushError) -> PushResult {
    guard let last = verified.blocks.last, blocks[last.hash]?.isOnMain != true,
      last.number > macroHead.number
    else { return .known }
    guard let history = verified.history else {
      throw PushError(.invalidPredecessor(.wrongHistory), last.hash)
    }
    // Our chain may have gone on since the signatures were checked.
    guard let chain = verified.rest(after: electionHead)?.blocks, !chain.isEmpty else {
      throw PushError(.invalidPredecessor(.wrongElection), last.hash)
    }

    let isSameState = trie != nil && last.header.stateRoot == head.header.stateRoot
    dropOpenBlocks()
    if macroHead.kind != .election { dropHistory(before: macroHead) }
    for block in chain {
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
    content.blocks[last.hash]?.history = history
    changes?.note(historyBefore: last.number)
    content.head = last
    content.macroHead = last
    if trie != nil, !isSameState { reinitialiseState() }
    pruneDiffs()
    emit(.historyAdopted(chain.map(\.id)))
    return .extended
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
