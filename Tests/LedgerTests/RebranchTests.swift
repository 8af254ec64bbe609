import Ledger
import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct RebranchTests {
  @Test(arguments: [1, 2, 3, 4])
  func longerBranch_shouldBeAdopted_andEndLikeATwinThatHadItOnly(depth: Int) async throws {
    let world = try World()
    try world.grow(to: 1)
    let old = try world.grow(to: UInt32(1 + depth))
    let events = world.chain.events()
    let side = try world.branch(from: 1, length: depth + 1, amount: 900)
    for made in side { try world.chain.push(made.block) }
    #expect(world.chain.headHash == side.last?.block.hash)
    let twin = world.node()
    try twin.push(world.chain.block(at: 1)!)
    for made in side { try twin.push(made.block) }
    #expect(Picture(world.chain) == Picture(twin))
    for made in old {
      #expect(world.chain.isKnown(made.block.hash) && !world.chain.isOnMainChain(made.block.hash))
    }
    let happened = await drain(events, count: depth)
    let switched = happened.contains {
      if case .rebranched(let reverted, let adopted) = $0 {
        reverted.map(\.hash) == old.reversed().map(\.block.hash)
          && adopted.map(\.hash) == side.prefix(adopted.count).map(\.block.hash)
      } else {
        false
      }
    }
    // An equally long branch may already have won by its smaller hash.
    #expect(switched || depth == 1 || happened.count == depth)
    // And back again.
    let back = try world.branch(from: 1, length: depth + 2, amount: 901)
    for made in back { try world.chain.push(made.block) }
    #expect(world.chain.headHash == back.last?.block.hash)
  }

  @Test func order_shouldPreferNoSkipBlock_thenTheSmallerHash() throws {
    let world = try World()
    let micro = try world.producer.next(transactions: [
      world.transfer(0, to: world.address(1), 5)
    ]).block
    let other = try world.producer.next(transactions: [
      world.transfer(0, to: world.address(1), 6)
    ]).block
    let skip = try world.producer.skip().block
    let (small, large) = micro.hash < other.hash ? (micro, other) : (other, micro)
    for order in [[skip, large, small], [large, skip, small], [small, large, skip]] {
      let node = world.node()
      for block in order { _ = try node.push(block) }
      #expect(node.headHash == small.hash)
    }
    let node = world.node()
    #expect(try node.push(skip).result == .extended)
    #expect(try node.push(large).result == .rebranched)
    #expect(try node.push(small).result == .rebranched)
    #expect(try node.push(other).result == .known)
    #expect(node.isKnown(skip.hash))
  }

  @Test(arguments: [1, 2, 3, 4])
  func failingBranch_shouldLeaveTheOldOneExactly_andDropWhatFailed(depth: Int) throws {
    for failing in 0...depth {
      for state in [InitialState.complete, .missing] {
        let world = try World()
        let made = try world.grow(to: 1 + UInt32(depth))
        let node = world.node(state)
        for block in made { try node.push(block.block, diff: block.diff) }
        if state == .missing { try takeHalf(node, from: world.chain) }
        let held = try #require(node.items().first?.key)
        let side = try spoiledBranch(world, length: depth + 1, failing: failing, held: held)
        let blocks = made.map(\.block)
        let before = Picture(node, blocks)
        let errors = side.compactMap { pushError(node, $0.0, diff: $0.1) }
        let expected: PushError.Kind =
          state == .complete
          ? .invalidBlock(.wrongDiffRoot) : .diffMismatch(.oldValueDiffers(held))
        #expect(errors.contains { $0.kind == expected && $0.block == side[failing].0.hash })
        #expect(Picture(node, blocks) == before, "depth \(depth), failing \(failing), \(state)")
        for (block, _) in side[failing...] { #expect(!node.isKnown(block.hash)) }
        // Nothing is broken: the chain goes on.
        let next = try world.grow([world.transfer(0, to: world.address(1), 3)])
        try node.push(next.block, diff: next.diff)
        #expect(node.headHash == next.block.hash)
      }
    }
  }

  /// A branch from block 1 whose block `failing` commits to a diff with a wrong old value of
  /// `held`.
  private func spoiledBranch(
    _ world: World, length: Int, failing: Int, held: KeyNibbles
  ) throws -> [(Block, TrieDiff)] {
    let headers = world.node(.none)
    try headers.push(world.chain.block(at: 1)!)
    let honest = try world.branch(from: 1, length: length, amount: 800, skipFirst: failing > 0)
    let producer = BlockProducer(chain: headers, keys: world.validators)
    var result: [(Block, TrieDiff)] = []
    for (index, made) in honest.enumerated() {
      var block = made.block
      var diff = made.diff
      if index >= failing {
        var entries = diff.entries.filter { $0.key != held }
        if index == failing {
          entries.append(.init(key: held, old: [9], new: [8]))
          entries.sort { $0.key < $1.key }
        }
        diff = try TrieDiff(entries: entries)
        var fields = try producer.next().block.header.fields
        fields.stateRoot = made.block.header.stateRoot
        fields.diffRoot = diff.root
        fields.bodyRoot = made.block.header.bodyRoot
        block = try producer.sign(fields, body: made.block.body)
      }
      try headers.push(block)
      result.append((block, diff))
    }
    return result
  }

  private func takeHalf(_ node: Blockchain, from server: Blockchain) throws {
    for _ in 0..<3 {
      guard let start = node.missing.first,
        case .chunk(let chunk, let block) = server.chunk(from: start, limit: 2)
      else { return }
      try node.push(chunks: [ChunkPush(chunk: chunk, start: start, blockHash: block.hash)])
    }
    #expect(node.stateRoot != nil && !node.stateComplete)
  }

  @Test func finalBlocks_shouldNeverBeReverted() throws {
    let world = try World()
    try world.grow(to: 7)
    let longer = try world.branch(from: 5, length: 3, amount: 50)
    #expect(longer[2].block.kind == .macro)
    _ = try world.chain.push(longer[0].block)
    _ = try world.chain.push(longer[1].block)
    try world.grow(to: 8)
    let final = world.chain.headHash
    // The other branch has a macro block too: it contradicts the final one.
    if world.chain.block(at: 7)!.hash != longer[1].block.hash {
      // Its parent was dropped with its branch, so it is only late news now.
      #expect(try world.chain.push(longer[2].block).result == .ignored)
    }
    // A second macro block on a final parent contradicts the final one.
    let twin = try world.copy(upTo: 7)
    let maker = BlockProducer(chain: twin, keys: world.validators)
    let macro = try maker.next(timestamp: 10_000_000).block
    #expect(pushError(world.chain, macro)?.kind == .invalidFork)
    #expect(world.chain.headHash == final)
    #expect(world.chain.macroHead.hash == final)
  }

  @Test func branchWithAMacroBlock_shouldWin_andBecomeFinal() async throws {
    let world = try World()
    try world.grow(to: 7)
    let events = world.chain.events()
    let side = try world.branch(from: 4, length: 4, amount: 60)
    for made in side { _ = try world.chain.push(made.block) }
    #expect(world.chain.macroHead.hash == side[3].block.hash)
    #expect(world.chain.isKnown(side[3].block.hash))
    var last: ChainEvent?
    for await event in events {
      last = event
      if case .finalized = event { break }
    }
    #expect(last == .finalized(side[3].block.hash))
  }

  @Test func forkWithoutDiff_shouldBeNamed_andWorkOnceItCame() throws {
    let world = try World()
    let node = world.node(.missing)
    for made in try world.grow(to: 3) { try node.push(made.block, diff: made.diff) }
    let skipped = try world.branch(from: 1, length: 2, amount: 700, skipFirst: true)
    let side = try world.branch(from: 1, length: 3, amount: 700, skipFirst: true)
    #expect(try node.push(skipped[0].block).result == .forked)
    let before = Picture(node)
    #expect(try node.push(side[1].block).result == .forked)
    let error = pushError(node, side[2].block, diff: side[2].diff)
    #expect(error?.kind == .missingDiff && error?.block == side[1].block.hash)
    #expect(Picture(node) == before && !node.isKnown(side[2].block.hash))
    #expect(try node.push(side[1].block, diff: side[1].diff).result == .known)
    #expect(try node.push(side[2].block, diff: side[2].diff).result == .rebranched)
  }

  @Test func sideBlocks_shouldBeIgnored_whenThereIsNoRoom() throws {
    let world = try World()
    let node = world.node(options: .init(sideBlocksMax: 1))
    let made = try world.grow(to: 3)
    for block in made { try node.push(block.block) }
    let side = try world.branch(from: 1, length: 3, amount: 41, skipFirst: true)
    #expect(try node.push(side[0].block).result == .forked)
    #expect(try node.push(side[1].block).result == .ignored)
    #expect(!node.isKnown(side[1].block.hash))
  }

  @Test(arguments: 1...4)
  func blocksOfALeftBranch_shouldCountAsSideBlocks(length: Int) throws {
    let world = try World()
    try world.grow(to: UInt32(1 + length))
    let branch = try world.branch(from: 1, length: length + 1, amount: 300)
    let rival = try world.branch(from: 1, length: 1, amount: 301)[0].block
    for room in [length, length + 1] {
      let node = world.node(options: .init(sideBlocksMax: room))
      for number in 1...UInt32(1 + length) { try node.push(world.chain.block(at: number)!) }
      for made in branch { try node.push(made.block) }
      #expect(node.headHash == branch.last?.block.hash)
      // What was the main chain lies beside it now, and what was beside it does not.
      #expect(try node.push(rival).result == (room > length ? .forked : .ignored))
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt32])
  func producer_shouldBuildOnEarlierAndSideBlocks_andChangeNothing(depth: UInt32) throws {
    let world = try World()
    try world.grow(to: 1 + depth)
    // The twin makes the same blocks on a chain that never had the others.
    let side = try world.branch(from: 1, length: Int(depth), amount: 321)
    var parent = try #require(world.chain.block(at: 1)).hash
    for made in side {
      let transactions = try #require(made.block.body).transactions
      let before = Picture(world.chain)
      let again = try world.producer.next(on: parent, transactions: transactions)
      #expect(again == made)
      #expect(try world.chain.execute(made.block) == made.diff)
      #expect(Picture(world.chain) == before)
      #expect(throws: ProductionError.self) {
        try world.producer.next(on: parent, transactions: transactions + transactions)
      }
      #expect(Picture(world.chain) == before)
      _ = try world.chain.push(made.block)
      parent = made.block.hash
    }
    #expect(throws: ProductionError.unknownParent(.zero)) { try world.producer.next(on: .zero) }
    try world.grow(to: 8)
    #expect(throws: ProductionError.unknownParent(parent)) { try world.producer.next(on: parent) }
    while world.chain.headNumber < 15 { try world.grow() }
    #expect(throws: ProductionError.wrongHeight(16)) { try world.producer.skip() }
    #expect(throws: ProductionError.unexpectedTransactions) {
      try world.producer.next(transactions: [world.transfer(0, to: world.address(1), 1)])
    }
    let alone = BlockProducer(chain: world.chain, keys: [world.validators[0]])
    #expect(throws: ProductionError.self) { try alone.next() }
  }
}
