import Networking
import Primitives
import Testing
import Transport

/// Connections that the owner of a network makes, beside those that it makes by itself.
@Suite struct SocketDialTests {
  @Test func dial_shouldConnect_andNameWhoeverIsThere() async throws {
    let (a, b) = (try SocketNode(1), try SocketNode(2))
    let address = try await a.start()
    _ = try await b.start()
    b.network.dial(address.socket)
    #expect(await SocketNode.wait { !b.network.connectedPeers().isEmpty }, "\(b.log.events)")
    let peer = b.network.connectedPeers()[0]
    #expect(peer.identity == a.network.local.identity)
    #expect(b.log.events.contains(.connected(peer, .outbound, address.socket)))
    // Who was hung up on may come again.
    b.network.hangUp(peer, reason: "a test")
    #expect(await SocketNode.wait { b.network.connectedPeers().isEmpty }, "\(b.log.events)")
    b.network.dial(address.socket, expecting: address.identity)
    #expect(await SocketNode.wait { !b.network.connectedPeers().isEmpty }, "\(b.log.events)")
    await b.stop()
    await a.stop()
  }

  @Test func dial_shouldFail_whereAnotherOrNobodyIs() async throws {
    let (a, b) = (try SocketNode(1), try SocketNode(2))
    let address = try await a.start()
    _ = try await b.start()
    let expected = SocketNode.keys(3).publicKey
    b.network.dial(address.socket, expecting: expected)
    let failure = TransportEvent.failed(
      .outbound, address.socket,
      .handshake(.otherIdentity(found: address.identity, expected: expected)))
    #expect(await SocketNode.wait { b.log.events.contains(failure) }, "\(b.log.events)")
    await a.stop()
    b.network.dial(address.socket)
    #expect(
      await SocketNode.wait {
        b.log.events.contains { event in
          if case .failed(.outbound, address.socket, .link) = event { true } else { false }
        }
      }, "\(b.log.events)")
    #expect(b.network.connectedPeers().isEmpty)
    await b.stop()
  }
}
