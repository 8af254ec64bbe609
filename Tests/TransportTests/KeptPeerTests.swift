import Locking
import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

/// Peers that are kept at names, over sockets, with hosts that are looked up as a test wants.
@Suite struct KeptPeerTests {
  private static func peer(_ address: PeerAddress, at host: String) throws -> KeptPeer {
    try #require(KeptPeer(text: "\(address.identity)@\(host):\(address.port)"))
  }

  @Test func peerAtAName_shouldBeConnected_byTheOperatingSystemsAddresses() async throws {
    let a = try SocketNode(1)
    let address = try await a.start()
    let peer = try Self.peer(address, at: "localhost")
    let b = try SocketNode(2) {
      $0.peers = [peer]
      $0.takesPrivateAddresses = true
    }
    _ = try await b.start()
    #expect(await SocketNode.wait { !b.network.connectedPeers().isEmpty }, "\(b.log.events)")
    // It is remembered by the address that it had.
    #expect(b.network.memory().book.entries.map(\.address) == [address])
    #expect(b.network.memory().book.anchors == [address])
    await b.stop()
    await a.stop()
  }

  @Test func nameThatDoesNotResolve_shouldBeToldOf_andTriedAgain_untilItDoes() async throws {
    let a = try SocketNode(1)
    let address = try await a.start()
    let peer = try Self.peer(address, at: "seed.example.org")
    let asked = Lock(0)
    let b = try SocketNode(2) {
      $0.peers = [peer]
      $0.lookUp = { host in
        let count = asked.withLock { asked in
          asked += 1
          return asked
        }
        return count < 3 ? .failure(NameFailure(host, "planted")) : .success([address.host])
      }
    }
    _ = try await b.start()
    #expect(await SocketNode.wait { !b.network.connectedPeers().isEmpty }, "\(b.log.events)")
    let failures = b.log.events.filter { if case .unresolved = $0 { true } else { false } }
    let host = try #require(HostName("seed.example.org"))
    #expect(
      failures
        == [TransportEvent](
          repeating: .unresolved(peer, NameFailure(host, "planted")), count: 2))
    await b.stop()
    await a.stop()
  }

  @Test func namesThatTakeLong_shouldHoldUpNeitherThisNodeNorItsEnd() async throws {
    let a = try SocketNode(1)
    let address = try await a.start()
    let isOver = Gate()
    let running = Lock((now: 0, most: 0))
    let names = try (0..<3 * TransportLimits.lookUpsMax).map {
      try #require(KeptPeer(text: "\(SocketNode.keys(UInt8(50 + $0)).publicKey)@h\($0).invalid:1"))
    }
    let b = try SocketNode(2, peers: [address]) {
      $0.peers += names
      $0.lookUp = { host in
        running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
        Blocking.result { try? await isOver.wait() }
        running.withLock { $0.now -= 1 }
        return .failure(NameFailure(host, "late"))
      }
    }
    _ = try await b.start()
    #expect(await SocketNode.wait { !b.network.connectedPeers().isEmpty }, "\(b.log.events)")
    let most = TransportLimits.lookUpsMax
    #expect(await SocketNode.wait { running.withLock { $0.now } == most })
    try await Task.sleep(for: .milliseconds(600))
    #expect(running.withLock { $0.most } == most)
    await b.network.stop()
    #expect(!b.log.events.contains { if case .unresolved = $0 { true } else { false } })
    isOver.open()
    #expect(await SocketNode.wait { running.withLock { $0.now } == 0 })
    await b.stop()
    await a.stop()
  }

  @Test func connectionThatCannotBeMadeALink_shouldBeDialledAgain() async throws {
    let a = try SocketNode(1)
    let address = try await a.start()
    let b = try SocketNode(2, peers: [address]) {
      $0.furtherGreeting = [UInt8](repeating: 0, count: TransportLimits.attachmentBytesMax)
    }
    _ = try await b.start()
    let isTriedAgain = await SocketNode.wait {
      b.count { event in
        guard case .failed(.outbound, address.socket, .handshake(.tooLong)) = event else {
          return false
        }
        return true
      } >= 3
    }
    #expect(isTriedAgain, "\(b.log.events)")
    #expect(b.network.totals().failedConnections >= 3)
    #expect(await SocketNode.wait { b.openDescriptors == 0 })
    await b.stop()
    await a.stop()
  }
}
