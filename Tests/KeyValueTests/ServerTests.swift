import CRDT
import Glibc
import KeyValue
import Locking
import Primitives
import RESP
import Runtime
import TestSupport
import Testing
import Transport

private final class Notices: Sendable {
  private let list = Lock<[KeyValueNotice]>([])

  var all: [KeyValueNotice] { list.withLock { $0 } }
  /// Is called with each, on the loop's thread.
  let hook = Lock<(@Sendable () -> Void)?>(nil)
  func add(_ notice: KeyValueNotice) {
    list.withLock { $0.append(notice) }
    hook.withLock { $0 }?()
  }
}

/// A server on a port of its own.
private final class TestServer: Sendable {
  let runtime: EventLoopRuntime
  let server: KeyValueServer
  let port: UInt16
  let notices = Notices()

  init(password: String? = nil, clientsMax: Int = 100, waitingRepliesMax: Int? = nil) throws {
    let runtime = try EventLoopRuntime()
    var settings = KeyValueSettings(
      replica: ReplicaID(1), tableKey: SipKey(low: 1, high: 2), seed: 3,
      password: password.map { Array($0.utf8) }, clientsMax: clientsMax)
    if let waitingRepliesMax { settings.waitingRepliesMax = waitingRepliesMax }
    let server = KeyValueServer(
      runtime: runtime, settings: settings,
      notice: { [notices] in notices.add($0) })
    (self.runtime, self.server) = (runtime, server)
    let address = try #require(SocketAddress("127.0.0.1:0"))
    port = try Blocking.result(on: runtime) {
      Result { try server.listen(at: address).port }
    }.get()
  }

  deinit {
    let server = server
    Blocking.result(on: runtime) { server.stop() }
    runtime.shutdown()
  }

  func client() throws -> RawClient { try RawClient(port: port) }

  func onLoop<Output: Sendable>(_ body: @escaping @Sendable (KeyValueServer) -> Output) -> Output {
    let server = server
    return Blocking.result(on: runtime) { body(server) }
  }
}

/// A log that tests play.
///
/// `@unchecked Sendable`: touched on the loop's thread only, but for `batches`.
private final class SlowLog: CommitLog, @unchecked Sendable {
  let batches = Lock<[(batch: UInt64, effects: [KeyValueEffect])]>([])
  let outcome: CommitOutcome

  init(_ outcome: CommitOutcome) { self.outcome = outcome }

  func commit(_ core: borrowing KeyValueCore, batch: UInt64) -> CommitOutcome {
    let effects = core.effects
    batches.withLock { $0.append((batch, effects)) }
    return outcome
  }

  /// Waits for a batch.
  func next() -> (batch: UInt64, effects: [KeyValueEffect]) {
    while true {
      if let last = batches.withLock({ $0.last }) { return last }
      sched_yield()
    }
  }
}

@Suite(.serialized) struct ServerTests {
  @Test func requests_shouldBeAnsweredInOrder_howeverTheyCome() async throws {
    try await onThread {
      let server = try TestServer()
      let client = try server.client()
      client.send("SET a 1\nGET a\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\nNOSUCH\n")
      #expect(
        try client.read(upTo: "NOSUCH").hasPrefix("+OK\r\n$1\r\n1\r\n:2\r\n-ERR unknown command"))
      _ = try client.read(upTo: "\r\n")
      let bytes = RequestWriter.bytes("SET", "b", String(repeating: "v", count: 300_000))
      for start in stride(from: 0, to: bytes.count, by: 70_001) {
        client.send(Array(bytes[start..<min(bytes.count, start + 70_001)]))
      }
      client.send("STRLEN b\nQUIT\nPING\n")
      #expect(try client.readToEnd() == "+OK\r\n:300000\r\n+OK\r\n")
    }
  }

  @Test func malformedRequests_shouldBeRefused_andTheConnectionClosed() async throws {
    try await onThread {
      let server = try TestServer()
      let client = try server.client()
      client.send("PING\n*1\r\nx\r\nPING\n")
      #expect(
        try client.readToEnd() == "+PONG\r\n-ERR Protocol error: expected '$', got 'x'\r\n")
      #expect(server.notices.all.count == 1)
    }
  }

  @Test func strangers_shouldBeBounded_report15() async throws {
    try await onThread {
      let server = try TestServer(password: "secret")
      let client = try server.client()
      client.send("PING\nAUTH wrong\nAUTH secret\nPING\n")
      #expect(
        try client.read(upTo: "PONG\r\n")
          == "-NOAUTH Authentication required.\r\n-WRONGPASS invalid username-password pair or user"
          + " is disabled.\r\n+OK\r\n+PONG\r\n")
      // They can queue nothing, and watch nothing.
      let curious = try server.client()
      curious.send("MULTI\nSET a 1\nEXEC\nWATCH a\nQUIT\n")
      let refusal = "-NOAUTH Authentication required.\r\n"
      #expect(
        try curious.readToEnd() == refusal + refusal
          + "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.\r\n"
          + refusal + "+OK\r\n")
      let stranger = try server.client()
      let bulk = "$16000\r\n" + String(repeating: "x", count: 16_000) + "\r\n"
      stranger.send("*10\r\n" + bulk + bulk)
      #expect(
        try stranger.readToEnd() == "-ERR Protocol error: unauthenticated bulk length\r\n")
    }
  }

  @Test func clients_shouldBeLimited() async throws {
    try await onThread {
      let server = try TestServer(clientsMax: 2)
      var clients = [try server.client(), try server.client()]
      for client in clients {
        client.send("PING\n")
        _ = try client.read(upTo: "PONG\r\n")
      }
      #expect(
        try server.client().readToEnd() == "-ERR max number of clients reached\r\n")
      clients.removeLast()
      // The place is free as soon as the server has seen the end.
      while server.onLoop({ $0.inBatch { $0.statistics.clients } }) > 1 { sched_yield() }
      let late = try server.client()
      late.send("PING\n")
      #expect(try late.read(upTo: "\r\n") == "+PONG\r\n")
      #expect(KeyValueLimits.clientsDefault == 10_000)
    }
  }

  @Test func repliesThatNobodyReads_shouldStopTheRequests_andGoOnLater() async throws {
    try await onThread {
      let server = try TestServer()
      let client = try server.client()
      let value = String(repeating: "v", count: 200_000)
      client.send(RequestWriter.bytes("SET", "a", value))
      #expect(try client.read(upTo: "\r\n") == "+OK\r\n")
      for _ in 0..<100 { client.send("GET a\n") }
      let other = try server.client()
      other.send("PING\nCLIENT LIST\n")
      let lines = try other.read(upTo: "cmd=client")
      let waiting = lines.split(separator: " ").compactMap { word in
        word.hasPrefix("omem=") ? Int(word.dropFirst(5)) : nil
      }
      #expect(waiting.allSatisfy { $0 <= KeyValueLimits.waitingReplyBytes + 200_100 })
      let reply = "$200000\r\n" + value + "\r\n"
      for _ in 0..<100 { #expect(try client.read(count: reply.utf8.count) == Array(reply.utf8)) }
    }
  }

  @Test func repliesThatWaitForAllClients_shouldBeLimited_andTheLargestClosed() async throws {
    try await onThread {
      // The limit of this server; others have the default.
      let most = 2 << 20
      #expect(most < KeyValueLimits.waitingRepliesBytesMax)
      let server = try TestServer(waitingRepliesMax: most)
      let writer = try server.client()
      writer.send(RequestWriter.bytes("SET", "a", String(repeating: "v", count: 500_000)))
      #expect(try writer.read(upTo: "\r\n") == "+OK\r\n")
      // None of them reads; what the system does not take waits here.
      let slow = try (0..<6).map { _ in try server.client() }
      for client in slow { for _ in 0..<40 { client.send("GET a\n") } }
      while server.notices.all.isEmpty { sched_yield() }
      guard case .tooMuchWaits(_, let bytes, let all, most)? = server.notices.all.first else {
        Issue.record("\(server.notices.all)")
        return
      }
      #expect(bytes <= all && all > most && bytes * slow.count >= all)
      // The others are served, and nothing that was written is lost.
      writer.send("STRLEN a\nSET b 1\nGET b\n")
      #expect(try writer.read(upTo: "1\r\n1\r\n") == ":500000\r\n+OK\r\n$1\r\n1\r\n")
    }
  }

  @Test func transactions_shouldPauseForTheServer_andEndWithTheConnection() async throws {
    try await onThread {
      let server = try TestServer()
      let client = try server.client()
      client.send("CLIENT SETNAME me\nMULTI\nSET a 1\nCLIENT LIST\nGET a\nCLIENT GETNAME\nEXEC\n")
      let queued = String(repeating: "+QUEUED\r\n", count: 4)
      let replies = try client.read(upTo: "$2\r\nme\r\n")
      #expect(replies.hasPrefix("+OK\r\n+OK\r\n" + queued + "*4\r\n+OK\r\n$"))
      #expect(replies.hasSuffix("\r\n$1\r\n1\r\n$2\r\nme\r\n"))
      #expect(replies.contains("name=me"), "\(replies)")
      client.send("MULTI\nGET a\n")
      _ = try client.read(upTo: "QUEUED\r\n")
      let other = try server.client()
      other.send("CLIENT LIST\nPING\n")
      #expect(try other.read(upTo: "PONG").contains("flags=x db=0 sub=0 psub=0 ssub=0 multi=1 "))
      client.send("QUIT\nPING\n")
      #expect(try client.readToEnd() == "+OK\r\n")
    }
  }

  @Test func aReplyThatIsTooLarge_shouldCloseItsClient_andLoseNothing() async throws {
    try await onThread {
      let server = try TestServer()
      let client = try server.client()
      let value = String(repeating: "v", count: 32 << 20)
      client.send(RequestWriter.bytes("SET", "a", value))
      client.send("MGET" + String(repeating: " a", count: 9) + "\n")
      #expect(try client.readToEnd() == "+OK\r\n")
      guard case .replyTooLarge(_, let bytes)? = server.notices.all.first else {
        Issue.record("\(server.notices.all)")
        return
      }
      #expect(bytes > KeyValueLimits.replyBytesMax)
      let other = try server.client()
      other.send("STRLEN a\n")
      #expect(try other.read(upTo: "\r\n") == ":33554432\r\n")
    }
  }

  @Test func repliesThatRepeatThemselves_shouldBeBounded_whileTheyAreMade() async throws {
    try await onThread {
      let server = try TestServer()
      let count = 400_000
      let greedy = try server.client()
      greedy.send(
        "*\(count + 2)\r\n$7\r\nCOMMAND\r\n$4\r\nDOCS\r\n"
          + String(repeating: "$6\r\nclient\r\n", count: count))
      #expect(try greedy.readToEnd() == "")
      guard case .replyTooLarge(_, let bytes)? = server.notices.all.last else {
        Issue.record("\(server.notices.all)")
        return
      }
      #expect(bytes < KeyValueLimits.replyBytesMax + 100_000)
      let client = try server.client()
      client.send("CLIENT ID\n")
      let id = try client.read(upTo: "\r\n").dropFirst().dropLast()
      client.send("CLIENT LIST ID \(id) \(id) \(id)\nPING\n")
      let lines = try client.read(upTo: "PONG")
      #expect(lines.split(separator: " ").filter { $0.hasPrefix("addr=") }.count == 1, "\(lines)")
    }
  }

  // MARK: Commits

  @Test func replies_shouldWaitForTheCommit_alsoOfReads() async throws {
    try await onThread {
      let server = try TestServer()
      let log = SlowLog(.waiting)
      server.onLoop { $0.log = log }
      let (writer, reader) = (try server.client(), try server.client())
      writer.send("SET a 1\n")
      let batch = log.next()
      guard case .set([0x61], .bytes, [0x31], _, 0)? = batch.effects.first else {
        Issue.record("\(batch)")
        return
      }
      // The reader's reply must not come before the write is safe.
      reader.send("GET a\n")
      while server.onLoop({ $0.inBatch { $0.statistics.hits } }) == 0 { sched_yield() }
      let statistics = server.onLoop { server in server.inBatch { $0.statistics } }
      #expect(statistics.sentBytes == 0 && statistics.hits == 1, "\(statistics)")
      server.onLoop { $0.committed(through: .max) }
      #expect(try writer.read(upTo: "\r\n") == "+OK\r\n")
      #expect(try reader.read(upTo: "1\r\n1\r\n") == "$1\r\n1\r\n")
    }
  }

  @Test func aCommitThatFails_shouldAcknowledgeNothing_andRefuseWritesFromThenOn() async throws {
    try await onThread {
      let server = try TestServer()
      let log = SlowLog(.failed("the disk is full"))
      server.onLoop { $0.log = log }
      let writer = try server.client()
      writer.send("SET a 1\n")
      #expect(try writer.readToEnd() == "")
      let other = try server.client()
      other.send("SET a 2\nPING\n")
      #expect(try other.read(upTo: "PONG\r\n") == "-MISCONF the disk is full\r\n+PONG\r\n")
      #expect(server.notices.all == [.commitFailed("the disk is full")])
    }
  }

  @Test func commitsThatFailLater_shouldCloseThoseWhoWait() async throws {
    try await onThread {
      let server = try TestServer()
      let log = SlowLog(.waiting)
      server.onLoop { $0.log = log }
      let writer = try server.client()
      writer.send("SET a 1\n")
      _ = log.next()
      while server.onLoop({ $0.heldBatches }) == 0 { sched_yield() }
      server.onLoop { $0.commitFailed("gone") }
      #expect(try writer.readToEnd() == "")
    }
  }

  @Test func lastReplies_shouldBeSent_whenACommitComesBeforeTheirBatchEnds() async throws {
    try await onThread {
      let server = try TestServer()
      let log = SlowLog(.waiting)
      server.onLoop { $0.log = log }
      let client = try server.client()
      client.send("SET a 1\n")
      _ = log.next()
      while server.onLoop({ $0.heldBatches }) == 0 { sched_yield() }
      let inner = server.server
      server.notices.hook.withLock { $0 = { inner.committed(through: .max) } }
      // The last request closes the connection, and the commit comes right then.
      client.send("GET a\n*1\r\nx\r\n")
      #expect(
        try client.readToEnd()
          == "+OK\r\n$1\r\n1\r\n-ERR Protocol error: expected '$', got 'x'\r\n")
      server.notices.hook.withLock { $0 = nil }
    }
  }

  @Test func shutdown_shouldEndTheServer() async throws {
    try await onThread {
      let server = try TestServer()
      let client = try server.client()
      client.send("SHUTDOWN NOSAVE\n")
      #expect(try client.readToEnd() == "")
      // The connection ends a little before the listener.
      while (try? server.client()) != nil { sched_yield() }
    }
  }
}
