import Ledger
import Networking
import Node
import Primitives
import Runtime
import Testing
import WorldSupport

/// Whose turn it is to give a part of the macro chain, and what is kept of the parts.
@Suite struct MacroFetchTests {
  private let patience = Duration.seconds(4)
  private func at(_ seconds: Int64) -> Moment { Moment.start.advanced(by: .seconds(seconds)) }
  private let one = PeerID(1)
  private let two = PeerID(2)
  private let three = PeerID(3)

  @Test func firstParts_shouldBeAskedOfAllPeersAtOnce() {
    var fetch = MacroFetch()
    let turns = [one, two, three].map { fetch.begin($0, patience: patience, at: at(0)) }
    #expect(turns == [true, true, true])
  }

  @Test func furtherParts_shouldComeFromOnePeer_untilItIsOverdueOrDone() {
    var fetch = MacroFetch()
    func turns(_ peers: [PeerID], _ seconds: Int64) -> [Bool] {
      peers.map { fetch.begin($0, patience: patience, at: at(seconds)) }
    }
    fetch.goOn(with: one, patience: patience, at: at(0))
    fetch.goOn(with: two, patience: patience, at: at(0))
    #expect(turns([one], 1) == [true])
    #expect(turns([two], 2) == [false])
    // Each part gives the peer half of its patience anew; after that the next one takes over.
    #expect(turns([two], 3) == [true])
    #expect(turns([one, three], 4) == [false, false])
    fetch.end(one)
    #expect(turns([three], 4) == [false])
    fetch.end(two)
    #expect(turns([three, one], 4) == [true, true])
  }

  @Test func verifiedBlocks_shouldBeKept_whileTheyAreAheadAndFit() throws {
    let world = try TestWorld(seed: 46, accounts: 200, blocksPerBatch: 2)
    world.run {
      try await world.grow(24)
      let node = Blockchain(genesis: world.genesis, state: .missing)
      func verified(_ limit: Int) throws -> VerifiedMacroChain {
        try node.verify(
          try #require(world.source.macroChain(locators: [world.genesis.hash], limit: limit)))
      }
      let short = try verified(1)
      let long = try verified(3)
      var fetch = MacroFetch(bytesMax: long.byteCount)
      // A peer that is behind takes nothing away, and is no progress.
      let kept = [fetch.keep(long), fetch.keep(short)]
      #expect(kept == [true, true] && fetch.verified == long && fetch.verifiedCount == 1)
      fetch.adopted()
      #expect(fetch.verified == nil)
      var small = MacroFetch(bytesMax: long.byteCount - 1)
      let fits = [small.keep(short), small.keep(long)]
      #expect(fits == [true, false] && small.verified == short)
    }
  }

  @Test func nothingNew_shouldBeNoProgress_howeverOftenItComes() throws {
    let world = try TestWorld(seed: 48, accounts: 200, blocksPerBatch: 2)
    world.run {
      try await world.grow(8)
      let node = Blockchain(genesis: world.genesis, state: .missing)
      let empty = try node.verify(MacroChain(blocks: [], history: nil, reachesHead: false))
      let one = try node.verify(
        try #require(world.source.macroChain(locators: [world.genesis.hash], limit: 1)))
      var fetch = MacroFetch()
      let before = (0..<3).map { _ in fetch.keep(empty) }
      #expect(before == [true, true, true] && fetch.verifiedCount == 0 && fetch.verified == nil)
      let after = [one, one, empty].map { fetch.keep($0) }
      #expect(after == [true, true, true] && fetch.verifiedCount == 1 && fetch.verified == one)
    }
  }
}
