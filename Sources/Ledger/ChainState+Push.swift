import Primitives
import StateTrie

extension ChainState {
  /// Takes a block; throws with nothing changed but the fork proof emitted.
  func push(_ block: Block, diff: TrieDiff?) throws(PushError) -> PushResult {
    if let diff {
      guard diff.root == block.diffRoot else { throw PushError(.diffRootMismatch, block.hash) }
      guard diff.valueBytes <= LedgerLimits.diffBytesMax else { throw block.invalid(.diffTooLarge) }
    }
    if let known = blocks[block.hash] {
      // The diff of a stored block may come later, so that its branch can be adopted.
      if known.diff == nil, !known.isOnMain { blocks[block.hash]?.diff = diff }
      return .known
    }
    guard let parent = blocks[block.parentHash] else {
      if block.number <= macroHead.number { return .ignored }
      throw PushError(.orphan, block.hash)
    }
    guard parent.block.number >= macroHead.number else { return try judgeStale(block, parent) }
    try rules.check(
      block, after: parent.header, history: historyAfter(parent), needsBody: trie != nil)
    reportFork(block)
    let entry = BlockEntry(block, history: historyAfter(parent), diff: diff)
    return block.parentHash == head.hash ? try extend(entry) : try fork(entry)
  }

  /// A fork below the last macro block: late news from honest peers, but a second macro block there
  /// contradicts what is final.
  private func judgeStale(
    _ block: Block, _ parent: BlockEntry
  ) throws(PushError) -> PushResult {
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
      new.diff = diff
      new.applied = AppliedDiff(receipt: receipt, mark: chunkMark)
    }
    new.isOnMain = true
    store(new)
    main[new.block.number] = new.block.hash
    head = new.block
    if new.block.kind.isMacro { finalize(new.block) } else { events.emit(.extended(head.hash)) }
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
    guard sideCount < options.sideBlocksMax, siblings < LedgerLimits.blocksPerHeightMax else {
      return .ignored
    }
    store(new)
    events.emit(.stored(new.block.hash))
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
    forkProofs.emit(proof)
  }
}
