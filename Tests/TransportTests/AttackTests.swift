import Glibc
import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

/// What somebody may try who is no node of the network, or one that does not keep the rules: each
/// ends with an event that names it, and others are served as before.
@Suite struct AttackTests {
  private static func expectService(_ node: SocketNode, at address: PeerAddress) async throws {
    let honest = try SocketNode(99, peers: [address])
    _ = try await honest.start()
    let isTaken = await SocketNode.wait { !honest.network.connectedPeers().isEmpty }
    #expect(isTaken, "\(honest.log.events) \(node.log.events.suffix(5))")
    await honest.stop()
  }

  @Test func slowHandshakes_shouldEnd_andKeepNobodyOut() async throws {
    let node = try SocketNode(1) { $0.times.handshake = .milliseconds(800) }
    let address = try await node.start()
    let preamble = Preamble(network: SocketNode.network).bytes
    let (rounds, perRound) = (5, 200)
    for round in 0..<rounds {
      let clients = try (0..<perRound).map { _ in try RawClient(to: address, as: nil) }
      // A byte each, now and then.
      for byte in 0..<3 {
        for client in clients { client.put([preamble[byte]]) }
        try await Task.sleep(for: .milliseconds(20))
        #expect(node.openDescriptors <= TransportLimits.handshakesMax + perRound)
      }
      #expect(
        await SocketNode.wait {
          node.count {
            if case .failed(.inbound, _, .handshakeTooSlow) = $0 { true } else { false }
          }
            >= (round + 1) * perRound - TransportLimits.handshakesMax
        }, "round \(round)")
      if round == rounds - 1 { try await Self.expectService(node, at: address) }
      withExtendedLifetime(clients) {}
    }
    let isOver = await SocketNode.wait { node.openDescriptors == 0 }
    #expect(isOver, "\(node.openDescriptors)")
    await node.stop()
  }

  @Test func versionAhead_shouldBeNamed() async throws {
    let node = try SocketNode(1)
    let client = try RawClient(to: try await node.start(), as: nil)
    client.put(Preamble(version: Preamble.version + 1, network: SocketNode.network).bytes)
    let isNamed = await node.told {
      if case .failed(.inbound, _, .handshake(.otherVersion(2, 1))) = $0 { true } else { false }
    }
    #expect(isNamed, "\(node.log.events)")
    // It is told our version, so it can name it too.
    #expect(await client.run { $0.bytesIn >= Preamble.byteCount || $0.take() == nil })
    await node.stop()
  }

  @Test func otherNetworkAndProtocol_shouldBeNamed() async throws {
    let node = try SocketNode(1)
    let address = try await node.start()
    let other = try RawClient(to: address, as: nil)
    other.put(Preamble(network: .zero).bytes)
    let browser = try RawClient(to: address, as: nil)
    browser.put(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    for expected in ["in network", "another protocol"] {
      #expect(
        await node.told { event in
          if case .failed(.inbound, _, let end) = event {
            "\(end)".contains(expected)
          } else {
            false
          }
        }, "\(node.log.events)")
    }
    await node.stop()
  }

  @Test func fuzzedHandshake_shouldEndWithAName_andDoNoHarm() async throws {
    let node = try SocketNode(1) { $0.times.handshake = .seconds(1) }
    let address = try await node.start()
    let count = 120
    for seed in 0..<UInt64(count) {
      var random = SeededGenerator(seed: seed)
      let client = try RawClient(to: address, as: 20)
      var bytes = client.outgoing()
      // A byte changed, cut off, or followed by noise.
      switch random.below(3) {
      case 0: bytes[random.below(bytes.count)] ^= UInt8(1 + random.below(255))
      case 1: bytes = Array(bytes.prefix(random.below(bytes.count)))
      default: break
      }
      client.put(bytes + random.bytes(random.below(3_000)))
      _ = client.take()
      if seed % 20 == 19 { try await Task.sleep(for: .milliseconds(20)) }
    }
    let areNamed = await SocketNode.wait {
      node.count { if case .failed(.inbound, _, _) = $0 { true } else { false } } == count
    }
    #expect(areNamed, "\(node.log.events.count)")
    #expect(node.count { if case .connected = $0 { true } else { false } } == 0)
    try await Self.expectService(node, at: address)
    await node.stop()
  }

  /// A peer whose handshake is over, and what ends its connection.
  private static func expectEnd(
    _ name: String, _ attack: (RawClient) -> Void,
    by isRight: @escaping @Sendable (PeerLinkEnd) -> Bool
  ) async throws {
    let node = try SocketNode(1)
    let address = try await node.start()
    let client = try RawClient(to: address, as: 20)
    #expect(await client.shake())
    _ = node.network.subscribe(SocketNetworkTests.news)
    #expect(await SocketNode.wait { node.network.connectedPeers().count == 1 })
    client.pump()
    attack(client)
    let isNamed = await node.told {
      if case .disconnected(_, let end) = $0 { isRight(end) } else { false }
    }
    #expect(isNamed, "\(name): \(node.log.events)")
    try await expectService(node, at: address)
    await node.stop()
  }

  private static func isRecordError(_ end: PeerLinkEnd) -> Bool {
    if case .connection(.record) = end { true } else { false }
  }

  private static func record(_ client: RawClient, _ byte: UInt8) -> [UInt8] {
    client.with { _ = $0.tell(SocketNetworkTests.news.rawValue, .blocks, [byte]) }
    return client.outgoing()
  }

  @Test func replayedRecord_shouldEndTheConnection() async throws {
    try await Self.expectEnd("replayed") { client in
      let bytes = Self.record(client, 1)
      client.put(bytes + bytes)
    } by: {
      Self.isRecordError($0)
    }
  }

  @Test func reorderedRecords_shouldEndTheConnection() async throws {
    try await Self.expectEnd("reordered") { client in
      let (first, second) = (Self.record(client, 1), Self.record(client, 2))
      client.put(second + first)
    } by: {
      Self.isRecordError($0)
    }
  }

  @Test func garbageAfterTheHandshake_shouldEndTheConnection_overSockets() async throws {
    try await Self.expectEnd("garbage") { client in
      client.put([UInt8](repeating: 0x80, count: 60_000))
    } by: {
      Self.isRecordError($0)
    }
  }

  @Test func wordThatIsNone_shouldEndTheConnection_andLeaveNothingOfTheSharedPool() async throws {
    try await Self.expectEnd("word") { client in
      client.with { link in
        _ = link.tell(PeerLink.wordTag, .control, [9, 9])
        _ = link.tell(
          SocketNetworkTests.news.rawValue, .control, [UInt8](repeating: 1, count: 2 << 20))
      }
      client.put(client.outgoing())
    } by: { end in
      if case .local(.violation, let detail) = end {
        detail.contains("TransportWord")
      } else {
        false
      }
    }
  }

  @Test func readersThatTakeNothing_shouldNotKeepOthersFromAnswers() async throws {
    let node = try SocketNode(1)
    let address = try await node.start()
    let (echo, size) = (SocketNetworkTests.echo, 1_100_000)
    node.network.serve(echo) { _, _ in [UInt8](repeating: 7, count: size) }
    let clients = try (20..<23).map { try RawClient(to: address, as: $0) }
    for client in clients {
      #expect(await client.shake())
      client.with { link in
        for number in 0..<UInt64(NetworkingLimits.servedPerPeerMax) {
          link.ask(WaitingAsk(number: number, type: echo, payload: [], answerBytesMax: 2 << 20))
        }
      }
      client.put(client.outgoing())
    }
    let isFull = await SocketNode.wait {
      node.network.connections().reduce(0) { $0 + $1.outboundBytes }
        >= TransportLimits.unsentBytesMax
    }
    #expect(isFull, "\(node.network.connections().map(\.outboundBytes))")
    let honest = try SocketNode(99, peers: [address])
    _ = try await honest.start()
    #expect(await SocketNode.wait { !honest.network.connectedPeers().isEmpty })
    let answer = try await honest.network.send(
      echo, [], to: honest.network.connectedPeers()[0], timeout: .seconds(30))
    #expect(answer.count == size)
    #expect(node.count { if case .disconnected(_, .tooSlow) = $0 { true } else { false } } > 0)
    withExtendedLifetime(clients) {}
    for node in [honest, node] { await node.stop() }
  }

  @Test func bannedPeer_shouldBeRefused_withItsReason() async throws {
    let node = try SocketNode(1)
    let address = try await node.start()
    let client = try RawClient(to: address, as: 20)
    #expect(await client.shake())
    #expect(await SocketNode.wait { node.network.connectedPeers().count == 1 })
    node.network.disconnect(node.network.connectedPeers()[0], reason: "a lie")
    #expect(await client.run { $0.end == .goodbye(.misbehaviour) })
    let again = try RawClient(to: address, as: 20)
    #expect(await again.run { $0.end == .goodbye(.misbehaviour) })
    #expect(
      await node.told {
        if case .failed(.inbound, _, .local(.misbehaviour, "banned")) = $0 { true } else { false }
      })
    #expect(node.count { if case .banned(_, "a lie") = $0 { true } else { false } } == 1)
    #expect(node.network.memory().wireBytes.count > 32)
    await node.stop()
  }
}
