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
  private func node(
    _ world: TestWorld, chain: Blockchain? = nil,
    _ settings: SnapshotSettings = SnapshotSettings(discoveryTime: .seconds(2)),
    clock: UInt64 = 0
  ) -> FullNode {
    FullNode(
      chain: chain ?? Blockchain(genesis: world.genesis, state: .missing),
      network: world.network.endpoint(TestWorld.node), runtime: world.runtime, sink: world.sink,
      configuration: NodeConfiguration(name: "s0", chunkItems: 20),
      source: {
        SnapshotJoin(
          context: $0, settings: settings, clock: WallClock(startingAt: clock, world.runtime))
      })
  }

  private func isSynced(_ node: FullNode, _ world: TestWorld) async -> Bool {
    await world.wait(.seconds(300)) {
      node.chain.stateComplete && node.chain.headHash == world.source.headHash
    }
  }

  private func events(_ world: TestWorld) -> [Event.Joining] {
    world.sink.events.compactMap { $0.group as? Event.Joining }
  }

  private func chosen(_ world: TestWorld) -> [UInt32] {
    events(world).compactMap { if case .chosen(let block, _, _, _, _) = $0 { block } else { nil } }
  }

  private func declined(_ world: TestWorld) -> [String] {
    events(world).compactMap {
      if case .declined(_, let reason, _) = $0 { reason } else { nil }
    }
  }

  /// Chunks that were taken in, by the block that they are of.
  private func accepted(_ world: TestWorld) -> [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    for event in world.sink.events {
      if case Event.Chunk.accepted(let chunk) = event.group { counts[chunk.block, default: 0] += 1 }
    }
    return counts
  }

  @Test(arguments: Backend.each)
  func node_shouldJoinFromASnapshot_andFollowTheChain(_ backend: Backend) async throws {
    let world = try TestWorld(seed: 61 + backend.number, backend, accounts: 3_000)
    await world.runAnywhere {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      try await world.grow(30)
      world.addHonest(1..<5)
      for peer in 1..<5 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world))
      #expect(chosen(world) == [16])
      #expect(accepted(world)[16, default: 0] > 1)
      await world.expectSameState(node)
    }
  }

  @Test func node_shouldTakeChunks_whereNobodyKeepsASnapshot() async throws {
    let world = try TestWorld(seed: 62)
    world.run {
      try await world.grow(20)
      world.addHonest(1..<4)
      ProviderShelf([]).host(in: world, as: PeerID(1))
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world))
      #expect(declined(world) == ["none"] && chosen(world).isEmpty)
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
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(60)) { node.chain.itemCount > 0 })
      shelf.snapshots.withLock { $0 = [] }
      let held = node.chain.itemCount
      #expect(await isSynced(node, world))
      #expect(accepted(world)[16, default: 0] > 0)
      // Nothing that was held was given up, and chunks brought the rest.
      #expect(!world.sink.events.contains { $0.name == "chain.state_given_up" })
      #expect(held > 0 && world.count("joining.lost") > 0)
      #expect(accepted(world).keys.contains { $0 > 16 })
      for peer in 1..<4 as Range<UInt32> { #expect(world.bans(of: PeerID(peer)).isEmpty) }
      await world.expectSameState(node)
    }
  }

  @Test func liarOfPieces_shouldBeBanned_andTheRestComesFromOthers() async throws {
    let world = try TestWorld(seed: 64, accounts: 3_000)
    world.run {
      try await world.grow(16)
      let honest = try world.snapshot()
      var frames = honest.frames
      for index in frames.indices {
        var chunk = try StoredPiece.chunk(of: frames[index], rawBytes: nil)
        chunk.items[0].value[0] ^= 1
        frames[index] = RawPiece(chunk).frame(by: .init(level: 1))
      }
      try await world.grow(9)
      world.addHonest(1..<5)
      ProviderShelf([honest]).host(in: world, as: PeerID(1))
      ProviderShelf([honest]).host(in: world, as: PeerID(2))
      for peer in [PeerID(3), PeerID(4)] {
        ProviderShelf([MemorySnapshot(manifest: honest.manifest, frames: frames)]).host(
          in: world, as: peer)
      }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world))
      #expect(world.bans(of: PeerID(3)) == ["items_mismatch"])
      #expect(world.bans(of: PeerID(4)) == ["items_mismatch"])
      #expect(world.bans(of: PeerID(1)).isEmpty && world.bans(of: PeerID(2)).isEmpty)
      await world.expectSameState(node)
    }
  }

  /// Manifests in which one field lies, each under its own hash.
  private static let manifestLies: [(String, @Sendable (inout SnapshotManifest) -> Void)] = [
    ("chain", { $0.chain = .zero }),
    ("signatures", { $0.anchor.block = Lies.withoutQuorum($0.anchor.block) }),
    ("history", { $0.anchor.history.append(leafHash: .zero) }),
    ("start", { $0.chunks[0].pieces[1].start.append(3) }),
    ("size", { $0.chunks[0].pieces[1].rawBytes += 1 }),
    ("fewer", { $0.chunks[$0.chunks.count - 1].pieces.removeLast() }),
    ("hash", { $0.chunks[0].hash = .zero }),
    ("items", { $0.items += 1 }),
  ]

  @Test(arguments: 0..<8) func manifestThatLies_shouldNotHoldTheNodeUp(_ index: Int) async throws {
    let world = try TestWorld(seed: 65, accounts: 1_500)
    let (field, lie) = Self.manifestLies[index]
    world.run {
      try await world.grow(16)
      let honest = try world.snapshot()
      var manifest = honest.manifest
      lie(&manifest)
      try await world.grow(9)
      world.addHonest(1..<6)
      // More peers name the lie than the truth.
      for peer in 1..<4 as Range<UInt32> {
        let liar = MemorySnapshot(manifest: manifest, frames: honest.frames)
        ProviderShelf([liar]).host(in: world, as: PeerID(peer))
      }
      for peer in 4..<6 as Range<UInt32> {
        ProviderShelf([honest]).host(in: world, as: PeerID(peer))
      }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world), "\(field)")
      for peer in 4..<6 as Range<UInt32> {
        #expect(world.bans(of: PeerID(peer)).isEmpty, "\(field)")
      }
      await world.expectSameState(node)
    }
  }

  @Test func otherManifestThanWasAskedFor_shouldBeAnOffence() async throws {
    let world = try TestWorld(seed: 66)
    world.run {
      try await world.grow(16)
      let honest = try world.snapshot()
      let provider = ProviderShelf([honest])
      try await world.grow(4)
      world.addHonest(1..<3)
      provider.host(in: world, as: PeerID(1))
      world.network.endpoint(PeerID(1)).serve(RequestSnapshotManifest.self) { _, _ in
        .manifest([1, 2, 3])
      }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world))
      #expect(world.bans(of: PeerID(1)) == ["snapshot_manifest_hash"])
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
      let first = node(
        world, chain: try Blockchain(genesis: world.genesis, state: .missing, store: store))
      let life = world.runtime.spawn("node") { await first.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(60)) { accepted(world)[16, default: 0] > 2 })
      store.crash()
      life.cancel()
      world.network.leave(TestWorld.node)
      try await world.pause(.seconds(1))
      let before = accepted(world)[16, default: 0]
      world.network.join(TestWorld.node)
      let again = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
      let chain = try Blockchain(genesis: world.genesis, state: .missing, store: again)
      let held = chain.itemCount
      #expect(held > 0)
      let second = node(world, chain: chain)
      world.runtime.spawn("node") { await second.run() }
      #expect(await isSynced(second, world))
      #expect(accepted(world)[16, default: 0] > before)
      #expect(chosen(world).last == 16)
      await world.expectSameState(second)
    }
  }

  @Test(arguments: ["expired", "differs", "unknown", "fits"])
  func trust_shouldBeSaidClearly_whenItFails(_ which: String) async throws {
    let world = try TestWorld(seed: 68)
    world.run {
      try await world.grow(48)
      let shelf = ProviderShelf([try world.snapshot()])
      try await world.grow(4)
      world.addHonest(1..<3)
      shelf.host(in: world, as: PeerID(1))
      let election = try #require(world.source.block(at: 24))
      let trust = TrustedBlock(
        height: which == "unknown" ? 25 : 24,
        hash: which == "differs" ? .zero : election.hash, period: .seconds(3_600))
      let hours: UInt64 = which == "expired" ? 2 : 0
      let node = node(
        world, SnapshotSettings(trust: trust, discoveryTime: .seconds(2)),
        clock: election.header.timestamp + hours * 3_600_000)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world))
      let reasons = [
        "expired": ["trust_expired"], "differs": ["trust_hash_differs"],
        "unknown": ["trust_height_unknown"], "fits": [],
      ]
      #expect(declined(world) == reasons[which])
      #expect(chosen(world) == (which == "fits" ? [48] : []))
    }
  }

  @Test func snapshotOfTheHead_shouldBeEnough_withoutABlockAfterIt() async throws {
    let world = try TestWorld(seed: 69, accounts: 2_000)
    world.run {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      world.addHonest(1..<3)
      for peer in 1..<3 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      // No block is made any more.
      #expect(await isSynced(node, world))
      #expect(chosen(world) == [16] && accepted(world).keys.sorted() == [16])
      await world.expectSameState(node)
    }
  }

  @Test func progress_shouldRise_withEachPiece() async throws {
    let world = try TestWorld(seed: 70, accounts: 3_000, latency: .milliseconds(200))
    world.run {
      try await world.grow(16)
      let shelf = ProviderShelf([try world.snapshot()])
      world.addHonest(1..<3)
      for peer in 1..<3 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = node(world)
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

  @Test func claimedHeight_shouldResetNothing() async throws {
    let world = try TestWorld(seed: 71, accounts: 3_000, latency: .milliseconds(200))
    world.run {
      try await world.grow(16)
      let honest = try world.snapshot()
      try await world.grow(9)
      world.addHonest(1..<4)
      let shelf = ProviderShelf([honest])
      for peer in 1..<3 as Range<UInt32> { shelf.host(in: world, as: PeerID(peer)) }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(60)) { accepted(world)[16, default: 0] > 1 })
      // Somebody names a snapshot of the far future, and connects anew to be heard.
      let context = SyncContext(
        chain: world.source, network: world.network.endpoint(PeerID(3)), runtime: world.runtime,
        recorder: .none)
      context.serve(RequestSnapshots.self) { _ in
        SnapshotsResponse(snapshots: [
          SnapshotSummary(
            height: 4_000_000, format: 2, hash: .zero, rawBytes: 1, storedBytes: 1)
        ])
      }
      world.network.leave(PeerID(3))
      try await world.pause(.seconds(1))
      world.network.join(PeerID(3))
      #expect(await isSynced(node, world))
      #expect(chosen(world) == [16])
      #expect(!world.sink.events.contains { $0.name == "chain.state_given_up" })
      await world.expectSameState(node)
    }
  }

  /// The peers' `joining` events before the node gave up to join from a snapshot.
  private func refusedFirst(_ world: TestWorld) -> Int {
    events(world).prefix { event in
      if case .declined = event { false } else { true }
    }.count { event in
      if case .refused = event { true } else { false }
    }
  }

  @Test func manifests_shouldBeLookedAt_upToTheirNumber() async throws {
    let world = try TestWorld(seed: 69)
    world.run {
      try await world.grow(16)
      let honest = try world.snapshot()
      try await world.grow(4)
      let peers = UInt32(SnapshotLimits.candidatesMax) + 3
      world.addHonest(1..<(1 + peers))
      for peer in 1...peers {
        var manifest = honest.manifest
        manifest.chain = Blake2b256.hash([UInt8(peer)])
        let liar = MemorySnapshot(manifest: manifest, frames: honest.frames)
        ProviderShelf([liar]).host(in: world, as: PeerID(peer))
      }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world))
      #expect(refusedFirst(world) == SnapshotLimits.candidatesMax)
      #expect(declined(world) == ["none"] && chosen(world).isEmpty)
      await world.expectSameState(node)
    }
  }

  /// All name a snapshot whose manifest nobody gives.
  @Test func hosts_shouldBeAskedForAManifest_upToTheirNumber() async throws {
    let world = try TestWorld(seed: 70)
    world.run {
      try await world.grow(16)
      let named = try world.snapshot().summary
      try await world.grow(4)
      let peers = UInt32(SnapshotLimits.manifestHostsMax) + 3
      world.addHonest(1..<(1 + peers))
      let asked = Lock(0)
      for peer in 1...peers {
        ProviderShelf([]).host(in: world, as: PeerID(peer))
        let endpoint = world.network.endpoint(PeerID(peer))
        endpoint.serve(RequestSnapshots.self) { _, _ in SnapshotsResponse(snapshots: [named]) }
        endpoint.serve(RequestSnapshotManifest.self) { _, _ in
          asked.withLock { $0 += 1 }
          return .unknown
        }
      }
      let node = node(world)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await isSynced(node, world))
      #expect(asked.withLock { $0 } == SnapshotLimits.manifestHostsMax)
      #expect(declined(world) == ["none"])
    }
  }
}
