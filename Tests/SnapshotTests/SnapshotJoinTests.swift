import EventLog
import Ledger
import Locking
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import Snapshot
import StateTrie
import Storage
import TestSupport
import Testing
import WorldSupport

/// A node joins from snapshots that its peers keep.
@Suite struct SnapshotJoinTests {
  @Test(arguments: Backend.each)
  func node_shouldJoinFromASnapshot_andFollowTheChain(_ backend: Backend) async throws {
    let world = try TestWorld(seed: 61 + backend.number, backend, accounts: 3_000)
    await world.runAnywhere {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      try await world.grow(30)
      world.addHonest(1..<5)
      for peer in 1..<5 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node))
      #expect(world.chosenBlocks == [16])
      #expect(world.acceptedChunks[16, default: 0] > 1)
      await world.expectSameState(node)
    }
  }

  @Test func node_shouldTakeChunks_whereNobodyKeepsASnapshot() async throws {
    let world = try TestWorld(seed: 62)
    world.run {
      try await world.grow(20)
      world.addHonest(1..<4)
      ProviderShelf([]).host(in: world, as: PeerID(1))
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node))
      #expect(world.declineReasons == ["none"] && world.chosenBlocks.isEmpty)
    }
  }

  @Test func snapshotThatIsGone_shouldCostNothingVerified() async throws {
    let world = try TestWorld(seed: 63, accounts: 3_000, latency: .milliseconds(200))
    world.run {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      try await world.grow(25)
      world.addHonest(1..<4)
      for peer in 1..<4 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(60)) { node.chain.itemCount > 0 })
      shelf.snapshots.withLock { $0 = [] }
      let held = node.chain.itemCount
      #expect(await world.isSynced(node))
      #expect(world.acceptedChunks[16, default: 0] > 0)
      // Nothing that was held was given up, and chunks brought the rest.
      #expect(!world.sink.events.contains { $0.name == "chain.state_given_up" })
      #expect(held > 0 && world.count("joining.lost") > 0)
      #expect(world.acceptedChunks.keys.contains { $0 > 16 })
      for peer in 1..<4 as Range<UInt32> { #expect(world.bans(of: PeerID(peer)).isEmpty) }
      await world.expectSameState(node)
    }
  }

  @Test func restart_shouldGoOn_withThePiecesThatAreThere() async throws {
    let world = try TestWorld(seed: 67, accounts: 3_000, latency: .milliseconds(200))
    world.run {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      try await world.grow(25)
      world.addHonest(1..<4)
      for peer in 1..<4 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let disk = MemoryDisk(name: "node")
      let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
      let first = world.joiner(
        chain: try Blockchain(genesis: world.genesis, state: .missing, store: store))
      let life = world.runtime.spawn("node") { await first.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(60)) { world.acceptedChunks[16, default: 0] > 2 })
      store.crash()
      life.cancel()
      world.network.leave(TestWorld.node)
      try await world.pause(.seconds(1))
      let before = world.acceptedChunks[16, default: 0]
      world.network.join(TestWorld.node)
      let again = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
      let chain = try Blockchain(genesis: world.genesis, state: .missing, store: again)
      let held = chain.itemCount
      #expect(held > 0)
      let second = world.joiner(chain: chain)
      world.runtime.spawn("node") { await second.run() }
      #expect(await world.isSynced(second))
      #expect(world.acceptedChunks[16, default: 0] > before)
      #expect(world.chosenBlocks.last == 16)
      await world.expectSameState(second)
    }
  }

  @Test func snapshotOfTheHead_shouldBeEnough_withoutABlockAfterIt() async throws {
    let world = try TestWorld(seed: 69, accounts: 2_000)
    world.run {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      world.addHonest(1..<3)
      for peer in 1..<3 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      // No block is made any more.
      #expect(await world.isSynced(node))
      #expect(world.chosenBlocks == [16] && world.acceptedChunks.keys.sorted() == [16])
      await world.expectSameState(node)
    }
  }

  /// `chunk_fetchers`, and which bytes the forecast expects from where.
  @Test func forecast_shouldNameTheSnapshot_whosePiecesAreTaken() async throws {
    let world = try TestWorld(seed: 73, accounts: 3_000, latency: .seconds(1))
    world.run {
      try await world.grow(16)
      let snapshot = try world.snapshot()
      world.addHonest(1..<3)
      for peer in 1..<3 as Range<UInt32> {
        ProviderShelf([snapshot]).host(in: world, as: PeerID(peer))
      }
      let node = world.joiner(SnapshotSettings(discoveryTime: .seconds(2), chunkFetchers: 1))
      world.runtime.spawn("node") { await node.run() }
      var seen: [ExpectedBytes] = []
      var texts: [String] = []
      while !node.chain.stateComplete {
        let forecast = await node.progress().forecast
        if let expected = forecast?.expected { seen.append(expected) }
        if let forecast { texts.append(forecast.text) }
        try await world.pause(.milliseconds(100))
      }
      let named = ExpectedBytes.Snapshot(block: 16, hash: snapshot.hash)
      #expect(seen.contains { $0.snapshot == named && $0.pieceBytes > 0 })
      let words = "by pieces of snapshot \(snapshot.hash.hex.prefix(8)) of block 16, "
      #expect(texts.contains { $0.contains(words) && $0.hasSuffix("by chunks") })
      let told = world.sink.events.compactMap { event -> Hash256? in
        if case Event.State.sources(16, let hash, _, _) = event.group { hash } else { nil }
      }
      #expect(!told.isEmpty && Set(told) == [snapshot.hash])
    }
  }

  /// `chunk_request_timeout`: who needs longer for a piece is not waited for.
  @Test func piece_shouldBeAwaited_noLongerThanIsSet() async throws {
    let world = try TestWorld(seed: 74, accounts: 3_000)
    world.run {
      try await world.grow(16)
      let snapshot = try world.snapshot()
      world.addHonest(1..<3)
      ProviderShelf([snapshot]).host(in: world, as: PeerID(1))
      let runtime = world.runtime
      world.network.endpoint(PeerID(1)).serve(RequestSnapshotPiece.self) { _, _ in
        try? await runtime.sleep(for: .seconds(600))
        return .unknown
      }
      let node = world.joiner(
        SnapshotSettings(discoveryTime: .seconds(2), chunkRequestTimeout: .milliseconds(300)))
      world.runtime.spawn("node") { await node.run() }
      #expect(await world.wait(.seconds(5)) { !world.latePieces.isEmpty })
      #expect(world.latePieces.first.map { $0 <= 300_000_000 } == true)
    }
  }

  @Test func join_shouldEnd_asSoonAsTheStateIsComplete() async throws {
    let world = try TestWorld(seed: 72, accounts: 2_000)
    world.run {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      world.addHonest(1..<3)
      shelf.host(in: world, as: PeerID(1))
      let hasEnded = Gate()
      let node = world.joiner(watched: { WatchedJoin($0, hasEnded: hasEnded) })
      world.runtime.spawn("node") { await node.run() }
      // Nobody comes or goes, and no block is made.
      #expect(await world.wait(.seconds(60)) { node.chain.stateComplete })
      #expect(await world.wait(.seconds(1)) { hasEnded.isOpen })
    }
  }

  @Test func progress_shouldRise_withEachPiece() async throws {
    let world = try TestWorld(seed: 70, accounts: 3_000, latency: .milliseconds(200))
    world.run {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      world.addHonest(1..<3)
      for peer in 1..<3 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      var seen: [Int] = []
      while !node.chain.stateComplete {
        seen.append(await node.progress().forecast?.progressPpm ?? 0)
        try await world.pause(.milliseconds(100))
      }
      #expect(seen == seen.sorted())
      #expect(Set(seen).count > 2)
    }
  }
}
