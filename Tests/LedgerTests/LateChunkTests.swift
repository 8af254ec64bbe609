import Ledger
import Primitives
import StateTrie
import TestSupport
import Testing

/// Chunks of blocks that are no longer the head, or never were on the node's branch at the end.
@Suite struct LateChunkTests {
  /// A served chunk, kept for later.
  struct Kept {
    var push: ChunkPush
    var number: UInt32
  }

  /// A chain that grows and forks, and a node that gets old chunks of it.
  struct Play {
    var random: SeededGenerator
    let world: World
    let node: Blockchain
    var kept: [Kept] = []
    /// Chunks that came in although the head had moved on.
    var lateCommitted = 0

    init(seed: UInt64) throws {
      random = SeededGenerator(seed: seed)
      world = try World(users: 16)
      node = world.node(.missing)
    }

    /// One block more, or a longer branch instead of the last ones; the node follows with diffs.
    mutating func grow() throws {
      let head = world.chain.headNumber
      let room = Int(head) - Int(world.chain.macroNumber)
      if room > 1, random.chance(25) {
        let depth = 1 + random.below(room)
        let branch = try world.branch(
          from: head - UInt32(depth), length: depth + 1, amount: UInt64(20 + random.below(900)))
        for made in branch { try follow(made) }
        return
      }
      let isMacro = World.configuration.isMacro(at: head + 1)
      var transactions: [Transaction] = []
      if !isMacro {
        for user in 0..<16 where random.chance(40) {
          let to =
            random.chance(50) ? Address(bytes: random.bytes(20)) : world.address(random.below(16))
          transactions.append(world.transfer(user, to: to!, UInt64(1 + random.below(50))))
        }
      }
      try follow(world.producer.next(transactions: transactions))
    }

    private func follow(_ made: ProducedBlock) throws {
      try world.chain.push(made.block)
      try node.push(made.block, diff: made.diff)
    }

    /// Keeps a chunk of the server's head.
    mutating func keep() throws {
      var start = KeyNibbles(bytes: random.bytes(2))
      if random.chance(20) { start = .empty }
      let end = random.chance(30) ? nil : KeyNibbles(bytes: random.bytes(2))
      if let end, end <= start { return }
      guard
        case .chunk(let chunk, let block) = world.chain.chunk(
          from: start, to: end, limit: 1 + random.below(4), edges: .both)
      else { return }
      kept.append(
        Kept(
          push: ChunkPush(chunk: chunk, start: start, edges: .both, blockHash: block.hash),
          number: block.number))
    }

    mutating func giveOne() throws -> ChunkOutcome {
      let index = random.below(kept.count)
      let chunk = kept.remove(at: index)
      let outcome = try node.push(chunks: [chunk.push]).outcomes[0]
      if case .committed = outcome, chunk.push.blockHash != node.headHash { lateCommitted += 1 }
      return outcome
    }

    /// What the node holds is what the chain has there, and its root is right or unknown.
    func expectTruth(_ note: String) {
      let missing = node.missing
      #expect(node.headHash == world.chain.headHash, "\(note)")
      #expect(node.items() == world.chain.items().filter { !missing.contains($0.key) }, "\(note)")
      #expect(node.stateRoot == nil || node.stateRoot == world.chain.stateRoot, "\(note)")
    }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_LATE_SEEDS", default: 25))
  func lateChunk_shouldBeBroughtToTheHead_whateverCameBetween(seed: UInt64) throws {
    var play = try Play(seed: seed)
    for step in 0..<60 {
      try play.grow()
      for _ in 0..<2 { try play.keep() }
      if play.kept.count > 6 || step > 50 {
        let outcome = try play.giveOne()
        if case .failed(let error) = outcome {
          Issue.record("seed \(seed) step \(step): an honest chunk is refused: \(error)")
        }
      }
      play.expectTruth("seed \(seed) step \(step)")
    }
    #expect(play.lateCommitted > 0, "seed \(seed)")
    while let start = play.node.missing.first {
      guard
        case .chunk(let chunk, let block) = play.world.chain.chunk(
          from: start, limit: 5, edges: .both)
      else { break }
      try play.node.push(chunks: [
        ChunkPush(chunk: chunk, start: start, edges: .both, blockHash: block.hash)
      ])
    }
    #expect(Picture(play.node) == Picture(play.world.chain), "seed \(seed)")
  }

  /// A chunk of block 2 while the head is 5.
  private func late() throws -> (world: World, node: Blockchain, push: ChunkPush) {
    let world = try World()
    let node = world.node(.missing)
    for made in try world.grow(to: 2) { try node.push(made.block, diff: made.diff) }
    guard
      case .chunk(let chunk, let block) = world.chain.chunk(from: .empty, limit: 4, edges: .both)
    else { throw LateError.noChunk }
    for made in try world.grow(to: 5) { try node.push(made.block, diff: made.diff) }
    return (
      world, node,
      ChunkPush(chunk: chunk, start: .empty, edges: .both, blockHash: block.hash)
    )
  }

  enum LateError: Error { case noChunk }

  @Test func lateChunk_shouldBeRefused_whenAnItemIsWrong() throws {
    let (_, node, push) = try late()
    let before = Picture(node)
    var bad = push
    bad.chunk.items[0].value[0] ^= 1
    #expect(try node.push(chunks: [bad]).outcomes == [.failed(.itemsMismatch)])
    #expect(Picture(node) == before)
    #expect(try node.push(chunks: [push]).committed == 1)
  }

  @Test func lateChunk_shouldBeOfNoUse_whenItsBlockIsUnknownOrItsKeysAreHeld() throws {
    let (_, node, push) = try late()
    var unknown = push
    unknown.blockHash = Blake2b256.hash([9])
    #expect(try node.push(chunks: [unknown]).outcomes == [.ignored])
    var oneEdge = push
    oneEdge.edges = .last
    #expect(try node.push(chunks: [oneEdge]).outcomes == [.ignored])
    #expect(try node.push(chunks: [push, push]).outcomes.last == .ignored)
  }

  @Test func lateChunk_shouldBeOfNoUse_whenTheDiffsBetweenAreGone() throws {
    let world = try World()
    let node = world.node(.missing, options: BlockchainOptions(finalDiffsKept: 0))
    for made in try world.grow(to: 2) { try node.push(made.block, diff: made.diff) }
    guard
      case .chunk(let chunk, let block) = world.chain.chunk(from: .empty, limit: 4, edges: .both)
    else { throw LateError.noChunk }
    // Block 8 makes all before it final.
    for made in try world.grow(to: 9) { try node.push(made.block, diff: made.diff) }
    let push = ChunkPush(chunk: chunk, start: .empty, edges: .both, blockHash: block.hash)
    #expect(try node.push(chunks: [push]).outcomes == [.ignored])
  }

  @Test func lateChunk_shouldBeCarriedAsFarAsTheLimit_andNoFurther() throws {
    let world = try World()
    let node = world.node(.missing)
    guard
      case .chunk(let chunk, let block) = world.chain.chunk(from: .empty, limit: 2, edges: .both)
    else { throw LateError.noChunk }
    func grow(to number: UInt32) throws {
      while world.chain.headNumber < number {
        let made = try world.producer.next(transactions: [])
        try world.chain.push(made.block)
        try node.push(made.block, diff: made.diff)
      }
    }
    let push = ChunkPush(chunk: chunk, start: .empty, edges: .both, blockHash: block.hash)
    try grow(to: UInt32(LedgerLimits.carriedBlocksMax + 1))
    #expect(try node.push(chunks: [push]).outcomes == [.ignored])
    let other = world.node(.missing)
    for number in 1...UInt32(LedgerLimits.carriedBlocksMax) {
      try other.push(world.chain.block(at: number)!, diff: .empty)
    }
    #expect(try other.push(chunks: [push]).committed == 1)
  }

  @Test func lateChunk_shouldBeOfNoUse_whenItContradictsTheDiffsBetween() throws {
    let world = try World()
    let node = world.node(.missing)
    for made in try world.grow(to: 2) { try node.push(made.block, diff: made.diff) }
    guard
      case .chunk(let chunk, let block) = world.chain.chunk(from: .empty, limit: 4, edges: .both)
    else { throw LateError.noChunk }
    // Who holds nothing can only take the producer's word for what a key was before.
    let key = try #require(chunk.items.last?.key)
    let lie = try TrieDiff(entries: [.init(key: key, old: [9], new: [8])])
    var fields = try world.producer.next().block.header.fields
    fields.diffRoot = lie.root
    let body = try #require(try world.producer.next().block.body)
    let wrong = try world.producer.sign(fields, body: body)
    try node.push(wrong, diff: lie)
    #expect(node.headHash == wrong.hash)
    let before = Picture(node)
    let push = ChunkPush(chunk: chunk, start: .empty, edges: .both, blockHash: block.hash)
    #expect(try node.push(chunks: [push]).outcomes == [.ignored])
    #expect(Picture(node) == before)
  }
}
