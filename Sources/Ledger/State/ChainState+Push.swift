import Primitives
import StateTrie

extension ChainState {
  /// Takes a block; throws with nothing changed but the fork proof emitted.
  func push(_ block: Block, diff: TrieDiff?) throws(PushError) -> PushResult {
    if let diff {
      #if MUTANTS
        let root = Mutant.isOn(.noDiffCommitment) ? block.diffRoot : diff.root
      #else
        let root = diff.root
      #endif
      guard root == block.diffRoot else { throw PushError(.diffRootMismatch, block.hash) }
      guard diff.valueBytes <= LedgerLimits.diffBytesMax else { throw block.invalid(.diffTooLarge) }
    }
    if var known = blocks[block.hash] {
      // The diff of a stored block may come later, so that its branch can be adopted.
      if known.diff == nil, !known.isOnMain, diff != nil {
        known.diff = diff
        if makeSideRoom(for: known) { update(known) }
      }
      return .known
    }
    guard let parent = blocks[block.parentHash], parent.block.number >= macroHead.number else {
      return try judgeUnattached(block)
    }
    try rules.check(
      block, after: parent.header, history: historyAfter(parent), needsBody: trie != nil)
    reportFork(block)
    let entry = BlockEntry(block, history: historyAfter(parent), diff: diff)
    return block.parentHash == head.hash ? try extend(entry) : try fork(entry)
  }

  /// A block that is not known above the last macro block, nor is its parent. A fork below is late
  /// news from honest peers, but a second macro block there contradicts what is final.
  private func judgeUnattached(_ block: Block) throws(PushError) -> PushResult {
    let parent: FoundBlock?
    do throws(LedgerStoreError) {
      if try find(block.hash, includeBody: false) != nil { return .known }
      parent = try find(block.parentHash, includeBody: false)
    } catch { throw PushError(.storage(error), block.hash) }
    guard let parent else {
      if block.number <= macroHead.number { return .ignored }
      throw PushError(.orphan, block.hash)
    }
    guard block.number == parent.block.number + 1 else {
      throw PushError(.invalidSuccessor(.wrongNumber), block.hash)
    }
    if block.kind.isMacro { throw PushError(.invalidFork, block.hash) }
    return .ignored
  }

  private func extend(_ new: BlockEntry) throws(PushError) -> PushResult {
    var new = new
    if let trie {
      let (diff, receipt) = try apply(new.block, diff: new.diff, to: trie)
      changes?.isTrieChanged = true
      new.diff = diff
      new.applied = AppliedDiff(receipt: receipt, mark: chunkMark)
    }
    new.isOnMain = true
    add(new)
    setMain(new.block.number, new.block.hash)
    content.head = new.block
    if new.block.kind.isMacro { finalize(new.block) } else { emit(.extended(head.hash)) }
    return .extended
  }

  private func fork(_ new: BlockEntry) throws(PushError) -> PushResult {
    let (ancestor, path) = branch(to: new.block.parentHash)
    let first = path.first.map { entry($0).header } ?? new.header
    let candidate = ChainOrder.Branch(first: first, tip: new.block.number)
    let current = ChainOrder.Branch(
      first: mainEntry(ancestor.block.number + 1).header, tip: head.number)
    if ChainOrder.isBetter(candidate, than: current, configuration: configuration) {
      try rebranch(from: ancestor.block.number, path: path.map(entry) + [new])
      return .rebranched
    }
    let siblings = open[new.block.number]?.count ?? 0
    guard sideCount < options.sideBlocksMax, siblings < LedgerLimits.blocksPerHeightMax,
      makeSideRoom(for: new)
    else { return .ignored }
    add(new)
    emit(.stored(new.block.hash))
    return .forked
  }

  /// Emits the proof if this is the producer's second block on one parent (once, not for a third).
  private func reportFork(_ block: Block) {
    guard case .producer(let signed) = block.justification else { return }
    let siblings = (open[block.number] ?? []).map(entry).filter {
      $0.block.parentHash == block.parentHash && $0.block.kind == .micro
    }
    guard siblings.count == 1, case .producer(let other) = siblings[0].block.justification,
      let proof = ForkProof(
        block.header, signature: signed.signature, siblings[0].header,
        signature: other.signature)
    else { return }
    emit(proof)
  }
}
