import Ledger
import Primitives
import Testing

/// Side branches are bounded in bytes.
@Suite struct SideBytesTests {
  /// Blocks that one producer signs in place of the same block, each with so many bytes of data.
  private func rivals(_ world: World, count: Int, bytes: Int) throws -> [ProducedBlock] {
    let parent = world.chain.headHash
    return try (0..<count).map { index in
      try world.producer.next(
        on: parent,
        transactions: [
          world.data(index % 12, [UInt8](repeating: UInt8(1 + index), count: bytes), nonce: 0)
        ])
    }
  }

  @Test func sideBlocks_shouldStayBelowTheirBytes_andGiveWayToOthers() throws {
    let world = try World()
    let bytes = 20_000
    let made = try rivals(world, count: 14, bytes: bytes)
    for withDiff in [false, true] {
      let each = bytes * (withDiff ? 2 : 1) + 4_000
      let limits = ByteLimits(total: 5 * each, perHolder: 5 * each)
      let node = world.node(.complete, options: .init(sideBytes: limits))
      var stored = 0
      for block in made {
        let result = try node.push(block.block, diff: withDiff ? block.diff : nil).result
        if result == .forked { stored += 1 }
      }
      // A new head puts the one before it on a side branch; so some are there in any case.
      let known = made.count { node.isKnown($0.block.hash) }
      #expect(known <= 7 && known >= 4, "\(known) of \(made.count), \(withDiff)")
      #expect(stored < made.count)
    }
  }

  @Test func lateDiffOfASideBlock_shouldOnlyBeKept_ifThereIsRoom() throws {
    let world = try World()
    let made = try rivals(world, count: 6, bytes: 20_000)
    let node = world.node(
      .missing, options: .init(sideBytes: ByteLimits(total: 60_000, perHolder: 60_000)))
    for block in made { _ = try node.push(block.block, diff: block.diff) }
    for block in made { _ = try? node.push(block.block, diff: block.diff) }
    let kept = made.count { produced in
      if case .diff = node.trieDiff(of: produced.block.hash) { true } else { false }
    }
    #expect(kept >= 1 && kept <= 3)
  }

  @Test func largestBlockWithItsDiff_shouldHaveRoom() {
    let block = LedgerLimits.bodyBytesMax + LedgerLimits.transactionsPerBlockMax * 320
    let diff = LedgerLimits.diffBytesMax + LedgerLimits.diffEntriesMax * 200
    #expect(LedgerLimits.sideBytes.perHolder >= block + diff)
  }
}
