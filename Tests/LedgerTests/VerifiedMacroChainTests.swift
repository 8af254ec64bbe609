import Ledger
import MerkleTree
import Primitives
import StateTrie
import Storage
import Testing

/// Macro chains that are verified part by part before anything is adopted.
@Suite struct VerifiedMacroChainTests {
  /// A world of five epochs and one batch, and its macro chain in parts of `limit` blocks.
  private func parts(of world: World, limit: Int) throws -> [MacroChain] {
    var parts: [MacroChain] = []
    var locator = world.genesis.hash
    repeat {
      let part = try #require(world.chain.macroChain(locators: [locator], limit: limit))
      locator = try #require(part.blocks.last).hash
      parts.append(part)
    } while !parts[parts.count - 1].reachesHead
    return parts
  }

  private func grown() throws -> World {
    let world = try World()
    try world.grow(to: 91)
    return world
  }

  @Test(arguments: [1, 2, 3, 5, 6, 256])
  func parts_shouldLeadToTheHead_whateverTheirSize(limit: Int) throws {
    let world = try grown()
    let node = world.node(.missing)
    var verified: VerifiedMacroChain?
    let parts = try parts(of: world, limit: limit)
    #expect(parts.count == (6 + limit - 1) / limit)
    for part in parts {
      let before = Picture(node)
      verified = try node.verify(part, after: verified?.elections)
      #expect(Picture(node) == before)
    }
    let chain = try #require(verified)
    #expect(chain.blocks.map(\.number) == [16, 32, 48, 64, 80, 88])
    #expect(chain.lastElection.number == 80 && chain.start.number == 0)
    #expect(chain.byteCount == chain.blocks.reduce(0) { $0 + $1.wireBytes.count })
    #expect(chain.elections.blocks.map(\.number) == [16, 32, 48, 64, 80])
    #expect(try node.adopt(chain) == .extended)
    #expect(node.headNumber == 88 && node.electionHead.number == 80)
    #expect(try node.adopt(chain) == .known)
  }

  @Test func partsOfSeveralPeers_shouldFitTogether_evenIfTheyOverlap() throws {
    let world = try grown()
    let node = world.node(.missing)
    func part(after number: UInt32, limit: Int) throws -> MacroChain {
      let locator = try #require(world.chain.block(at: number)).hash
      return try #require(world.chain.macroChain(locators: [locator], limit: limit))
    }
    let first = try node.verify(part(after: 0, limit: 3))
    let overlapping = try node.verify(part(after: 16, limit: 3), after: first)
    #expect(overlapping.blocks.map(\.number) == [16, 32, 48, 64])
    // A peer that is behind brings nothing new, and takes nothing away.
    #expect(try node.verify(part(after: 0, limit: 2), after: overlapping) == overlapping)
    let empty = MacroChain(blocks: [], history: nil)
    #expect(try node.verify(empty, after: overlapping) == overlapping)
    let all = try node.verify(part(after: 64, limit: 9), after: overlapping)
    #expect(try node.adopt(all) == .extended && node.headNumber == 88)
  }

  @Test func part_shouldBeVerified_whenOurChainHasGoneOnMeanwhile() throws {
    let world = try grown()
    let node = world.node(.missing)
    let parts = try parts(of: world, limit: 2)
    let first = try node.verify(parts[0])
    try node.adopt(macro: try #require(world.chain.macroChain(locators: [node.headHash], limit: 3)))
    #expect(node.electionHead.number == 48)
    // What was verified from the first block on counts as far as it goes beyond our head.
    let second = try node.verify(parts[1], after: first)
    #expect(second.blocks.map(\.number) == [64] && second.start.number == 48)
    let last = try node.verify(parts[2], after: second)
    #expect(try node.adopt(last) == .extended && node.headNumber == 88)
  }

  @Test func chainWithoutHistory_shouldNotBeAdopted() throws {
    let world = try grown()
    let jumped = world.node(.missing)
    try jumped.adopt(macro: try #require(world.chain.macroChain(locators: [world.genesis.hash])))
    // A node that jumped has the blocks, but no history before those on its way.
    let part = try #require(jumped.macroChain(locators: [world.genesis.hash], limit: 2))
    #expect(part.blocks.map(\.number) == [16, 32] && part.history == nil && !part.reachesHead)
    let node = world.node(.missing)
    let verified = try node.verify(part)
    let before = Picture(node)
    #expect(
      #expect(throws: PushError.self) { try node.adopt(verified) }?.reason
        == "invalid_predecessor_wrong_history")
    #expect(Picture(node) == before)
    // Somebody else's history makes it whole.
    let other = try #require(world.chain.macroChain(locators: [world.genesis.hash], limit: 2))
    #expect(try node.adopt(node.verify(other, after: verified)) == .extended)
    #expect(node.headNumber == 32)
  }

  @Test func forgedPart_shouldBeRefused_andKeepWhatWasVerified() throws {
    let world = try grown()
    let node = world.node(.missing)
    let parts = try parts(of: world, limit: 2)
    let first = try node.verify(parts[0])
    func reason(_ change: (inout MacroChain) -> Void) -> String? {
      var part = parts[1]
      change(&part)
      do throws(PushError) {
        _ = try node.verify(part, after: first)
        return nil
      } catch { return error.reason }
    }
    #expect(reason { $0.blocks.removeFirst() } == "invalid_successor_wrong_number")
    #expect(reason { $0.blocks.swapAt(0, 1) } == "invalid_successor_wrong_number")
    #expect(
      reason { $0.blocks[0].justification = .quorum([]) } == "invalid_block_quorum_too_small")
    #expect(
      reason { $0.blocks[1].justification = $0.blocks[0].justification }
        == "invalid_block_quorum_signature_invalid")
    #expect(
      reason { $0.history = MountainFrontier() } == "invalid_predecessor_wrong_history")
    #expect(reason { $0.blocks.append($0.blocks[1]) } == "invalid_successor_wrong_number")
    #expect(reason { $0.blocks[1] = world.chain.block(at: 88)! } != nil)
    #expect(reason { _ in } == nil)
  }
}

/// Proofs of history are no work for the chain.
@Suite struct HistoryProofTests {
  @Test func history_shouldNotBeLookedForAgain_onceAPartOfItIsMissing() throws {
    let world = try World()
    try world.grow(to: 40)
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
    let node = try Blockchain(genesis: world.genesis, state: .missing, store: store)
    try node.adopt(macro: try #require(world.chain.macroChain(locators: node.macroLocators())))
    #expect(node.historyProof(of: [1]) == nil && node.storeFailure == nil)
    let before = disk.reads
    for _ in 0..<100 { #expect(node.historyProof(of: [1]) == nil) }
    #expect(disk.reads == before)
  }

  @Test func proofs_shouldBeOfTheMacroHead_whileTheChainGrows() throws {
    let world = try World()
    for macro in stride(from: 8, through: 64, by: 8) {
      try world.grow(to: UInt32(macro + 3))
      let numbers = (0..<UInt32(macro)).map { $0 }
      let proof = try #require(world.chain.historyProof(of: Array(numbers.prefix(64))))
      #expect(proof.anchor.number == macro)
      #expect(proof.hashes(of: Array(numbers.prefix(64))) != nil)
      #expect(world.chain.historyProof(of: [UInt32(macro)]) == nil)
    }
  }
}
