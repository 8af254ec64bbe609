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

/// A node joins from snapshots, and some of those who name or give them lie.
@Suite struct SnapshotJoinFaultTests {
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
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node))
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
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node), "\(field)")
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
        .bytes([1, 2, 3])
      }
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node))
      #expect(world.bans(of: PeerID(1)) == ["snapshot_manifest_hash"])
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
      let node = world.joiner(
        SnapshotSettings(trust: trust, discoveryTime: .seconds(2)),
        clock: election.header.timestamp + hours * 3_600_000)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node))
      let reasons = [
        "expired": ["trust_expired"], "differs": ["trust_hash_differs"],
        "unknown": ["trust_height_unknown"], "fits": [],
      ]
      #expect(world.declineReasons == reasons[which])
      #expect(world.chosenBlocks == (which == "fits" ? [48] : []))
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
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(60)) { world.acceptedChunks[16, default: 0] > 1 })
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
      #expect(await world.isSynced(node))
      #expect(world.chosenBlocks == [16])
      #expect(!world.sink.events.contains { $0.name == "chain.state_given_up" })
      await world.expectSameState(node)
    }
  }

  /// The peers' `joining` events before the node gave up to join from a snapshot.
  private func refusedFirst(_ world: TestWorld) -> Int {
    world.joiningEvents.prefix { event in
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
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node))
      #expect(refusedFirst(world) == SnapshotLimits.candidatesMax)
      #expect(world.declineReasons == ["none"] && world.chosenBlocks.isEmpty)
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
      let node = world.joiner()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.isSynced(node))
      #expect(asked.withLock { $0 } == SnapshotLimits.manifestHostsMax)
      #expect(world.declineReasons == ["none"])
    }
  }
}
