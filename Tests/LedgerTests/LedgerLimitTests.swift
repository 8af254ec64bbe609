import Ledger
import Primitives
import Testing

/// The limits of the ledger, each at its bound and beyond it.
@Suite struct LedgerLimitTests {
  @Test func validators_shouldBeSoManyAtMost() throws {
    let limit = LedgerLimits.validatorsMax
    let all = (0...limit).map { Validator(publicKey: World.keys("many", $0).publicKey, slots: 1) }
    let largest = try #require(ValidatorSet(Array(all.prefix(limit))))
    #expect(ValidatorSet(all) == nil)
    #expect(try ValidatorSet(wireBytes: largest.wireBytes) == largest)
    var encoder = WireEncoder()
    encoder.append(all.sorted { $0.publicKey < $1.publicKey })
    #expect(throws: WireError.lengthTooLarge(UInt64(limit + 1), limit: limit, at: 0)) {
      try ValidatorSet(wireBytes: encoder.bytes)
    }
  }

  @Test func transactionsOfABlock_shouldBeSoManyAtMost() throws {
    let world = try World()
    let limit = LedgerLimits.transactionsPerBlockMax
    let transaction = world.transfer(0, to: world.address(1), 1)
    let largest = BlockBody(transactions: Array(repeating: transaction, count: limit))
    #expect(try BlockBody(wireBytes: largest.wireBytes) == largest)
    let tooLarge = BlockBody(transactions: largest.transactions + [transaction])
    #expect(throws: WireError.lengthTooLarge(UInt64(limit + 1), limit: limit, at: 0)) {
      try BlockBody(wireBytes: tooLarge.wireBytes)
    }
  }

  @Test func batchesAndEpochs_shouldBeSoLongAtMost() throws {
    let world = try World()
    func isTaken(_ blocks: UInt32, _ batches: UInt32) -> Bool {
      let genesis = try? Genesis(
        configuration: ChainConfiguration(
          network: 7, blocksPerBatch: blocks, batchesPerEpoch: batches, slotCount: 9,
          blockIntervalMilliseconds: 100),
        timestamp: 1_000, accounts: world.genesis.accounts,
        validators: World.set(world.validators))
      return genesis != nil
    }
    let limit = LedgerLimits.batchBlocksMax
    #expect(isTaken(limit, 1) && !isTaken(limit + 1, 1))
    #expect(isTaken(2, limit) && !isTaken(2, limit + 1))
  }

  @Test func blocksAtOneHeight_shouldBeSoManyAtMost() throws {
    let world = try World()
    let limit = LedgerLimits.blocksPerHeightMax
    let made = try (0...limit).map { index in
      try world.producer.next(transactions: [
        world.transfer(0, to: world.address(1), UInt64(1 + index))
      ])
      .block
    }
    // The smallest hash is the head from the begin, so that all others stay beside it.
    let blocks = made.sorted { $0.hash < $1.hash }
    let node = world.node()
    let results = try blocks.map { try node.push($0).result }
    #expect(results.first == .extended && results.last == .ignored)
    #expect(results.dropFirst().dropLast().allSatisfy { $0 == .forked })
    #expect(blocks.count { node.isKnown($0.hash) } == limit)
  }

  @Test func macroChain_shouldBeRead_upToItsLimit() throws {
    let world = try World()
    try world.grow(to: 8)
    let macro = try #require(world.chain.block(at: 8)).withoutBody
    func isRead(_ count: Int) -> Bool {
      let chain = MacroChain(blocks: Array(repeating: macro, count: count), history: nil)
      return (try? MacroChain(wireBytes: chain.wireBytes)) == chain
    }
    let limit = LedgerLimits.macroChainBlocksMax
    #expect(isRead(limit) && !isRead(limit + 1))
  }

  @Test func proofOfHistory_shouldBeGiven_forSoManyBlocksAtMost() throws {
    let world = try World()
    let limit = LedgerLimits.historyProofsMax
    while Int(world.chain.macroHead.number) <= limit + 1 { try world.grow() }
    let numbers = (0...UInt32(limit)).map { $0 }
    let proof = try #require(world.chain.historyProof(of: Array(numbers.dropLast())))
    #expect(proof.items.count == limit)
    #expect(try HistoryProof(wireBytes: proof.wireBytes) == proof)
    #expect(world.chain.historyProof(of: numbers) == nil)
  }
}
