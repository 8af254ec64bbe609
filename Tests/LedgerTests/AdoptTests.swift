import Ledger
import MerkleTree
import Primitives
import StateTrie
import Storage
import Testing

@Suite struct AdoptTests {
  private func adoptError(_ node: Blockchain, _ chain: MacroChain) -> PushError? {
    do throws(PushError) {
      try node.adopt(macro: chain)
      return nil
    } catch { return error }
  }

  @Test func macroChain_shouldBringANodeToTheLastMacroBlock_fromWhereItGoesOn() async throws {
    let world = try World()
    try world.grow(to: 42)
    let node = world.node()
    let events = node.events()
    for number in 1...3 as ClosedRange<UInt32> { try node.push(world.chain.block(at: number)!) }
    let chain = try #require(world.chain.macroChain(locators: node.macroLocators()))
    #expect(chain.blocks.map(\.number) == [16, 32, 40])
    #expect(chain.history?.count == 40 && chain.reachesHead)
    #expect(try MacroChain(wireBytes: chain.wireBytes) == chain)
    #expect(try node.adopt(macro: chain) == .extended)
    #expect(node.headNumber == 40 && node.macroNumber == 40 && node.electionHead.number == 32)
    #expect(node.missing == .all && node.block(at: 3) == nil && node.block(at: 16) != nil)
    #expect(await drain(events, count: 4).last == .historyAdopted(chain.blocks.map(\.id)))
    #expect(try node.adopt(macro: chain) == .known)
    for number in [41, 42] as [UInt32] {
      let block = try #require(world.chain.block(at: number))
      guard case .diff(let diff) = world.chain.trieDiff(of: block.hash) else { return }
      try node.push(block, diff: diff)
    }
    guard case .chunk(let chunk, let at) = world.chain.chunk(from: .empty, limit: 100) else {
      return
    }
    try node.push(chunks: [ChunkPush(chunk: chunk, start: .empty, blockHash: at.hash)])
    #expect(node.stateComplete && node.stateRoot == world.chain.stateRoot)
    // It can bring others there in turn, and serve what it has.
    let served = try #require(node.macroChain(locators: [world.genesis.hash]))
    #expect(served == chain)
    #expect(
      node.missingBlocks(
        target: node.headHash, locators: [world.genesis.hash], direction: .forward,
        includeBody: true) == .refused(.failed))
    try world.grow(to: 48)
    for number in 43...48 as ClosedRange<UInt32> { try node.push(world.chain.block(at: number)!) }
    #expect(Picture(node) == Picture(world.chain))
    #expect(node.macroChain(locators: node.macroLocators())?.blocks == [])
    #expect(node.macroChain(locators: [.zero]) == nil)
  }

  @Test func macroChain_shouldBeAdopted_whenItsBeginCameInMeanwhile() throws {
    let world = try World()
    try world.grow(to: 24)
    let node = world.node()
    let locators = node.macroLocators()
    let early = try #require(world.chain.macroChain(locators: locators))
    try world.grow(to: 42)
    // Two peers were asked at the same time, and one of them is further.
    let late = try #require(world.chain.macroChain(locators: locators))
    #expect(early.blocks.map(\.number) == [16, 24] && late.blocks.map(\.number) == [16, 32, 40])
    #expect(try node.adopt(macro: early) == .extended)
    #expect(try node.adopt(macro: late) == .extended)
    #expect(node.headNumber == 40 && node.electionHead.number == 32)
    #expect(try node.adopt(macro: early) == .known)
  }

  @Test func macroChain_shouldBeAdopted_whenItBeginsWithBlocksThatOnlyTheStoreHolds() throws {
    let world = try World()
    try world.grow(to: 32)
    let store = try MemoryStore(on: MemoryDisk(), owner: .chain(world.genesis.hash))
    let node = try Blockchain(genesis: world.genesis, state: .missing, store: store)
    let locators = node.macroLocators()
    let early = try #require(world.chain.macroChain(locators: locators))
    try world.grow(to: 42)
    let late = try #require(world.chain.macroChain(locators: locators))
    #expect(early.blocks.map(\.number) == [16, 32] && late.blocks.map(\.number) == [16, 32, 40])
    #expect(try node.adopt(macro: early) == .extended)
    #expect(try node.adopt(macro: late) == .extended)
    #expect(node.headNumber == 40 && node.electionHead.number == 32)
  }

  @Test func state_shouldBeKept_whenNothingChanged() throws {
    let world = try World()
    while world.chain.headNumber < 24 { try world.grow() }
    let node = world.node()
    let chain = try #require(world.chain.macroChain(locators: node.macroLocators()))
    #expect(try node.adopt(macro: chain) == .extended)
    #expect(node.stateComplete && Picture(node) == Picture(world.chain))
  }

  @Test func forgedMacroChain_shouldBeRefused_andChangeNothing() throws {
    let world = try World()
    try world.grow(to: 40)
    let node = world.node()
    try node.push(world.chain.block(at: 1)!)
    let good = try #require(world.chain.macroChain(locators: node.macroLocators()))
    let before = Picture(node)
    func reason(_ change: (inout MacroChain) -> Void) -> String? {
      var chain = good
      change(&chain)
      return adoptError(node, chain)?.reason
    }
    #expect(reason { $0.blocks.remove(at: 0) } == "invalid_successor_wrong_number")
    #expect(reason { $0.blocks.remove(at: 1) } == "invalid_successor_wrong_number")
    #expect(
      reason { $0.blocks[0].justification = .quorum([]) } == "invalid_block_quorum_too_small")
    #expect(
      reason { $0.blocks[1].justification = $0.blocks[0].justification }
        == "invalid_block_quorum_signature_invalid")
    #expect(reason { $0.blocks[0].nextValidators = nil } == "invalid_block_wrong_validators")
    let others = World.set((0..<4).map { World.keys("thief", $0) })
    #expect(reason { $0.blocks[0].nextValidators = others } == "invalid_block_body_root_mismatch")
    #expect(reason { $0.history = MountainFrontier() } == "invalid_predecessor_wrong_history")
    var peaks = try #require(good.history).peaks
    peaks[0] = .zero
    #expect(
      reason { $0.history = MountainFrontier(peaks: peaks, count: 40)! }
        == "invalid_predecessor_wrong_history")
    #expect(reason { $0.blocks[2] = world.chain.block(at: 39)! } != nil)
    #expect(Picture(node) == before)
    #expect(adoptError(node, good) == nil)
  }
}
