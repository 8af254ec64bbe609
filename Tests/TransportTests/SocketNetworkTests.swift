import Glibc
import Locking
import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

/// What networks told.
final class TransportLog: Sendable {
  private let state = Lock<[TransportEvent]>([])
  func add(_ event: TransportEvent) { state.withLock { $0.append(event) } }
  var events: [TransportEvent] { state.withLock { $0 } }
}

/// Networks over sockets of this host, each on a loop of its own.
final class SocketNode: Sendable {
  static let network = Blake2b256.hash(Array("network".utf8))

  let runtime: EventLoopRuntime
  let network: TransportNetwork
  let log = TransportLog()
  let maker: SocketMaker

  init(
    _ index: UInt8, peers: [PeerAddress] = [], network: Hash256 = SocketNode.network,
    change: (inout TransportConfiguration) -> Void = { _ in }
  ) throws {
    runtime = try EventLoopRuntime()
    var configuration = TransportConfiguration(
      network: network, identity: Self.keys(index), listen: [SocketAddress("127.0.0.1:0")!],
      peers: peers)
    change(&configuration)
    maker = SocketMaker(runtime: runtime)
    self.network = TransportNetwork(configuration, runtime: runtime, links: maker) {
      [log] in log.add($0)
    }
  }

  static func keys(_ index: UInt8) -> KeyPair {
    KeyPair(seed: Blake2b256.hash([index]))
  }

  func start() async throws -> PeerAddress {
    let bound = try await network.start()[0]
    return PeerAddress(bound.host, port: bound.port, identity: network.local.identity.key)
  }

  /// Descriptors that its links have.
  var openDescriptors: Int { Blocking.result(on: runtime) { self.maker.openDescriptors } }

  func stop() async {
    await network.stop()
    runtime.shutdown()
  }

  /// Waits until `condition` holds; false if it does not in time.
  static func wait(
    _ seconds: Int = 10, until condition: @Sendable () -> Bool
  ) async -> Bool {
    for _ in 0..<seconds * 200 {
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
  }
}

@Suite struct SocketNetworkTests {
  static let echo = RequestType(
    7, name: "echo", requestBytesMax: 5 << 20, responseBytesMax: 5 << 20)
  static let news = Topic(3, name: "news", payloadBytesMax: 4 << 20)
  static let urgent = Topic(4, name: "urgent", payloadBytesMax: 4 << 10, traffic: .headers)

  static func pair() async throws -> (SocketNode, SocketNode, PeerID) {
    let a = try SocketNode(1)
    let address = try await a.start()
    let b = try SocketNode(2, peers: [address])
    _ = try await b.start()
    let isConnected = await SocketNode.wait { !b.network.connectedPeers().isEmpty }
    try #require(isConnected, "\(a.log.events) \(b.log.events)")
    return (a, b, b.network.connectedPeers()[0])
  }

  @Test func request_shouldBeAnswered_overSockets() async throws {
    let (a, b, peer) = try await Self.pair()
    let content = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    a.network.serve(Self.echo) { _, payload in
      Array(content.prefix(payload.reduce(0) { $0 << 8 | Int($1) }))
    }
    for size in [0, 1, 1000, 100_000, 4 << 20] {
      let payload = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
      let answer = try await b.network.send(Self.echo, payload, to: peer, timeout: .seconds(10))
      #expect(answer == Array(content.prefix(size)))
    }
    await b.stop()
    await a.stop()
  }

  @Test func manyRequests_shouldBeAnswered_whateverTheLimitOfStreams() async throws {
    let (a, b, peer) = try await Self.pair()
    a.network.serve(Self.echo) { _, payload in payload }
    let answers = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<200 {
        group.addTask {
          let payload = [UInt8](repeating: UInt8(index % 256), count: index * 10)
          let answer = try? await b.network.send(
            Self.echo, payload, to: peer, timeout: .seconds(10))
          return answer == payload
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(answers == 200)
    await b.stop()
    await a.stop()
  }

  @Test func requests_shouldFailAsTheyShould() async throws {
    let (a, b, peer) = try await Self.pair()
    await #expect(throws: RequestError.refused) {
      try await b.network.send(Self.echo, [1], to: peer, timeout: .seconds(5))
    }
    a.network.serve(Self.echo) { _, payload in
      try? await Task.sleep(for: .seconds(payload.isEmpty ? 0 : 3))
      return payload.isEmpty ? [1, 2, 3] : nil
    }
    await #expect(throws: RequestError.timeout) {
      try await b.network.send(Self.echo, [1], to: peer, timeout: .milliseconds(50))
    }
    await #expect(throws: RequestError.tooLarge(bytes: 3, limit: 2)) {
      try await b.network.send(
        Self.echo, [], to: peer, timeout: .seconds(5), answerBytesMax: 2)
    }
    let asking = Task {
      try await b.network.send(Self.echo, [1], to: peer, timeout: .seconds(20))
    }
    try await Task.sleep(for: .milliseconds(50))
    asking.cancel()
    await #expect(throws: RequestError.cancelled) { try await asking.value }
    let lost = Task {
      try await b.network.send(Self.echo, [1], to: peer, timeout: .seconds(20))
    }
    try await Task.sleep(for: .milliseconds(50))
    await a.stop()
    await #expect(throws: RequestError.disconnected) { try await lost.value }
    #expect(await SocketNode.wait { b.network.connectedPeers().isEmpty })
    await b.stop()
  }

  @Test func gossip_shouldReachAll_throughTheOneInTheMiddle() async throws {
    let middle = try SocketNode(1)
    let address = try await middle.start()
    let nodes = try (2...5).map { try SocketNode($0, peers: [address]) }
    for node in nodes { _ = try await node.start() }
    #expect(await SocketNode.wait { middle.network.connectedPeers().count == 4 })
    for (topic, size) in [(Self.news, 300_000), (Self.urgent, 500)] {
      let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      let subscriptions = ([middle] + nodes).map { $0.network.subscribe(topic) }
      // Until all know that the topic is taken.
      try await Task.sleep(for: .milliseconds(50))
      await nodes[0].network.publish(topic, payload)
      for (node, subscription) in zip([middle] + nodes, subscriptions) where node !== nodes[0] {
        let message = await subscription.next()
        #expect(message?.payload == payload)
        if let message { node.network.report(message.id, .accept) }
      }
    }
    for node in nodes + [middle] { await node.stop() }
  }

  @Test func anotherNetwork_shouldBeRefused_andNamed() async throws {
    let a = try SocketNode(1)
    let address = try await a.start()
    let b = try SocketNode(2, peers: [address], network: Blake2b256.hash([9]))
    _ = try await b.start()
    let isNamed = await SocketNode.wait {
      [a, b].allSatisfy { node in
        node.log.events.contains {
          if case .failed(_, _, .handshake(.otherNetwork)) = $0 { true } else { false }
        }
      }
    }
    #expect(isNamed, "\(a.log.events) \(b.log.events)")
    await b.stop()
    await a.stop()
  }

  @Test func nodesThatDialEachOther_shouldKeepOneConnection() async throws {
    let a = try SocketNode(1)
    let b = try SocketNode(2)
    let (first, second) = (try await a.start(), try await b.start())
    await a.stop()
    await b.stop()
    let c = try SocketNode(1, peers: [second]) { $0.listen = [first.socket] }
    let d = try SocketNode(2, peers: [first]) { $0.listen = [second.socket] }
    async let one = c.start()
    async let two = d.start()
    _ = try await (one, two)
    #expect(
      await SocketNode.wait {
        c.network.connectedPeers().count == 1 && d.network.connectedPeers().count == 1
      })
    d.network.serve(Self.echo) { _, payload in payload }
    try await Task.sleep(for: .milliseconds(500))
    let answer = try await c.network.send(
      Self.echo, [5], to: c.network.connectedPeers()[0], timeout: .seconds(5))
    #expect(answer == [5])
    await c.stop()
    await d.stop()
  }
}
