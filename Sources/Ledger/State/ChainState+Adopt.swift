import MerkleTree
import Primitives
import StateTrie

extension ChainState {
  /// Jumps to the last block of a verified chain, which must have its history and whose blocks must
  /// lead on from our election head. Throws with nothing changed.
  ///
  /// The state is kept if the new head has the same state root as the old one, or changed as
  /// `carried` says; else it is missing.
  func adopt(
    _ verified: VerifiedMacroChain, carrying carried: CarriedState? = nil
  ) throws(PushError) -> PushResult {
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
    if let carried, let trie, !isSameState { try carry(carried, to: last, on: trie) }
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
    if trie != nil, !isSameState, carried == nil { reinitialiseState() }
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

/// How an old state becomes that of a later macro block.
public enum CarriedState: Sendable {
  /// By a part of the new state: what is equal stays, what the part does not have is missing.
  case outline(StateOutline)
  /// By all accounts that differ, with their new values; nil for those that are gone.
  case changes([(key: KeyNibbles, value: [UInt8]?)])
}

extension ChainState {
  /// Turns the trie into the state after `block`, or a part of it. Throws with nothing changed.
  private func carry(
    _ carried: CarriedState, to block: Block, on trie: StateTrie
  ) throws(PushError) {
    let root = block.header.stateRoot
    let wrong = PushError(.stateRootMismatch, block.hash)
    do throws(TrieError) {
      switch carried {
      case .outline(let outline):
        guard outline.root == root else { throw .rootUnknown }
        try trie.rebase(onto: outline)
        precondition(trie.rootHash() == root, "an outline gave another root than its own")
      case .changes(let changes):
        let receipt = try trie.apply(try trie.diff(to: changes))
        if trie.rootHash() != root {
          try trie.revert(receipt)
          throw .rootUnknown
        }
      }
    } catch {
      throw error.isOfStore ? PushError(.storage(LedgerStoreError(error)), block.hash) : wrong
    }
    chunkMark += 1
    changes?.isTrieChanged = true
  }
}
