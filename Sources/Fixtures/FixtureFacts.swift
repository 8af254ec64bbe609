import Ledger
import Primitives

/// What a fixture contains, counted from its records.
public struct FixtureFacts: Sendable, Hashable {
  public var steps = 0
  public var blocks = 0
  public var skipBlocks = 0
  public var macroBlocks = 0
  public var electionBlocks = 0
  /// Blocks that have a sibling: another block with the same parent.
  public var siblings = 0
  /// Rebranches while a range of the state was missing.
  public var rebranchesWhileIncomplete = 0
  public var rebranches = 0
  /// Most blocks that one rebranch took back.
  public var deepestRebranch = 0
  /// Answers with missing blocks.
  public var blockAnswers = 0
  /// Chunks delivered.
  public var chunks = 0
  public var acceptedChunks = 0
  /// Chunks that waited for their block.
  public var bufferedChunks = 0
  /// Chunks thrown away because their block had passed or was replaced.
  public var discardedChunks = 0
  public var reinitialisations = 0
  /// How often the state became complete.
  public var completions = 0
  /// How often the node saw that it is incomplete again.
  public var relapses = 0
  public var createdAccounts = 0
  public var deletedAccounts = 0

  public init(_ fixture: Fixture) {
    var parents: [Hash256: Int] = [:]
    var wasIncomplete = true
    for step in fixture.steps {
      steps += 1
      for block in step.blocks { add(block, &parents) }
      blockAnswers += step.answers.count { !$0.blocks.isEmpty }
      switch step.action {
      case .chunk: chunks += 1
      case .reinitialise: reinitialisations += 1
      case .start, .announce, .wait: break
      }
      add(step.expected, wasIncomplete: wasIncomplete)
      wasIncomplete = !step.expected.missing.isEmpty
    }
    siblings = parents.values.reduce(0) { $0 + ($1 > 1 ? $1 : 0) }
  }

  private mutating func add(_ block: FixtureBlock, _ parents: inout [Hash256: Int]) {
    blocks += 1
    parents[block.block.parentHash, default: 0] += 1
    switch block.block.kind {
    case .micro: break
    case .skip: skipBlocks += 1
    case .macro: macroBlocks += 1
    case .election: electionBlocks += 1
    }
    createdAccounts += block.diff.entries.count { $0.old == nil }
    deletedAccounts += block.diff.entries.count { $0.new == nil }
  }

  private mutating func add(_ seen: FixtureObservation, wasIncomplete: Bool) {
    for event in seen.chain where event.hasPrefix("rebranched:") {
      rebranches += 1
      if wasIncomplete { rebranchesWhileIncomplete += 1 }
      deepestRebranch = max(deepestRebranch, event.count { $0 == "-" })
    }
    for word in seen.chunks {
      if word == "buffered" { bufferedChunks += 1 }
      if word.hasPrefix("accepted:") { acceptedChunks += 1 }
      if word.hasPrefix("discarded:") { discardedChunks += 1 }
    }
    completions += seen.state.count { $0 == "complete" }
    relapses += seen.state.count { $0 == "incomplete" }
  }

  /// Every count with its name, in a fixed order.
  public var counts: [(name: String, count: Int)] {
    [
      ("steps", steps), ("blocks", blocks), ("skip_blocks", skipBlocks),
      ("macro_blocks", macroBlocks), ("election_blocks", electionBlocks),
      ("siblings", siblings), ("rebranches", rebranches),
      ("rebranches_while_incomplete", rebranchesWhileIncomplete),
      ("deepest_rebranch", deepestRebranch), ("block_answers", blockAnswers),
      ("chunks", chunks), ("accepted_chunks", acceptedChunks),
      ("buffered_chunks", bufferedChunks), ("discarded_chunks", discardedChunks),
      ("reinitialisations", reinitialisations), ("completions", completions),
      ("relapses", relapses), ("created_accounts", createdAccounts),
      ("deleted_accounts", deletedAccounts),
    ]
  }

  /// What the fixture lacks of what its kind promises; nil if nothing.
  public func isVacuous(for kind: FixtureKind) -> String? {
    var needs: [(isMet: Bool, lack: String)] = [
      (bufferedChunks > 0, "has no chunk that waits for its block"),
      (acceptedChunks > 3, "has almost no accepted chunks"),
      (macroBlocks > 0 && electionBlocks > 0, "has no macro or no election block"),
      (createdAccounts > 0, "creates no account"),
      (completions > 0, "never sees its state complete"),
    ]
    switch kind {
    case .plain: break
    case .forks:
      needs += [
        (rebranchesWhileIncomplete > 1, "hardly rebranches while the state is incomplete"),
        (deepestRebranch > 1, "has no rebranch of more than one block"),
        (discardedChunks > 0, "has no discarded chunk"),
      ]
    case .incompleteAgain:
      needs += [
        (reinitialisations > 0 && relapses > 0, "is never incomplete again"),
        (completions > 1, "does not become complete again"),
      ]
    }
    return needs.first { !$0.isMet }?.lack
  }
}
