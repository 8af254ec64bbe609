import Glibc
import Locking
import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

/// What other stacks got wrong, over sockets. The table is in Docs/Transport.md.
@Suite struct BugReportTests {
  private static let echo = SocketNetworkTests.echo
  private static let urgent = SocketNetworkTests.urgent

  private static func quick(_ configuration: inout TransportConfiguration) {
    configuration.times.ping = .milliseconds(200)
    configuration.times.silence = .seconds(2)
  }

  @Test func oneRequest_shouldBeAnswered_whileAnotherPeerAsksAllTheTime() async throws {
    let server = try SocketNode(1)
    let address = try await server.start()
    let (greedy, modest) = (
      try SocketNode(2, peers: [address]), try SocketNode(3, peers: [address])
    )
    for node in [greedy, modest] { _ = try await node.start() }
    #expect(await SocketNode.wait { server.network.connectedPeers().count == 2 })
    server.network.serve(Self.echo) { peer, payload in
      if payload == [1] { try? await Task.sleep(for: .milliseconds(200)) }
      return payload
    }
    let flood = Task {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<600 {
          group.addTask {
            _ = try? await greedy.network.send(
              Self.echo, [1], to: greedy.network.connectedPeers()[0], timeout: .seconds(30))
          }
        }
      }
    }
    try await Task.sleep(for: .milliseconds(100))
    let clock = ContinuousClock()
    let start = clock.now
    let answer = try await modest.network.send(
      Self.echo, [2], to: modest.network.connectedPeers()[0], timeout: .seconds(20))
    // The flood takes 600 / 16 x 200 ms; this one waits for no more than what is being answered.
    #expect(answer == [2] && clock.now - start < .seconds(2))
    flood.cancel()
    await flood.value
    for node in [greedy, modest, server] { await node.stop() }
  }

  @Test func halfOpenPeer_shouldBeGone_afterTheTimeOfSilence() async throws {
    let node = try SocketNode(1, change: Self.quick)
    let client = try RawClient(to: try await node.start(), as: 20)
    #expect(await client.shake())
    let isGone = await node.told { if case .disconnected(_, .silent) = $0 { true } else { false } }
    #expect(isGone, "\(node.log.events)")
    #expect(node.network.connectedPeers().isEmpty)
    await node.stop()
  }

  @Test func twoNodesWithOneKey_shouldNotTakeTurns_overSockets() async throws {
    let node = try SocketNode(1)
    let address = try await node.start()
    let twins = try (0..<2).map { _ in try SocketNode(2, peers: [address]) }
    for twin in twins { _ = try await twin.start() }
    #expect(await SocketNode.wait { !node.network.connectedPeers().isEmpty })
    try await Task.sleep(for: .seconds(3))
    #expect(node.count { if case .connected = $0 { true } else { false } } == 1)
    #expect(node.count { if case .disconnected = $0 { true } else { false } } == 0)
    // The one without a place tries again at longer and longer times.
    let refused = node.count { if case .failed = $0 { true } else { false } }
    #expect((1...20).contains(refused), "\(refused)")
    for twin in twins { await twin.stop() }
    await node.stop()
  }

  @Test func everyByte_shouldArrive_whenTheKernelTakesPartOfAWrite() async throws {
    let node = try SocketNode(1)
    let content = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 8) }
    node.network.serve(Self.echo) { _, _ in content }
    let client = try RawClient(to: try await node.start(), as: 20)
    #expect(await client.shake())
    client.with {
      $0.ask(WaitingAsk(number: 1, type: Self.echo, payload: [], answerBytesMax: 2 << 20))
    }
    // Few bytes at a time, so that the kernel has room for a part of what is sent only.
    let isThere = await client.run(seconds: 30, reads: 3_001) { client in
      client.events.contains { event in
        if case .answered(1, .success(let answer)) = event { answer == content } else { false }
      }
    }
    #expect(isThere && client.end == nil, "\(String(describing: client.end))")
    await node.stop()
  }

  @Test func declaredLengths_shouldTakeNoMemory() throws {
    let end = ForkedRun.run {
      func resident() -> Int {
        var usage = rusage()
        _ = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss)
      }
      var mux = Mux.responder()
      let before = resident()
      for index in 0..<UInt64(TransportLimits.streamsMax) {
        let id = StreamID(2 * index + 1)
        let record = Frames.record(
          .open(id, StreamInfo(.bulk, .oneWay, tag: 1)),
          .begin(id, length: TransportLimits.messageBytesMax, piece: [1]))
        guard (try? mux.receive(record)) != nil else { return 1 }
      }
      return resident() - before < 8 << 10 ? 0 : 2
    }
    #expect(end == .returned(0))
  }

  @Test func clockThatIsWrong_shouldCostNoPeer() async throws {
    let a = try SocketNode(1) { $0.clock = WallClock(startingAt: 0, SystemRuntime()) }
    let b = try SocketNode(2, peers: [try await a.start()]) {
      $0.clock = WallClock(startingAt: 1 << 60, SystemRuntime())
    }
    _ = try await b.start()
    #expect(
      await SocketNode.wait {
        !a.network.connectedPeers().isEmpty && !b.network.connectedPeers().isEmpty
      })
    await b.stop()
    await a.stop()
  }

  @Test func connection_shouldBeRefusedAloud_whenDescriptorsRunOut_andTakenLater() async {
    await #expect(processExitsWith: .success) {
      let node = try SocketNode(1)
      let address = try await node.start()
      let early = (0..<2).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
      // What sleeps in this test needs descriptors of its own.
      try await Task.sleep(for: .milliseconds(20))
      var limit = rlimit(rlim_cur: 200, rlim_max: 200)
      _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      var fillers: [Int32] = []
      while true {
        let filler = open("/dev/null", O_RDONLY)
        guard filler >= 0 else { break }
        fillers.append(filler)
      }
      var system = sockaddr_in()
      system.sin_family = sa_family_t(AF_INET)
      system.sin_port = address.port.bigEndian
      system.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      for descriptor in early {
        _ = withUnsafePointer(to: &system) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
      }
      let isTold = await node.told { event in
        if case .refused(_, let rule) = event { rule.hasPrefix("accept: ") } else { false }
      }
      guard isTold else { exit(2) }
      for descriptor in fillers + early { close(descriptor) }
      try await Task.sleep(for: TransportLimits.acceptPause)
      let client = try RawClient(to: address, as: 20)
      guard await client.shake() else { exit(3) }
      exit(0)
    }
  }

  @Test func slowPeer_shouldNotBlockABroadcast() async throws {
    let middle = try SocketNode(1)
    let address = try await middle.start()
    let other = try SocketNode(2, peers: [address])
    _ = try await other.start()
    let subscriptions = [middle, other].map { $0.network.subscribe(Self.urgent) }
    let clients = try (20..<24).map { try RawClient(to: address, as: $0) }
    for client in clients { #expect(await client.shake()) }
    #expect(await SocketNode.wait { middle.network.connectedPeers().count == 5 })
    // The clients read nothing of it.
    let count = 1_000
    let seen = Lock(0)
    let reading = Task {
      while let message = await subscriptions[1].next() {
        other.network.report(message.id, .ignore)
        seen.withLock { $0 += 1 }
      }
    }
    for number in 0..<count {
      let payload = [UInt8(number % 256), UInt8(number / 256)] + [UInt8](repeating: 7, count: 4000)
      await middle.network.publish(Self.urgent, payload)
      if number % 50 == 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
    #expect(await SocketNode.wait { seen.withLock { $0 } == count }, "\(seen.withLock { $0 })")
    for node in [other, middle] { await node.stop() }
    await reading.value
    #expect(subscriptions.count == 2 && clients.count == 4)
  }

  @Test func slowHandler_shouldNotStarvePings() async throws {
    let a = try SocketNode(1, change: Self.quick)
    let address = try await a.start()
    let b = try SocketNode(2, peers: [address], change: Self.quick)
    _ = try await b.start()
    #expect(await SocketNode.wait { !b.network.connectedPeers().isEmpty })
    a.network.serve(Self.echo) { _, payload in
      // Busy on the loop itself, without ever resting.
      let clock = ContinuousClock()
      let end = clock.now.advanced(by: .seconds(3))
      while clock.now < end { await Task.yield() }
      return payload
    }
    let answer = try await b.network.send(
      Self.echo, [1], to: b.network.connectedPeers()[0], timeout: .seconds(10))
    #expect(answer == [1])
    #expect(b.count { if case .disconnected = $0 { true } else { false } } == 0)
    #expect(b.network.connections().allSatisfy { $0.roundTrip != nil })
    await b.stop()
    await a.stop()
  }

  @Test func quietTopic_shouldCostNobody() async throws {
    let a = try SocketNode(1, change: Self.quick)
    let b = try SocketNode(2, peers: [try await a.start()], change: Self.quick)
    _ = try await b.start()
    let quiet = [a, b].map { $0.network.subscribe(SocketNetworkTests.news) }
    #expect(await SocketNode.wait { !b.network.connectedPeers().isEmpty })
    try await Task.sleep(for: .seconds(3))
    for node in [a, b] {
      #expect(node.count { if case .disconnected = $0 { true } else { false } } == 0)
    }
    #expect(quiet.count == 2)
    await b.stop()
    await a.stop()
  }

  @Test func wrongIdentityAtADialledAddress_shouldNotReplaceAGoodConnection() async throws {
    let (good, other) = (try SocketNode(1), try SocketNode(2))
    let (address, elsewhere) = (try await good.start(), try await other.start())
    let wrong = PeerAddress(elsewhere.host, port: elsewhere.port, identity: address.identity)
    let node = try SocketNode(3, peers: [address])
    _ = try await node.start()
    #expect(await SocketNode.wait { node.network.connectedPeers().count == 1 })
    let liar = try SocketNode(4, peers: [wrong])
    _ = try await liar.start()
    let isNamed = await liar.told {
      if case .failed(.outbound, _, .handshake(.otherIdentity)) = $0 { true } else { false }
    }
    #expect(isNamed && liar.network.connectedPeers().isEmpty)
    // The same at one node: it keeps the peer that it has.
    let both = try SocketNode(5, peers: [address, wrong])
    _ = try await both.start()
    #expect(await SocketNode.wait { both.network.connectedPeers().count == 1 })
    try await Task.sleep(for: .seconds(1))
    #expect(both.network.connectedPeers().map(\.identity.key) == [address.identity])
    #expect(both.count { if case .disconnected = $0 { true } else { false } } == 0)
    for node in [both, liar, node, other, good] { await node.stop() }
  }

  @Test func nodes_shouldFindEachOther_byTheOneTheyKnow() async throws {
    func local(_ configuration: inout TransportConfiguration) {
      configuration.takesPrivateAddresses = true
    }
    let seed = try SocketNode(1, change: local)
    let address = try await seed.start()
    let first = try SocketNode(2, peers: [address], change: local)
    _ = try await first.start()
    #expect(await SocketNode.wait { seed.network.connectedPeers().count == 1 })
    // The seed looks whether the first can be reached, and tells the second of it.
    #expect(
      await SocketNode.wait {
        first.count { event in
          if case .failed(.inbound, _, .local(.shutdown, "tested")) = event { true } else { false }
        } == 1
      }, "\(first.log.events)")
    let second = try SocketNode(3, peers: [address], change: local)
    _ = try await second.start()
    #expect(
      await SocketNode.wait {
        first.network.connectedPeers().count == 2 && second.network.connectedPeers().count == 2
      }, "\(second.log.events)")
    #expect(seed.count { if case .disconnected = $0 { true } else { false } } == 0)
    for node in [second, first, seed] { await node.stop() }
  }
}
