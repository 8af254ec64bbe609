import CRDT
import KeyValue
import Primitives
import RESP
import Runtime
import TestSupport
import Testing
import Transport

/// Replicas that acknowledge when a test says so.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
private final class PlayedReplicas: ReplicationService, @unchecked Sendable {
  /// Up to where each has all writes, in ticks.
  var held: [UInt64] = []
  var written: [[UInt8]] = []

  func wrote(_ keys: [[UInt8]]) { written += keys }
  var statusFields: [SyncField] { [] }
  var peerStatuses: [SyncPeerStatus] { [] }
  var metrics: [KeyValueMetric] { [] }
  func beginRounds() -> Int { 0 }
  func forget(_ key: PublicKey) throws(SyncRefusal) {}
  func acknowledged(_ ticks: UInt64) -> Int { held.count { $0 >= ticks } }
}

@Suite(.serialized) struct WaitTests {
  private final class Fixture: Sendable {
    let runtime: EventLoopRuntime
    let server: KeyValueServer
    let replicas = PlayedReplicas()
    let port: UInt16

    init() throws {
      let runtime = try EventLoopRuntime()
      let settings = KeyValueSettings(
        replica: ReplicaID(1), tableKey: SipKey(low: 1, high: 2), seed: 3, keepsTombstones: true)
      let server = KeyValueServer(runtime: runtime, settings: settings, notice: { _ in })
      (self.runtime, self.server) = (runtime, server)
      let address = try #require(SocketAddress("127.0.0.1:0"))
      let replicas = replicas
      port = try Blocking.result(on: runtime) {
        server.replication = replicas
        return Result { try server.listen(at: address).port }
      }.get()
    }

    deinit {
      let server = server
      Blocking.result(on: runtime) { server.stop() }
      runtime.shutdown()
    }

    /// Lets so many replicas have everything.
    func acknowledge(_ count: Int) {
      let (server, replicas) = (server, replicas)
      Blocking.result(on: runtime) {
        replicas.held = Array(repeating: .max, count: count)
        server.replicasAdvanced()
      }
    }

    var written: [[UInt8]] {
      let replicas = replicas
      return Blocking.result(on: runtime) { replicas.written }
    }
  }

  @Test func clientThatWaits_shouldGoOn_whenEnoughHaveItsWrites() async throws {
    try await onThread {
      let fixture = try Fixture()
      let (client, other) = (try ClusterClient(fixture.port), try ClusterClient(fixture.port))
      client.send(["SET", "a", "1"])
      client.send(["WAIT", "2", "0"])
      client.send(["GET", "a"])
      #expect(try client.reply() == .simple("OK"))
      // Others are not held up, and one is not enough.
      fixture.acknowledge(1)
      #expect(try other.ask("GET", "a").text == "1")
      #expect(try other.ask("WAIT", "1", "0") == .integer(1))
      fixture.acknowledge(3)
      #expect(try client.reply() == .integer(3))
      #expect(try client.reply().text == "1")
      #expect(fixture.written == [Array("a".utf8)])
    }
  }

  @Test func clientThatWaits_shouldGetWhatThereIs_whenTheTimeIsOver() async throws {
    try await onThread {
      let fixture = try Fixture()
      let client = try ClusterClient(fixture.port)
      _ = try client.ask("SET", "a", "1")
      fixture.acknowledge(1)
      #expect(try client.ask("WAIT", "2", "10") == .integer(1))
      #expect(try client.ask("WAIT", "-1", "0") == .integer(1))
      #expect(try client.ask("WAIT", "x", "0").isError)
    }
  }

  @Test func clientThatWaits_shouldBeForgotten_whenItGoes() async throws {
    try await onThread {
      let fixture = try Fixture()
      do {
        let client = try ClusterClient(fixture.port)
        _ = try client.ask("SET", "a", "1")
        client.send(["WAIT", "2", "0"])
        let other = try ClusterClient(fixture.port)
        _ = try other.ask("PING")
      }
      let server = fixture.server
      ClusterNode.wait("closed") {
        Blocking.result(on: fixture.runtime) { server.inBatch { $0.statistics.clients } } == 0
      }
      fixture.acknowledge(2)
    }
  }

  @Test func nodeWithoutReplicas_shouldSaySo() async throws {
    try await onThread {
      let fixture = try Fixture()
      let server = fixture.server
      Blocking.result(on: fixture.runtime) { server.replication = nil }
      let client = try ClusterClient(fixture.port)
      #expect(try client.ask("WAIT", "3", "0") == .integer(0))
      #expect(try client.ask("SYNC.STATUS").facts == ["replicating": "0"])
      #expect(try client.ask("SYNC.PEERS") == .array([]))
      #expect(try client.ask("SYNC.NOW").isError)
      #expect(try client.ask("SYNC.FORGET", "x").isError)
      #expect(try client.ask("SYNC.FORGET", String(repeating: "a", count: 64)).isError)
      #expect(
        try client.ask("ROLE") == .array([.bulk(Array("master".utf8)), .integer(0), .array([])]))
    }
  }

  @Test func strangers_shouldBeToldOfOnce_andNotTooMany() {
    var strangers = StrangerNotices()
    let first = [strangers.isNew("a", at: .start), strangers.isNew("a", at: .start)]
    #expect(first == [true, false])
    let others = (0..<2 * KeyValueLimits.toldMax).count { strangers.isNew("\($0)", at: .start) }
    #expect(others == KeyValueLimits.toldMax - 1)
    let isToldLater = strangers.isNew("a", at: .start.advanced(by: KeyValueLimits.toldPause))
    #expect(isToldLater)
  }
}
