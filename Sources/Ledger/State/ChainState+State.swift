import Primitives
import StateTrie

/// One change of the trie that can be taken back exactly.
enum JournalStep {
  /// A diff was applied.
  case applied(DiffReceipt)
  /// A main chain block was taken back exactly by its receipt.
  case reverted(Hash256, TrieDiff)
}

/// The state's way along the chain.
extension ChainState {
  /// Applies `block`, whose parent the trie must be at: executes it if the state is complete, else
  /// applies `diff`, whose root must have been checked. Returns the diff and how to take it back;
  /// throws with nothing changed.
  func apply(
    _ block: Block, diff: TrieDiff?, to trie: StateTrie
  ) throws(PushError) -> (diff: TrieDiff, receipt: DiffReceipt) {
    let parent = entry(block.parentHash).header
    if let root = trie.rootHash(), !Self.isRoot(root, of: parent) {
      throw PushError(.damagedState, block.hash)
    }
    let diff = try diffToApply(block, given: diff, on: trie)
    let receipt: DiffReceipt
    do {
      receipt = try trie.apply(diff)
    } catch { throw Self.failure(error, block.hash) }
    if let root = trie.rootHash(), !Self.isRoot(root, of: block.header) {
      undo([.applied(receipt)], on: trie)
      throw PushError(.stateRootMismatch, block.hash)
    }
    return (diff, receipt)
  }

  /// Whether a state is the one that a block's header names.
  private static func isRoot(_ root: Hash256, of header: BlockHeader) -> Bool {
    #if MUTANTS
      if Mutant.isOn(.stateRootNotCompared) { return true }
    #endif
    return root == header.stateRoot
  }

  /// What a trie that refused a diff of `block` means: the diff, or the store.
  static func failure(_ error: TrieError, _ block: Hash256) -> PushError {
    PushError(error.isOfStore ? .storage(LedgerStoreError(error)) : .diffMismatch(error), block)
  }

  private func diffToApply(
    _ block: Block, given: TrieDiff?, on trie: StateTrie
  ) throws(PushError) -> TrieDiff {
    if trie.isComplete {
      let executed = try executed(block, on: trie)
      guard executed.root == block.header.diffRoot else { throw block.invalid(.wrongDiffRoot) }
      return executed.diff
    }
    if let given { return given }
    guard block.header.diffRoot == BlockRules.emptyDiffRoot else {
      throw PushError(.missingDiff, block.hash)
    }
    return .empty
  }

  /// What executing `block` on its parent's state gives.
  func executed(_ block: Block, on trie: StateTrie) throws(PushError) -> ExecutedBlocks.Answer {
    guard block.kind == .micro else { return .init(diff: .empty, root: BlockRules.emptyDiffRoot) }
    guard let body = block.body else { throw block.invalid(.bodyMissing) }
    let producer = validators.producer(
      number: block.number, parentSeed: entry(block.parentHash).header.seed)
    return try execute(
      .init(
        parent: block.parentHash, bodyRoot: block.header.bodyRoot, number: block.number,
        producer: producer.address, transactions: body.transactions),
      on: trie, block.hash)
  }

  /// Executes transactions on `trie`; errors name `block`.
  private func execute(
    _ question: ExecutedBlocks.Question, on trie: StateTrie, _ block: Hash256
  ) throws(PushError) -> ExecutedBlocks.Answer {
    do {
      if let memory = executedBlocks { return try memory.answer(to: question, on: trie) }
      let diff = try Execution.run(question, on: trie).diff
      return .init(diff: diff, root: diff.root)
    } catch {
      switch error {
      case .incomplete: throw PushError(.incompleteTrie, block)
      case .storage(let error): throw PushError(.storage(error), block)
      case .transaction(let index, let fault):
        throw PushError(.accounts(index: index, fault), block)
      }
    }
  }

  /// Takes the trie from the head back to the main chain block `number`; throws with the trie
  /// restored.
  func revert(trie: StateTrie, to number: UInt32) throws(PushError) -> [JournalStep] {
    var journal: [JournalStep] = []
    for height in stride(from: head.number, to: number, by: -1) {
      let entry = mainEntry(height)
      do {
        if let applied = entry.applied, applied.mark == chunkMark {
          try trie.revert(applied.receipt)
          journal.append(.reverted(entry.block.hash, applied.receipt.diff))
        } else {
          #if MUTANTS
            if Mutant.isOn(.skipRevertAfterChunks) { continue }
          #endif
          // Chunks came in since, so only the diff's old values can bring their leaves back.
          guard let diff = entry.diff else {
            preconditionFailure("no diff kept of block \(entry.block.id), which is not final")
          }
          journal.append(.applied(try trie.apply(diff.inverted())))
        }
      } catch {
        undo(journal, on: trie)
        throw Self.failure(error, entry.block.hash)
      }
    }
    return journal
  }

  /// Takes back everything of `journal`, newest first: content, missing ranges and what is known of
  /// them are then as before.
  func undo(_ journal: [JournalStep], on trie: StateTrie) {
    for step in journal.reversed() {
      do {
        switch step {
        case .applied(let receipt):
          try trie.revert(receipt)
        case .reverted(let hash, let diff):
          let receipt = try trie.apply(diff)
          content.blocks[hash]?.applied = AppliedDiff(receipt: receipt, mark: chunkMark)
        }
      } catch {
        guard error.isOfStore else {
          preconditionFailure("a change of the state could not be taken back: \(error)")
        }
        // The change is given up as a whole then, and the trie brought back from the store.
        trieFault = LedgerStoreError(error)
        return
      }
    }
  }

  /// Runs `body` with the complete state after the stored block `hash`, which must not be below the
  /// last macro block; then the state is as before.
  func withState<Result>(
    after hash: Hash256, _ body: (StateTrie) throws(PushError) -> Result
  ) throws(PushError) -> Result {
    guard let trie, trie.isComplete else { throw PushError(.incompleteTrie, hash) }
    let (ancestor, path) = branch(to: hash)
    var journal = try revert(trie: trie, to: ancestor.block.number)
    defer { undo(journal, on: trie) }
    for step in path {
      let entry = entry(step)
      journal.append(.applied(try apply(entry.block, diff: entry.diff, to: trie).receipt))
    }
    return try body(trie)
  }
}

extension ChainState {
  /// What executing transactions on their parent gives, and the root of the state after it.
  func preview(
    _ question: ExecutedBlocks.Question
  ) throws(PushError) -> (executed: ExecutedBlocks.Answer, stateRoot: Hash256) {
    let parent = question.parent
    for (index, transaction) in question.transactions.enumerated() {
      do {
        try rules.check(transaction)
      } catch { throw PushError(.accounts(index: index, error), parent) }
    }
    return try withState(after: parent) { (trie) throws(PushError) in
      let executed = try execute(question, on: trie, parent)
      do throws(TrieError) {
        let receipt = try trie.apply(executed.diff)
        defer { undo([.applied(receipt)], on: trie) }
        guard let root = trie.rootHash() else {
          preconditionFailure("a complete trie has no root after block \(question.number)")
        }
        return (executed, root)
      } catch { throw Self.failure(error, parent) }
    }
  }
}
