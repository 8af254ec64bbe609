import Ledger
import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct StateTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func executingAndApplyingTheDiff_shouldGiveTheModelsState(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let world = try World(users: 8)
    var model = AccountModel(world.genesis)
    // A node that never executes: its state is missing up to the last chunk, which is never given.
    let follower = world.node(.missing)
    try fill(follower, from: world.chain, leaveLast: true)
    for _ in 0..<40 {
      let number = world.chain.headNumber + 1
      let producer = try #require(world.chain.validators(at: number)).producer(
        number: number, parentSeed: world.chain.head.header.seed
      ).address
      let isMicro = !World.configuration.isMacro(at: number)
      let list =
        isMicro
        ? model.randomTransactions(
          &random, world: world, number: number, producer: producer, count: 12) : []
      let isValid = model.execute(list, number: number, producer: producer)
      #expect(isValid, "seed \(seed)")
      let made = try world.producer.next(transactions: list)
      #expect(try world.chain.execute(made.block) == made.diff, "seed \(seed)")
      try world.chain.push(made.block)
      try follower.push(made.block, diff: made.diff)
      let expected = model.accounts.sorted { $0.key < $1.key }
        .map { TrieItem(key: $0.key.key, value: $0.value.wireBytes) }
      #expect(world.chain.items() == expected, "seed \(seed)")
      let missing = follower.missing
      #expect(follower.items() == expected.filter { !missing.contains($0.key) }, "seed \(seed)")
      #expect(follower.stateRoot == nil || follower.stateRoot == world.chain.stateRoot)
    }
    try fill(follower, from: world.chain)
    #expect(follower.stateComplete)
    #expect(Picture(follower) == Picture(world.chain), "seed \(seed)")
  }

  /// Fetches all missing chunks of the head, two items each.
  private func fill(_ node: Blockchain, from server: Blockchain, leaveLast: Bool = false) throws {
    while let start = node.missing.first {
      guard case .chunk(let chunk, let block) = server.chunk(from: start, limit: 2) else {
        Issue.record("no chunk from \(start)")
        return
      }
      if leaveLast, chunk.end == nil { return }
      let push = ChunkPush(chunk: chunk, start: start, blockHash: block.hash)
      #expect(try node.push(chunks: [push]).outcomes == [.committed(items: chunk.items.count)])
    }
  }

  @Test func incompleteNode_shouldNeedTheDiff_andCheckItBeforeTheTrie() throws {
    let world = try World()
    let node = world.node(.missing)
    let made = try world.grow([world.transfer(0, to: world.address(1), 5)])
    #expect(node.needsDiff(made.block.header))
    #expect(pushError(node, made.block)?.kind == .missingDiff)
    let other = try TrieDiff(entries: Array(made.diff.entries.dropLast()))
    #expect(pushError(node, made.block, diff: other)?.kind == .diffRootMismatch)
    #expect(pushError(world.node(), made.block, diff: other)?.kind == .diffRootMismatch)
    #expect(node.headNumber == 0)
    try node.push(made.block, diff: made.diff)
    let skip = try world.producer.skip().block
    #expect(node.needsDiff(skip.header) == false)
    try node.push(skip)
    #expect(node.headNumber == 2)
    #expect(throws: PushError.self) { try node.execute(made.block) }
  }

  @Test func lyingDiff_shouldBeRefused_whenItTouchesHeldKeys_andRootsWhenKnown() throws {
    let world = try World()
    try world.grow(to: 1)
    let made = try world.producer.next(transactions: [world.transfer(0, to: world.address(1), 5)])
    // A producer that commits to a diff with a wrong old value, and one with a wrong new value.
    for what in ["old", "new"] {
      var entries = made.diff.entries
      if what == "old" { entries[0].old = [1] } else { entries[0].new = [1] }
      let lie = try TrieDiff(entries: entries)
      var fields = made.block.header.fields
      fields.diffRoot = lie.root
      let block = try world.producer.sign(fields, body: made.block.body)
      let node = world.node(.missing)
      try node.push(world.chain.block(at: 1)!, diff: diff(world, 1))
      try fill(node, from: world.chain, leaveLast: true)
      #expect(node.missing.contains(entries[0].key) == false)
      let before = Picture(node)
      #expect(node.stateRoot != nil)
      let error = pushError(node, block, diff: lie)
      if what == "old" {
        #expect(error?.kind == .diffMismatch(.oldValueDiffers(entries[0].key)))
      } else {
        #expect(error?.kind == .stateRootMismatch)
      }
      #expect(Picture(node) == before)
      // Nodes that execute see through both.
      #expect(pushError(world.chain, block)?.reason == "invalid_block_wrong_diff_root")
    }
  }

  private func diff(_ world: World, _ number: UInt32) -> TrieDiff? {
    guard let block = world.chain.block(at: number),
      case .diff(let diff) = world.chain.trieDiff(of: block.hash)
    else { return nil }
    return diff
  }

  @Test func chunks_shouldBeJudgedOneByOne_andComeWithTheirBlock() throws {
    let world = try World()
    let node = world.node(.missing)
    let made = try world.grow([world.transfer(0, to: world.address(1), 5)])
    var pushes: [ChunkPush] = []
    var start: KeyNibbles? = .empty
    while let from = start {
      guard
        case .chunk(let chunk, let block) = world.chain.chunk(from: from, limit: 3, edges: .both)
      else { break }
      pushes.append(ChunkPush(chunk: chunk, start: from, edges: .both, blockHash: block.hash))
      start = chunk.end
    }
    #expect(pushes.count >= 4)
    var spoiled = pushes
    spoiled[1].chunk.items[0].value = [1]
    spoiled[2].blockHash = world.genesis.hash
    let outcome = try node.push(made.block, diff: made.diff, chunks: spoiled + [spoiled[0]])
    #expect(outcome.result == .extended)
    #expect(outcome.chunks.outcomes[0] == .committed(items: pushes[0].chunk.items.count))
    #expect(outcome.chunks.failure?.index == 1)
    #expect(outcome.chunks.failure?.error == .itemsMismatch)
    // The items of the head's state do not give the root of the block that is named.
    #expect(outcome.chunks.outcomes[2].isFailure)
    #expect(outcome.chunks.ignored == 1)
    #expect(outcome.chunks.committed == pushes.count - 2)
    #expect(outcome.chunks.outcomes.last == .ignored)
    #expect(node.stateComplete == false)
    let rest = try node.push(chunks: [pushes[1], pushes[2]])
    #expect(rest.committed == 2 && rest.failure == nil && rest.rootMismatch == nil)
    #expect(Picture(node) == Picture(world.chain))
    // A complete node needs none, and an operator can make it start again.
    #expect(try node.push(chunks: pushes).ignored == pushes.count)
    try node.reinitialiseState()
    #expect(node.missing == .all && node.stateRoot == nil && node.needsDiffs)
  }

  @Test func wrongState_shouldBeToldAndGivenUp_whenALyingDiffWasTakenOnMissingKeys() throws {
    // The producer commits to a diff that leaves a change of a held key out. Nodes that execute
    // refuse the block; one that holds nothing to compare with cannot.
    let world = try World()
    let made = try world.producer.next(transactions: [world.transfer(0, to: world.address(1), 5)])
    let held = made.diff.entries[0]
    var fields = made.block.header.fields
    let lie = try TrieDiff(entries: Array(made.diff.entries.dropFirst()))
    fields.diffRoot = lie.root
    let block = try world.producer.sign(fields, body: made.block.body)
    let node = world.node(.missing)
    guard
      case .chunk(let first, let genesis) = world.chain.chunk(
        from: .empty, to: held.key.prefix(1).subtreeEnd, limit: 100, edges: .both)
    else { return }
    let push = ChunkPush(chunk: first, start: .empty, edges: .both, blockHash: genesis.hash)
    #expect(try node.push(chunks: [push]).committed == 1)
    try node.push(block, diff: lie)
    // The honest state after the block, from a twin.
    try world.chain.push(made.block)
    let from = try #require(node.missing.first)
    guard case .chunk(let rest, _) = world.chain.chunk(from: from, limit: 100, edges: .both) else {
      return
    }
    let result = try node.push(chunks: [
      ChunkPush(chunk: rest, start: from, edges: .both, blockHash: block.hash)
    ])
    #expect(result.committed == 1)
    #expect(result.rootMismatch != nil)
    #expect(node.headHash == block.hash)
    // It is given up at once, so that nobody takes it for complete.
    #expect(node.missing == .all && node.stateRoot == nil)
    #expect(try node.giveUpWrongState() == nil)
    let next = try BlockProducer(chain: node, keys: world.validators).next().block
    try node.push(next)
    #expect(node.chunk(from: .empty, limit: 10) == .incomplete(.all))
  }
}

extension ChunkOutcome {
  fileprivate var isFailure: Bool { if case .failed = self { true } else { false } }
}
