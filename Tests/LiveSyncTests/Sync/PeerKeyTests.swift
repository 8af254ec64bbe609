import EventLog
import Ledger
import LoopbackNetworking
import Networking
import Node
import Peers
import Primitives
import Runtime
import Testing
import WorldSupport

/// A peer is its key: what is known of it counts under any number.
@Suite struct PeerKeyTests {
  /// Answers with bytes that are the wire form of nothing.
  private static func garbage(_ message: InterceptedMessage) -> InterceptAction {
    if case (.outgoing, .response) = (message.direction, message.kind) {
      .replace([255])
    } else {
      .pass
    }
  }

  @Test func ban_shouldFollowTheKey_whenItReturnsUnderAnotherNumber() throws {
    let world = try TestWorld(seed: 151)
    let network = LoopbackNetwork(runtime: world.runtime)
    let liar = NodeIdentity(key: KeyPair(seed: Blake2b256.hash([1])).publicKey)
    // It has forgotten the liar as soon as anybody else connects.
    var directory = PeerDirectory(peersMax: 1, firstNumber: 7)
    let peers = [liar, .simulated(1), liar].compactMap { identity in
      let peer = directory.connected(identity)
      directory.disconnected(identity)
      return peer
    }
    #expect(peers.map(\.number) == [7, 8, 9] && peers[0] == peers[2])
    let (first, again) = (peers[0], peers[2])
    world.run {
      try await world.grow(2)
      let local = network.endpoint(for: TestWorld.node)
      let node = FullNode(
        chain: Blockchain(genesis: world.genesis, state: .missing), network: local,
        runtime: world.runtime, sink: world.sink, configuration: NodeConfiguration(name: "s0"))
      world.runtime.spawn("node") { await node.run() }
      for peer in [first, again] {
        let context = SyncContext(
          chain: world.source, network: network.endpoint(for: peer, joined: false),
          runtime: world.runtime, recorder: .none)
        RequestServer(context: context).start()
        network.setInterceptor(Self.garbage, for: peer)
        network.join(peer)
        try await world.runtime.sleep(for: .seconds(5))
        #expect(local.connectedPeers() == [] && node.peers == [])
        network.remove(peer)
      }
      network.shutdown()
    }
    #expect(world.bans(of: again).count == 1)
    let joined = world.sink.events.compactMap { event -> UInt32? in
      if case Event.Peer.joined(let peer) = event.group { peer.number } else { nil }
    }
    #expect(joined == [7, 9])
    let left = Event.peer(.left(peer: 9, reason: "banned"))
    #expect(world.sink.events.filter { $0.name == "peer.left" }.last == left)
  }

  @Test func ban_shouldOutliveWhatIsKnownOfThePeer() {
    let list = PeerList()
    let liar = PeerID(identity: .simulated(3), number: 1)
    #expect(list.add(liar) && list.ban(liar))
    let again = PeerID(identity: .simulated(3), number: 2)
    #expect(list.isBanned(again) && !list.add(again) && !list.ban(again) && list.count == 0)
    // Its number alone says nothing.
    #expect(list.add(PeerID(identity: .simulated(4), number: 1)))
  }

  @Test func memberThatReturns_shouldBeCalledByItsNewNumber() {
    let list = PeerList()
    list.add(PeerID(identity: .simulated(3), number: 1))
    list.remove(PeerID(3))
    list.add(PeerID(identity: .simulated(3), number: 8))
    #expect(list.peers.map(\.number) == [8])
  }
}
