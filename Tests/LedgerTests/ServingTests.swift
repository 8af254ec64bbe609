import Ledger
import Primitives
import StateTrie
import Testing

@Suite struct ServingTests {
  private func numbers(_ result: MissingBlocksResult) -> [UInt32]? {
    if case .blocks(let blocks) = result { blocks.map(\.number) } else { nil }
  }

  @Test func forward_shouldGiveBlocksAfterTheLocator_upToTargetMacroOrLimit() throws {
    let world = try World()
    try world.grow(to: 20)
    let chain = world.chain
    func ask(_ from: UInt32, _ to: UInt32, limit: Int = 100, body: Bool = true)
      -> MissingBlocksResult
    {
      chain.missingBlocks(
        target: chain.block(at: to)!.hash, locators: [.zero, chain.block(at: from)!.hash],
        direction: .forward, includeBody: body, limit: limit)
    }
    #expect(numbers(ask(2, 5)) == [3, 4, 5])
    #expect(numbers(ask(2, 20)) == [3, 4, 5, 6, 7, 8])
    #expect(numbers(ask(8, 20)) == Array(9...16))
    #expect(numbers(ask(17, 20, limit: 2)) == [18, 19])
    #expect(numbers(ask(9, 4)) == [])
    guard case .blocks(let bare) = ask(2, 5, body: false) else { return }
    #expect(bare.allSatisfy { $0.body == nil })
  }

  @Test func backward_shouldLeadToTheTarget_fromALocatorOrMacroBlock() throws {
    let world = try World()
    try world.grow(to: 14)
    let side = try world.branch(from: 10, length: 3, amount: 33, skipFirst: true)
    for made in side { _ = try world.chain.push(made.block) }
    let chain = world.chain
    func ask(_ target: Hash256, _ locators: [Hash256], limit: Int = 100) -> [UInt32]? {
      numbers(
        chain.missingBlocks(
          target: target, locators: locators, direction: .backward, includeBody: true,
          limit: limit))
    }
    let tip = side[2].block.hash
    #expect(ask(tip, []) == [9, 10, 11, 12, 13])
    #expect(ask(tip, [chain.block(at: 10)!.hash]) == [11, 12, 13])
    #expect(ask(tip, [], limit: 2) == [12, 13])
    #expect(ask(tip, [tip]) == [])
    #expect(ask(chain.block(at: 8)!.hash, []) == Array(1...8))
  }

  @Test func missingBlocks_shouldNameTheRefusal() throws {
    let world = try World()
    try world.grow(to: 4)
    let side = try world.branch(from: 2, length: 1, amount: 33, skipFirst: true)
    _ = try world.chain.push(side[0].block)
    func ask(_ target: Hash256, _ locators: [Hash256], _ direction: MissingBlocksDirection)
      -> MissingBlocksResult
    {
      world.chain.missingBlocks(
        target: target, locators: locators, direction: direction, includeBody: true)
    }
    let (head, fork) = (world.chain.headHash, side[0].block.hash)
    #expect(ask(.zero, [head], .forward) == .refused(.targetUnknown))
    #expect(ask(fork, [head], .forward) == .refused(.targetNotOnMainChain))
    #expect(ask(head, [.zero, fork], .forward) == .refused(.unknownLocators))
    let many = [Hash256](repeating: .zero, count: LedgerLimits.locatorsMax + 1)
    #expect(ask(head, many, .backward) == .refused(.tooManyLocators))
    let light = world.node(.none)
    for number in 1...4 as ClosedRange<UInt32> {
      try light.push(world.chain.block(at: number, includeBody: false)!)
    }
    #expect(
      light.missingBlocks(
        target: head, locators: [world.genesis.hash], direction: .forward, includeBody: true)
        == .refused(.failed))
    #expect(light.stateRoot == nil && !light.holdsState && !light.needsDiffs)
  }

  @Test func diffs_shouldBeServed_untilTheyAreTooOld() throws {
    let world = try World(options: .init(finalDiffsKept: 4))
    let made = try world.grow(to: 10)
    #expect(world.chain.trieDiff(of: .zero) == .unknownBlock)
    #expect(world.chain.trieDiff(of: made[0].block.hash) == .unavailable)
    #expect(world.chain.trieDiff(of: made[2].block.hash) == .unavailable)
    for index in 3..<10 {
      #expect(world.chain.trieDiff(of: made[index].block.hash) == .diff(made[index].diff))
    }
  }

  @Test func chunksAndProofs_shouldNameTheirBlock_orSayIncomplete() throws {
    let world = try World()
    try world.grow(to: 3)
    guard case .chunk(let chunk, let block) = world.chain.chunk(from: .empty, limit: 5) else {
      Issue.record("no chunk")
      return
    }
    #expect(block == world.chain.head.id && chunk.items.count == 5)
    let key = world.address(0).key
    guard case .proof(let proof, _) = world.chain.proof(of: [key]) else {
      Issue.record("no proof")
      return
    }
    #expect(try proof.verify(root: world.chain.stateRoot!, keys: [key])[key] != nil)
    let node = world.node(.missing)
    #expect(node.chunk(from: .empty, limit: 5) == .incomplete(.all))
    #expect(node.proof(of: [key]) == .incomplete)
    #expect(node.account(world.address(0)) == .missing)
    if case .refused = world.chain.chunk(from: .empty, limit: -1) {
    } else {
      Issue.record("a chunk of -1 items")
    }
  }

  @Test func locators_shouldGoBackToTheLastMacroBlock() throws {
    let world = try World()
    try world.grow(to: 19)
    let expected = (16...19).reversed().map { world.chain.block(at: UInt32($0))!.hash }
    #expect(world.chain.locators() == expected)
    #expect(world.chain.locators(limit: 2) == Array(expected.prefix(2)))
    #expect(world.chain.macroLocators() == [expected[3], world.genesis.hash])
  }
}
