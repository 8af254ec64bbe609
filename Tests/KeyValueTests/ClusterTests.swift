import EventLog
import Glibc
import KeyValue
import Networking
import Primitives
import RESP
import Runtime
import TestSupport
import Testing

/// Servers that replicate over sockets of this host.
@Suite(.serialized) struct ClusterTests {
  @Test func nodesThatComeLater_shouldBecomeEqual_byOnePeerEach() async throws {
    try await onThread {
      let a = try ClusterNode(1)
      defer { a.stop() }
      let client = try a.client()
      for index in 0..<500 { _ = try client.ask("SET", "k\(index)", "v\(index)") }
      _ = try client.ask("DEL", "k7")
      let b = try ClusterNode(2, peers: [a.address])
      defer { b.stop() }
      try ClusterNode.waitUntilEqual(a, b)
      // By its key, and it hears of the first from the second.
      let c = try ClusterNode(3, peers: [b.place])
      defer { c.stop() }
      try ClusterNode.wait("linked") { try c.fact("members_linked") == "2" }
      try ClusterNode.waitUntilEqual(a, b, c)
      #expect(try c.ask("DBSIZE") == .integer(499))
      #expect(try c.ask("GET", "k7") == .null)
      _ = try c.ask("SET", "k8", "other")
      try ClusterNode.waitUntilEqual(a, b, c)
      #expect(try a.ask("GET", "k8").text == "other")
      #expect(
        a.events.contains { event in
          if case .linked(_, let identity, _)? = event.group as? Event.KeyValue {
            return "\(identity)" == b.key
          }
          return false
        })
    }
  }

  @Test func wait_shouldGiveHowManyHaveTheWrite() async throws {
    try await onThread {
      let a = try ClusterNode(1)
      defer { a.stop() }
      let b = try ClusterNode(2, peers: [a.address])
      let client = try a.client()
      client.send(["SET", "a", "1"])
      client.send(["WAIT", "1", "0"])
      client.send(["GET", "a"])
      #expect(try client.reply() == .simple("OK"))
      #expect(try client.reply() == .integer(1))
      #expect(try client.reply().text == "1")
      let (held, facts) = (try b.ask("GET", "a"), try a.ask("SYNC.STATUS").facts)
      #expect(held.text == "1", "\(held) \(facts.sorted { $0.key < $1.key })")
      b.stop()
      try ClusterNode.wait("unlinked") { try a.fact("members_linked") == "0" }
      _ = try client.ask("SET", "a", "2")
      #expect(try client.ask("WAIT", "1", "20") == .integer(0))
    }
  }

  @Test func strangers_shouldGetNothing_andBeToldOf() async throws {
    try await onThread {
      let key = try #require(ClusterKey(hex: String(repeating: "1", count: 64)))
      let a = try ClusterNode(1, clusterKey: key)
      defer { a.stop() }
      _ = try a.ask("SET", "a", "1")
      // Another cluster key, and another key than the one that is expected.
      let b = try ClusterNode(2, peers: [a.address])
      defer { b.stop() }
      let wrong = String(repeating: "a", count: 64)
      let c = try ClusterNode(3, peers: ["\(wrong)@\(a.address)"], clusterKey: key)
      defer { c.stop() }
      ClusterNode.wait("told of the cluster key") {
        b.notices.contains { $0.contains("another cluster key") }
      }
      ClusterNode.wait("told of the pinned key") {
        c.notices.contains { $0.contains(a.address) }
      }
      for stranger in [b, c] {
        #expect(try stranger.ask("DBSIZE") == .integer(0))
        #expect(try stranger.fact("members_linked") == "0")
      }
    }
  }

  @Test func memberThatWasForgotten_shouldGetNothingMore() async throws {
    try await onThread {
      let a = try ClusterNode(1)
      defer { a.stop() }
      let b = try ClusterNode(2, peers: [a.address])
      defer { b.stop() }
      try ClusterNode.wait("linked") { try a.fact("members_linked") == "1" }
      #expect(try a.ask("SYNC.FORGET", a.key).isError)
      #expect(try a.ask("SYNC.FORGET", String(repeating: "b", count: 64)).isError)
      #expect(try a.ask("SYNC.FORGET", b.key) == .simple("OK"))
      try ClusterNode.wait("no link") { try b.fact("members_linked") == "0" }
      _ = try a.ask("SET", "a", "1")
      #expect(try a.fact("members") == "1")
      #expect(try b.ask("GET", "a") == .null)
      #expect(try a.ask("SYNC.FORGET", b.key).isError)
    }
  }

  @Test func membersAndPins_shouldBeThere_afterARestart() async throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/members"
    try await onThread {
      let a = try ClusterNode(1)
      defer { a.stop() }
      let first = try ClusterNode(2, peers: [a.address], members: path)
      try ClusterNode.wait("linked") { try first.fact("members_linked") == "1" }
      ClusterNode.wait("stored") { access(path, F_OK) == 0 }
      ClusterNode.wait("the member is stored") {
        (try? MemberFile.read(path))?.table.members.count == 2
      }
      first.stop()
      // Nobody is named any more.
      let again = try ClusterNode(2, members: path)
      defer { again.stop() }
      try ClusterNode.wait("linked again") { try again.fact("members_linked") == "1" }
    }
  }

  @Test func brokenFileOfMembers_shouldBeNamed() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/members"
    #expect(try MemberFile.read(path).table.count == 0)
    try Array("no members".utf8).withUnsafeBytes { bytes in
      let file = open(path, O_WRONLY | O_CREAT, 0o600)
      try #require(write(file, bytes.baseAddress, bytes.count) == bytes.count)
      close(file)
    }
    #expect {
      try MemberFile.read(path)
    } throws: {
      "\($0)".contains(path)
    }
  }

  @Test func fileOfMembers_shouldBeLimited() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/members"
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    try #require(ftruncate(file, KeyValueLimits.membersFileBytesMax + 1) == 0)
    close(file)
    #expect {
      try MemberFile.read(path)
    } throws: {
      "\($0)".contains("\(KeyValueLimits.membersFileBytesMax)")
    }
  }

  @Test func othersShouldBeTold_whereANodeIs_thatListensAtAnyAddress() async throws {
    try await onThread {
      let a = try ClusterNode(1, listen: "0.0.0.0:0")
      defer { a.stop() }
      #expect(a.notices.contains { $0.contains("--advertise") }, "\(a.notices)")
      let port = try #require(a.address.split(separator: ":").last)
      let b = try ClusterNode(
        2, peers: ["127.0.0.1:\(port)"], listen: "0.0.0.0:0",
        advertised: ["localhost:7", "[::1]:7"])
      defer { b.stop() }
      #expect(!b.notices.contains { $0.contains("--advertise") })
      try ClusterNode.wait("linked") { try a.fact("members_linked") == "1" }
      guard case .array(let ofA) = try a.ask("SYNC.PEERS"),
        case .array(let ofB) = try b.ask("SYNC.PEERS")
      else {
        Issue.record("SYNC.PEERS is no array")
        return
      }
      // Of an address by name clients are told where it is met.
      #expect(ofA[0].facts["address"] == "[::1]:7", "\(ofA)")
      #expect(ofB[0].facts["address"] == "127.0.0.1:\(port)", "\(ofB)")
    }
  }

  @Test func indexes_shouldBeMadeAnew_whileOthersAreServed() async throws {
    try await onThread {
      let node = try ClusterNode(1)
      defer { node.stop() }
      let client = try node.client()
      let count = 5 * KeyValueLimits.renewedEntriesPerTurn
      _ = try client.ask(["MSET"] + (0..<count).flatMap { ["k\($0)", "v"] })
      let (one, other) = (try node.client(), try node.client())
      for waiting in [one, other] {
        waiting.send(["SYNC.REPAIR"])
        waiting.send(["PING"])
      }
      _ = try client.ask("SET", "k1", "w")
      for waiting in [one, other] {
        let facts = try waiting.reply().facts
        #expect(facts["index"] == "sound" && facts["records"] == "\(count)")
        #expect(try waiting.reply() == .simple("PONG"))
      }
      // Who goes away meanwhile is not waited for.
      one.send(["SYNC.REPAIR"])
      one.send(["QUIT"])
      #expect(try other.ask("MULTI") == .simple("OK"))
      _ = try other.ask("SYNC.REPAIR")
      guard case .array(let done) = try other.ask("EXEC") else {
        Issue.record("EXEC gives no array")
        return
      }
      #expect(done[0].facts["index"] == "sound")
    }
  }

  @Test func factsOfACluster_shouldBeTold_whereClientsLook() async throws {
    try await onThread {
      let a = try ClusterNode(1)
      defer { a.stop() }
      let b = try ClusterNode(2, peers: [a.address])
      defer { b.stop() }
      try ClusterNode.wait("linked") { try a.fact("members_linked") == "1" }
      guard case .array(let role) = try a.ask("ROLE"), case .array(let replicas) = role[2] else {
        Issue.record("ROLE is no array")
        return
      }
      #expect(role[0].text == "master" && replicas.count == 1)
      let info = try #require(try a.ask("INFO", "replication").text)
      #expect(info.contains("role:master") && info.contains("connected_slaves:1"))
      guard case .array(let peers) = try a.ask("SYNC.PEERS") else {
        Issue.record("SYNC.PEERS is no array")
        return
      }
      #expect(peers.count == 1 && peers[0].facts["key"] == b.key)
      #expect(peers[0].facts["name"] == "n2" && peers[0].facts["linked"] == "1")
      #expect(try a.ask("SYNC.NOW") == .integer(1))
      #expect(try a.ask("SYNC.REPAIR").facts["index"] == "sound")
      let server = a.server
      let metrics = Blocking.result(on: a.runtime) { server.metrics }
      #expect(Set(metrics.map(\.name)).count == metrics.count)
      #expect(metrics.contains { $0.name == "livesync_kv_replica_linked" && $0.samples.count == 1 })
      for metric in metrics {
        #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
      }
    }
  }
}

extension RESPReply {
  var isError: Bool {
    if case .error = self { true } else { false }
  }
}
