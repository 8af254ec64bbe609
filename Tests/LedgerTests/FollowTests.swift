import Ledger
import Primitives
import StateTrie
import TestSupport
import Testing

/// An incomplete node follows a chain that rebranches all the time while its chunks come in.
@Suite struct FollowTests {
  @Test(arguments: [11, 12, 13, 14, 15, 16, 17, 18] as [UInt64])
  func incompleteNode_shouldEndLikeItsCompleteTwin_throughRebranches(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let world = try World(users: 24)
    let node = world.node(.missing)
    var rebranches = 0
    var step = 0
    while !node.stateComplete || step < 30 {
      step += 1
      #expect(step < 400, "seed \(seed) does not end")
      if step >= 400 { return }
      let (head, macro) = (world.chain.headNumber, world.chain.macroNumber)
      let depth = min(4, Int(head - macro))
      if depth > 0, random.chance(40) {
        let back = 1 + random.below(depth)
        let from = head - UInt32(back)
        // The branch may reach over the next macro block and make itself final.
        let side = try world.branch(
          from: from, length: back + 1, amount: UInt64(random.below(500)) + 1,
          skipFirst: random.chance(30))
        for made in side {
          // Whatever becomes of a block of the branch, both nodes must agree.
          let twin = try world.chain.push(made.block).result
          let here = try node.push(made.block, diff: made.diff).result
          #expect(twin == here, "seed \(seed)")
          if here == .rebranched { rebranches += 1 }
        }
      } else {
        let isMacro = World.configuration.isMacro(at: head + 1)
        let user = random.below(world.users.count)
        let list =
          isMacro || world.account(user) == nil
          ? [] : [world.transfer(user, to: world.address(random.below(24)), 7)]
        let made = try world.grow(list)
        try node.push(made.block, diff: made.diff)
      }
      #expect(node.headHash == world.chain.headHash, "seed \(seed)")
      try check(node, against: world.chain, seed: seed)
      if random.chance(50) { try take(&random, node, from: world.chain, seed: seed) }
      if random.chance(2) { try node.reinitialiseState() }
    }
    #expect(rebranches > 0, "seed \(seed)")
    #expect(Picture(node) == Picture(world.chain), "seed \(seed)")
  }

  private func take(
    _ random: inout SeededGenerator, _ node: Blockchain, from server: Blockchain, seed: UInt64
  ) throws {
    guard let range = node.missing.ranges.randomElement(using: &random) else { return }
    // Sometimes not at the edge of what is held, so that the missing part falls into ranges.
    var start = range.start
    var edges = ChunkEdges.last
    let inside = KeyNibbles(bytes: random.bytes(2))
    if random.chance(40), range.contains(inside) { start = inside }
    if start != range.start || node.missing.ranges.count > 1 || random.chance(50) { edges = .both }
    guard
      case .chunk(let chunk, let block) = server.chunk(
        from: start, to: range.end, limit: 1 + random.below(3), edges: edges)
    else {
      Issue.record("no chunk, seed \(seed)")
      return
    }
    let result = try node.push(chunks: [
      ChunkPush(chunk: chunk, start: start, edges: edges, blockHash: block.hash)
    ])
    #expect(result.failure == nil && result.rootMismatch == nil, "seed \(seed)")
  }

  private func check(_ node: Blockchain, against twin: Blockchain, seed: UInt64) throws {
    let missing = node.missing
    let held = twin.items().filter { !missing.contains($0.key) }
    #expect(node.items() == held, "seed \(seed)")
    #expect(node.stateRoot == nil || node.stateRoot == twin.stateRoot, "seed \(seed)")
  }
}
