import KeyValue
import RESP
import TestSupport
import Testing

@Suite struct TransactionTests {
  private static let aborted = RESPReply.error(
    "EXECABORT Transaction discarded because of previous errors.")
  private static let queued = RESPReply.simple("QUEUED")

  @Test func queuedRequests_shouldBeDoneByExec_inOneBatch() {
    var node = Node()
    node("SET a 1")
    #expect(node("MULTI") == .ok)
    for request in ["INCR a", "SET b x", "GET b", "CLIENT ID"] {
      #expect(node(request) == Self.queued, "\(request)")
    }
    #expect(node.log.count == 1, "nothing is done before EXEC")
    #expect(
      node("EXEC") == .array([.integer(2), .ok, .text("x"), .integer(1)]))
    #expect(node.log.count == 2 && node.log[1].count == 2, "\(node.log)")
    #expect(node("EXEC") == .error("ERR EXEC without MULTI"))
    #expect(node("DISCARD") == .error("ERR DISCARD without MULTI"))
  }

  @Test func refusedRequests_shouldRefuseTheTransaction_andOthersFailAlone() {
    var node = Node()
    for refused in ["NOSUCH a", "SET a", "SAVE", "SHUTDOWN", "CLIENT NOSUCH", "CONFIG GET"] {
      node("MULTI")
      guard case .error = node(refused) else {
        Issue.record("\(refused) is taken")
        continue
      }
      #expect(node("SET a 1") == Self.queued)
      #expect(node("EXEC") == Self.aborted, "\(refused)")
    }
    #expect(node.log.isEmpty)
    node("MULTI")
    #expect(node("MULTI") == .error("ERR MULTI calls can not be nested"))
    #expect(node("WATCH a") == .error("ERR WATCH inside MULTI is not allowed"))
    node("SET a x")
    node("INCR a")
    node("SET a y")
    let notNumber = RESPReply.error("ERR value is not an integer or out of range")
    #expect(node("EXEC") == .array([.ok, notNumber, .ok]))
    #expect(node("GET a") == .text("y"))
  }

  @Test func refusedWrites_shouldRefuseTransactionsThatWrite_alone() {
    var node = Node()
    node("MULTI")
    node("SET a 1")
    node.core.writeRefusal = "the disk is full"
    #expect(
      node("EXEC")
        == .error("EXECABORT Transaction discarded because of: MISCONF the disk is full"))
    node("MULTI")
    #expect(node("SET a 1") == .error("MISCONF the disk is full"))
    #expect(node("EXEC") == Self.aborted)
    node("MULTI")
    node("GET a")
    #expect(node("EXEC") == .array([.null]) && node.log.isEmpty)
  }

  @Test(arguments: [true, false])
  func watchedKeys_shouldStopExec_whenTheyWereChanged(keepsTombstones: Bool) {
    let cases: [(before: String, change: String, stops: Bool)] = [
      ("SET w 1", "SET w 1", true), ("SET w 1", "GET w", false), ("SET w 1", "DEL w", true),
      ("SET v 1", "SET w 1", true), ("SET w 1", "EXPIRE w 9", true), ("SET v 1", "DEL w", false),
      ("SET w 1", "SET w 2 NX", false), ("SET w 1", "FLUSHALL", true),
      ("SET v 1", "FLUSHALL", false), ("SET w 1", "PERSIST w", false),
      ("SET w 1 EX 9", "PERSIST w", true), ("SET w 1", "APPEND w 1", true),
    ]
    for (before, change, stops) in cases {
      var node = Node(keepsTombstones: keepsTombstones)
      node(before)
      // In one batch too, in which the key was written already.
      let answers = node.batch(
        [before, "WATCH w", change, "MULTI", "SET x 1", "EXEC"].map(words))
      #expect(answers.last == (stops ? .null : .array([.ok])), "\(before), \(change)")
      #expect(node.batch(["MULTI", "PING", "EXEC"].map(words)).last == .array([.simple("PONG")]))
    }
    // Made and deleted again, expired, and let go.
    var node = Node(keepsTombstones: keepsTombstones)
    let made = node.batch(["WATCH w", "SET w 1", "DEL w", "MULTI", "EXEC"].map(words))
    #expect(made.last == .null)
    node("SET w 1 PX 100")
    node("WATCH w")
    node.now += 200
    #expect(node.batch(["MULTI", "EXEC"].map(words)).last == .null)
    let unwatched = node.batch(["WATCH w", "SET w 1", "UNWATCH", "MULTI", "EXEC"].map(words))
    #expect(unwatched.last == .array([]))
    let discarded = node.batch(
      ["WATCH w", "SET w 1", "MULTI", "DISCARD", "MULTI", "EXEC"].map(words))
    #expect(discarded.last == .array([]))
  }

  @Test func writesOfOtherReplicas_shouldStopExecToo() throws {
    var node = Node(keepsTombstones: true)
    node("WATCH w")
    let version = HybridTimeOf.time(node.now, 9)
    try node.apply([.set(key: [0x77], kind: .bytes, value: [1], version: version, expiry: 0)])
    #expect(node.batch(["MULTI", "EXEC"].map(words)).last == .null)
  }

  @Test func queuedBytes_shouldBeLimited_overAllClients() {
    var node = Node()
    var other = ClientSession(
      id: 2, address: "c", localAddress: "b", at: node.now, isAuthenticated: true)
    let value = [UInt8](repeating: 0x76, count: KeyValueLimits.valueBytesMax - 1_000)
    node("MULTI")
    let fitting = KeyValueLimits.queuedBytesMax / value.count - 1
    for _ in 0..<fitting { #expect(node.bytes(Array("SET".utf8), [1], value) == Self.queued) }
    swap(&node.session, &other)
    node("MULTI")
    #expect(node.bytes(Array("SET".utf8), [2], value) == Self.queued)
    let refusal = RESPReply.error(
      "ERR the transactions of all clients have more than 268435456 bytes")
    #expect(node.bytes(Array("SET".utf8), [2], value) == refusal)
    #expect(node("EXEC") == Self.aborted)
    // Its room is free again, also when a connection ends.
    for _ in 0..<2 {
      node("MULTI")
      #expect(node.bytes(Array("SET".utf8), [2], value) == Self.queued)
      node.core.end(&node.session)
    }
    swap(&node.session, &other)
    #expect(node("EXEC") == .array(Array(repeating: .ok, count: fitting)))
    #expect(node("DBSIZE") == .integer(1))
  }

  @Test func requestsOfATransaction_shouldBeLimited() {
    var node = Node()
    node("MULTI")
    let most = KeyValueLimits.transactionRequestsMax
    let piece = Array(repeating: words("PING"), count: 1 << 12)
    for _ in 0..<most / piece.count { _ = node.batch(piece) }
    #expect(
      node("PING") == .error("ERR a transaction has more than \(most) requests"))
    #expect(node("EXEC") == Self.aborted)
  }

  @Test func watchedKeys_shouldBeLimited() {
    var node = Node()
    let most = KeyValueLimits.watchedKeysMax
    #expect(node.bytes([Array("WATCH".utf8)] + (0..<most).map(key)) == .ok)
    #expect(node("WATCH more") == .error("ERR a client can watch at most \(most) keys"))
    #expect(node("SET k\(most - 1) 1") == .ok)
    #expect(node.batch(["MULTI", "EXEC"].map(words)).last == .null)
    #expect(node("WATCH more") == .ok)
  }

  private func key(_ number: Int) -> [UInt8] { Array("k\(number)".utf8) }

  @Test func aReplyThatIsTooLarge_shouldNotStopTheTransaction() {
    var node = Node()
    let value = [UInt8](repeating: 0x76, count: KeyValueLimits.valueBytesMax)
    node.bytes(Array("SET".utf8), [0x61], value)
    let requests = ["MULTI", "SET b 1", "GET a", "GET a", "GET a", "GET a", "SET c 1", "EXEC"]
    #expect(node.batch(requests.map(words)).count == requests.count - 1)
    guard case .refuseReply(let bytes)? = node.lastAfter else {
      Issue.record("\(String(describing: node.lastAfter))")
      return
    }
    #expect(bytes > KeyValueLimits.replyBytesMax)
    #expect(node("MGET b c") == .array([.text("1"), .text("1")]))
  }
}
