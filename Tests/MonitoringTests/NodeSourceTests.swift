import EventLog
import Foundation
import HTTPServer
import Ledger
import LiveSync
import Monitoring
import Networking
import Node
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing
import WorldSupport

/// A node that syncs, seen over HTTP.
@Suite(.timeLimit(.minutes(2))) struct NodeSourceTests {
  private static func source(
    _ node: FullNode, _ world: TestWorld, _ watch: EventWatch
  ) -> NodeSource<StateQueue> {
    NodeSource(
      node,
      identity: NodeIdentityStatus(
        name: "s0", key: node.peer.identity.key, version: "1", commit: "c",
        genesis: world.genesis.hash),
      runtime: world.runtime, watch: watch,
      transport: {
        TransportStatus(
          peers: world.network.endpoint(TestWorld.node).connectedPeers().map {
            TransportPeer(peer: $0, address: "192.0.2.1:1", direction: .inbound)
          })
      })
  }

  @Test func status_shouldFollowTheNode_fromNothingToTheHead() throws {
    let world = try TestWorld(seed: 901)
    world.run {
      try await world.grow(10)
      let watch = EventWatch(runtime: world.runtime)
      let chain = Blockchain(genesis: world.genesis, state: .missing)
      let node = FullNode(
        chain: chain, network: world.network.endpoint(TestWorld.node), runtime: world.runtime,
        sink: watch.sink(before: world.sink),
        configuration: NodeConfiguration(name: "s0", chunkItems: 20))
      let source = Self.source(node, world, watch)
      let first = await source.status()
      #expect(first.phase == .connecting)
      #expect(first.state.missing == [KeySpaceSpan(start: 0, end: 1)])
      #expect(first.identity.genesis == world.genesis.hash)
      #expect(first.networkHead == nil)
      let absent = try #require(Address(bytes: [UInt8](repeating: 0, count: 20)))
      guard case .unavailable = await source.account(absent) else {
        Issue.record("an account of a state that is not held")
        return
      }
      world.addHonest(1..<5)
      let work = world.runtime.spawn("node") { await node.run() }
      let chainWork = world.runtime.spawn("chain") { await world.produceForever() }
      let isUnderWay = await world.wait(.seconds(60)) {
        let status = await source.status()
        return status.phase == .stateSync && !status.state.inFlight.isEmpty
          && status.peers.contains { $0.rangesInFlight > 0 }
      }
      #expect(isUnderWay)
      let isFollowing = await world.wait(.seconds(30)) {
        await source.status().phase == .following && node.chain.headNumber > 12
      }
      #expect(isFollowing)
      chainWork.cancel()
      await chainWork.value
      let status = await source.status()
      #expect(status.state.isComplete && status.state.missing.isEmpty)
      #expect(status.state.heldPpm == 1_000_000)
      #expect(status.state.accounts == node.chain.itemCount)
      #expect(status.head == BlockStatus(number: node.chain.headNumber, hash: node.chain.headHash))
      #expect(status.finalNumber == node.chain.macroNumber)
      #expect(status.peerCount == 4 && status.peersInSync == 4)
      #expect(status.peers.allSatisfy { $0.isInSync })
      #expect(status.networkHead != nil)
      #expect(Readiness(status) == .ready)
      #expect(status.tally.chunkItems > 0)
      // Everything was brought by somebody, and nothing is asked for any more.
      #expect(status.state.origins.reduce(0) { $0 + $1.span.width } > 0.99)
      #expect(status.state.inFlight.isEmpty)
      #expect(status.tally.events.first { $0.name == "state.complete" }?.count == 1)
      #expect(world.sink.events.count == Int(status.tally.events.reduce(0) { $0 + $1.count }))
      try await Self.checkAccounts(source, node, world)
      work.cancel()
      await work.value
    }
  }

  @Test func peers_shouldBeListed_upToTheirLimit() throws {
    let world = try TestWorld(seed: 902)
    world.run {
      let node = world.makeNode()
      let most = MonitoringLimits.peersListedMax
      let source = NodeSource(
        node,
        identity: NodeIdentityStatus(
          name: "s0", key: node.peer.identity.key, version: "1", commit: "c",
          genesis: world.genesis.hash),
        runtime: world.runtime, watch: EventWatch(runtime: world.runtime),
        transport: {
          TransportStatus(
            peers: (0..<UInt32(most + 9)).reversed().map {
              TransportPeer(
                peer: PeerID(identity: node.peer.identity, number: $0), address: "",
                direction: .outbound)
            })
        })
      let status = await source.status()
      #expect(status.peerCount == most + 9)
      #expect(status.peers.map(\.transport.peer.number) == Array(0..<UInt32(most)))
    }
  }

  private static func checkAccounts(
    _ source: NodeSource<StateQueue>, _ node: FullNode, _ world: TestWorld
  ) async throws {
    let known = world.genesis.accounts[0].address
    let absent = try #require(Address(bytes: [UInt8](repeating: 0xee, count: 20)))
    for (address, isThere) in [(known, true), (absent, false)] {
      guard case .proven(let proven) = await source.account(address) else {
        Issue.record("no proof of \(address)")
        continue
      }
      #expect((proven.account != nil) == isThere)
      #expect(proven.block == node.chain.head.id)
      let root = node.chain.head.header.stateRoot
      #expect(proven.stateRoot == root)
      // Whoever reads it checks it from the digits alone.
      let json = try JSONValue(parsing: Data(proven.json.utf8))
      let proof = try TrieProof(wireBytes: json["proof"].hexBytes)
      let values = try proof.verify(root: json["block"]["state_root"].hash, keys: [address.key])
      let value = try #require(values[address.key])
      #expect(try value.map { try Account(wireBytes: $0) } == proven.account)
      #expect((json["account"] == .null) == !isThere)
    }
  }
}
