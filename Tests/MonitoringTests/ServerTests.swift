import Foundation
import HTTPServer
import Ledger
import Locking
import Monitoring
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing
import WorldSupport
import monitoring_sample

/// What the monitoring server answers, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct ServerTests {
  /// A node that does not answer after its first time.
  private struct StuckNode: MonitoredNode {
    let sample = SampleNode()
    let runtime: any Runtime
    let isStuck = Flag()

    final class Flag: Sendable {
      let value = Lock(false)
    }

    func status() async -> NodeStatus {
      if isStuck.value.withLock({ $0 }) { try? await runtime.sleep(for: .seconds(600)) }
      isStuck.value.withLock { $0 = true }
      return await sample.status()
    }
    func account(_ address: Address) async -> AccountAnswer { await sample.account(address) }
    func submit(_ transaction: Transaction) async -> SubmissionOutcome { .accepted }
  }

  /// A monotonic clock that tests move forward.
  private final class MovedRuntime: Runtime {
    let base = SystemRuntime(seed: 1)
    let offset = Lock(Duration.zero)

    var now: Moment { base.now.advanced(by: offset.withLock { $0 }) }
    func sleep(until moment: Moment) async throws(CancellationError) {
      try await base.sleep(until: moment.advanced(by: .zero - offset.withLock { $0 }))
    }
    func spawn(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SpawnedTask {
      base.spawn(name, body)
    }
    func worker(_ name: String) -> any Worker { base.worker(name) }
    func randomStream(_ consumer: RandomConsumer) -> RandomStream { base.randomStream(consumer) }
  }

  /// Serves a node while `body` runs, once it was looked at.
  private static func serve(
    _ node: any MonitoredNode, runtime: any Runtime = SystemRuntime(seed: 1),
    _ body: (UInt16, EventWatch) async throws -> Void
  ) async throws {
    let watch = EventWatch(runtime: runtime)
    let server = MonitoringServer(port: 0, runtime: runtime, watch: watch, source: node)
    try server.start()
    defer { server.stop() }
    let port = try #require(server.port)
    for _ in 0..<500 where try await get(port, "/status").status != 200 {
      try await Task.sleep(for: .milliseconds(10))
    }
    try await body(port, watch)
  }

  private static func exchange(
    _ port: UInt16, _ send: @escaping @Sendable (RawClient) -> Void
  ) async throws -> RawAnswer {
    try await onThread {
      let client = try RawClient(port: port)
      send(client)
      return try client.answer()
    }
  }

  private static func get(_ port: UInt16, _ path: String) async throws -> RawAnswer {
    try await exchange(port) { $0.get(path) }
  }

  @Test func documents_shouldBeServed_withTheirTypes() async throws {
    try await Self.serve(SampleNode()) { (port: UInt16, _: EventWatch) async throws in
      let page = try await Self.get(port, "/")
      #expect(page.status == 200)
      #expect(page.headers["content-type"] == "text/html; charset=utf-8")
      #expect(page.headers["content-security-policy"] == MonitoringPage.policy)
      #expect(page.text == MonitoringPage.document)
      let status = try await Self.get(port, "/status")
      #expect(status.headers["content-type"] == "application/json; charset=utf-8")
      let json = try JSONValue(parsing: Data(status.body))
      #expect(json["head"]["number"] == .integer(184_231))
      let metrics = try await Self.get(port, "/metrics")
      #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      let text = try MetricsText(metrics.text)
      #expect(text.value("livesync_head_block") == 184_231)
      #expect(text.value("livesync_http_connections") ?? 0 >= 1)
      #expect(try await Self.get(port, "/healthz").text == "alive\n")
      let ready = try await Self.get(port, "/readyz")
      #expect(ready.status == 503)
      #expect(ready.text.contains("61 % held"))
      #expect(try await Self.get(port, "/favicon.ico").status == 404)
    }
    let following = SampleNode(SampleNode.following)
    try await Self.serve(following) { (port: UInt16, _: EventWatch) async throws in
      #expect(try await Self.get(port, "/readyz").text == "ready\n")
    }
  }

  @Test func health_shouldEnd_whenTheNodeDoesNotAnswer() async throws {
    let runtime = MovedRuntime()
    let node = StuckNode(runtime: runtime)
    try await Self.serve(node, runtime: runtime) { (port: UInt16, _: EventWatch) async throws in
      #expect(try await Self.get(port, "/healthz").status == 200)
      try await Task.sleep(for: MonitoringLimits.sampleInterval * 2)
      runtime.offset.withLock { $0 = MonitoringLimits.aliveTimeMax }
      let answer = try await Self.get(port, "/healthz")
      #expect(answer.status == 503)
      #expect(answer.text.hasPrefix("the node has not answered for 1"))
    }
  }

  @Test func transactions_shouldBeTaken_asDigitsOrBytes_andRefusedWithAReason() async throws {
    let keys = KeyPair(seed: .zero)
    func transaction(fee: UInt64) throws -> Transaction {
      let to = try #require(Address(bytes: [UInt8](repeating: 1, count: 20)))
      return Transaction.signed(
        by: keys, network: 1, nonce: 7, fee: fee, action: .transfer(to: to, amount: 1))
    }
    try await Self.serve(SampleNode()) { (port: UInt16, _: EventWatch) async throws in
      for (fee, status) in [(0, 400), (1, 409), (2, 503), (3, 202)] as [(UInt64, Int)] {
        let digits = Hex.string(try transaction(fee: fee).wireBytes)
        let answer = try await Self.exchange(port) { $0.post("/transactions", digits + "\n") }
        #expect(answer.status == status)
        let json = try JSONValue(parsing: Data(answer.body))
        if status == 202 {
          #expect(json["nonce"] == .text("7"))
          #expect(json["sender"] == .text(Address(of: keys.publicKey).description))
        } else {
          #expect(json["error"] != .text(""))
        }
      }
      let bytes = try transaction(fee: 3).wireBytes
      let binary = try await Self.exchange(port) { client in
        client.send(
          "POST /transactions HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Length: \(bytes.count)\r\n\r\n"
        )
        client.send(bytes)
      }
      #expect(binary.status == 202)
      for wrong in ["", "zz", "00", String(repeating: "0", count: 300)] {
        let answer = try await Self.exchange(port) { $0.post("/transactions", wrong) }
        #expect(answer.status == 400, "\(wrong)")
      }
      let longest = String(repeating: "0", count: MonitoringLimits.transactionBytesMax)
      #expect(try await Self.exchange(port) { $0.post("/transactions", longest) }.status == 400)
      let tooLong = longest + "0"
      #expect(try await Self.exchange(port) { $0.post("/transactions", tooLong) }.status == 413)
      #expect(try await Self.get(port, "/transactions").headers["allow"] == "POST")
    }
  }

  @Test func address_shouldHaveItsDigits() async throws {
    try await Self.serve(SampleNode()) { (port: UInt16, _: EventWatch) async throws in
      for wrong in [
        "1", "zz", String(repeating: "0", count: 39), String(repeating: "0", count: 42),
      ] {
        #expect(try await Self.get(port, "/accounts/" + wrong).status == 400)
      }
      let address = String(repeating: "0", count: 40)
      #expect(try await Self.get(port, "/accounts/" + address).status == 503)
    }
  }

  /// A node with the state of a chain.
  private struct ChainNode: MonitoredNode {
    let chain: Blockchain
    let sample = SampleNode()

    func status() async -> NodeStatus { await sample.status() }
    func account(_ address: Address) async -> AccountAnswer {
      AccountAnswer(of: address, in: chain)
    }
    func submit(_ transaction: Transaction) async -> SubmissionOutcome { .accepted }
  }

  @Test func account_shouldBeServedWithItsProof_alsoOfItsAbsence() async throws {
    let world = try TestWorld(seed: 903)
    let known = world.genesis.accounts[3]
    let absent = try #require(Address(bytes: [UInt8](repeating: 0xee, count: 20)))
    let node = ChainNode(chain: world.source)
    try await Self.serve(node) { (port: UInt16, _: EventWatch) async throws in
      for (address, status) in [(known.address, 200), (absent, 404)] {
        let answer = try await Self.get(port, "/accounts/\(address)")
        #expect(answer.status == status)
        let json = try JSONValue(parsing: Data(answer.body))
        let root = json["block"]["state_root"].hash
        #expect(root == world.source.head.header.stateRoot)
        let proof = try TrieProof(wireBytes: json["proof"].hexBytes)
        let values = try proof.verify(root: root, keys: [address.key])
        let value = try #require(values[address.key])
        #expect((value == nil) == (status == 404))
        if status == 200 {
          #expect(json["account"]["balance"] == .text("\(known.account.balance)"))
        }
      }
    }
  }

  @Test func events_shouldBeStreamed_fromTheirLevelOn() async throws {
    try await Self.serve(SampleNode()) { (port: UInt16, watch: EventWatch) async throws in
      func listen(_ path: String) async throws -> String {
        try await onThread {
          let client = try RawClient(port: port)
          client.get(path)
          return try client.read(upTo: "last")
        }
      }
      async let all = listen("/events")
      async let warnings = listen("/events?level=warn")
      let lines = [
        #"{"seq":1,"node":"\"level\":\"error\"","event":"a","level":"debug"}"#,
        #"{"seq":2,"event":"b","level":"info"}"#, #"{"seq":3,"event":"c","level":"error"}"#,
        #"{"seq":4,"event":"last","level":"warn"}"#,
      ]
      let sender = Task {
        while !Task.isCancelled {
          watch.publish(Array(lines.map { $0 + "\n" }.joined().utf8))
          try? await Task.sleep(for: .milliseconds(20))
        }
      }
      let (some, every) = try await (warnings, all)
      sender.cancel()
      for line in lines.dropLast() { #expect(every.contains("data: \(line)\n\n")) }
      #expect(some.contains("data: \(lines[2])\n\n"))
      #expect(!some.contains("\"debug\"") && !some.contains("\"info\""))
      #expect(try await Self.get(port, "/events?level=loud").status == 400)
    }
  }

  @Test func streamsAndConnections_shouldBeSoManyAtMost() async throws {
    try await Self.serve(SampleNode()) { (port: UInt16, _: EventWatch) async throws in
      let most = MonitoringLimits.eventClientsMax
      let perAddress = MonitoringLimits.connectionsPerAddressMax
      #expect(perAddress < MonitoringLimits.connectionsMax)
      let statuses = try await onThread {
        let streams = try (0..<most).map { _ in
          let client = try RawClient(port: port)
          client.get("/events")
          _ = try client.read(upTo: "\r\n\r\n")
          return client
        }
        let late = try RawClient(port: port)
        late.get("/events")
        let more = try (most + 1..<perAddress).map { _ in
          let client = try RawClient(port: port)
          client.get("/healthz")
          _ = try client.answer()
          return client
        }
        let first = try late.answer().status
        // That one was refused and so has gone; its place is taken.
        late.send("x")
        _ = try? late.readToEnd()
        let last = try RawClient(port: port)
        last.get("/healthz")
        _ = try last.answer()
        let beyond = try RawClient(port: port)
        beyond.get("/healthz")
        let second = try beyond.answer().status
        return withExtendedLifetime((streams, more, last)) { [first, second] }
      }
      #expect(statuses == [503, 503])
    }
  }
}
