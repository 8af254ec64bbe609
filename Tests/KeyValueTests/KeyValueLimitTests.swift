import CRDT
import KeyValue
import RESP
import TestSupport
import Testing

@Suite struct KeyValueLimitTests {
  @Test func keysAndValues_shouldBeLimited() throws {
    var node = Node()
    let most = [UInt8](repeating: 0x6b, count: KeyValueLimits.keyBytesMax)
    let refusal = RESPReply.error("ERR a key must have 1 to 511 bytes")
    #expect(node.bytes(Array("SET".utf8), most, [1]) == .ok)
    for key in [most + [1], []] {
      for command in ["SET", "APPEND", "SETNX"] {
        #expect(node.bytes(Array(command.utf8), key, [1]) == refusal, "\(command)")
      }
      #expect(node.bytes(Array("INCR".utf8), key) == refusal)
      #expect(node.bytes(Array("MSET".utf8), [1], [1], key, [1]) == refusal)
      #expect(node.bytes(Array("GET".utf8), key) == .null)
    }
    #expect(node("DBSIZE") == .integer(1))
    // A value grows up to the limit and not beyond it.
    let half = [UInt8](repeating: 0x76, count: KeyValueLimits.valueBytesMax / 2)
    for _ in 0..<2 { node.bytes(Array("APPEND".utf8), [2], half) }
    #expect(
      node.bytes(Array("APPEND".utf8), [2], [1])
        == .error("ERR string exceeds maximum allowed size (64 MiB)"))
    #expect(node.bytes(Array("STRLEN".utf8), [2]) == .integer(Int64(KeyValueLimits.valueBytesMax)))
    let version = HybridTimeOf.time(1, 5)
    let effects: [KeyValueEffect] = [
      .delete(key: [], version: version), .delete(key: most + [1], version: version),
      .set(
        key: [1], kind: .bytes, value: half + half + [1], version: version, expiry: 0),
      .set(key: [1], kind: .tombstone, value: [], version: version, expiry: 0),
    ]
    for effect in effects {
      #expect(throws: KeyValueCore.Refusal.size) { try node.load([effect]) }
    }
  }

  @Test func replicas_shouldBeLimited() throws {
    var node = Node()
    let effects = (2...UInt64(KeyValueLimits.replicasMax)).map { replica in
      KeyValueEffect.set(
        key: [1], kind: .bytes, value: [], version: HybridTimeOf.time(replica, replica), expiry: 0)
    }
    try node.load(effects)
    let last = KeyValueEffect.delete(key: [1], version: HybridTimeOf.time(1 << 20, 1 << 20))
    #expect(throws: KeyValueCore.Refusal.tooManyReplicas) { try node.load([last]) }
    #expect(node("EXISTS \u{1}") == .integer(1))
  }

  @Test func patterns_shouldBeLimited() {
    var node = Node()
    node("SET a 1")
    let most = String(repeating: "*", count: KeyValueLimits.patternBytesMax)
    let refusal = RESPReply.error("ERR a pattern must have at most 4096 bytes")
    #expect(node("KEYS \(most)") == .array([.text("a")]))
    #expect(node("KEYS \(most)*") == refusal)
    #expect(node("SCAN 0 MATCH \(most)") == .array([.text("0"), .array([.text("a")])]))
    #expect(node("SCAN 0 MATCH \(most)*") == refusal)
    #expect(node("CONFIG GET \(most)*") == .array([]))
    #expect(node("COMMAND LIST FILTERBY PATTERN \(most)*") == .array([]))
  }

  @Test func cursors_shouldHave64Bits() {
    var node = Node()
    node("SET a 1")
    for cursor in ["4294967296", "9223372036854775808", "18446744073709551615"] {
      #expect(node("SCAN \(cursor)") == .array([.text("0"), .array([])]), "\(cursor)")
    }
    for cursor in ["18446744073709551616", "-1", "x", "1x", String(repeating: "0", count: 21)] {
      #expect(node("SCAN \(cursor)") == .error("ERR invalid cursor"), "\(cursor)")
    }
  }

  @Test func expiries_shouldBeNumbersThatClientsCanRead() throws {
    var node = Node()
    let version = HybridTimeOf.time(1, 5)
    let most = UInt64(Int64.max)
    for effect: KeyValueEffect in [
      .set(key: [97], kind: .bytes, value: [], version: version, expiry: most + 1),
      .expire(key: [97], version: version, expiry: .max),
    ] {
      #expect(throws: KeyValueCore.Refusal.self) { try node.load([effect]) }
    }
    try node.load([.set(key: [97], kind: .bytes, value: [], version: version, expiry: most)])
    #expect(node("PTTL a") == .integer(Int64(most - node.now)))
    #expect(node("EXPIRE a 10 GT") == .integer(0))
  }

  @Test func namesOfClients_shouldBeLimited() {
    var node = Node()
    let most = String(repeating: "n", count: KeyValueLimits.clientNameBytesMax)
    #expect(node("CLIENT SETNAME \(most)") == .ok)
    #expect(
      node("CLIENT SETNAME \(most)n")
        == .error("ERR Client names cannot contain spaces, newlines or special characters."))
    #expect(node("CLIENT GETNAME") == .text(most))
  }

  @Test func searchForExpiry_shouldGoOnWhereItEnded() {
    var node = Node()
    let count = KeyValueLimits.expiryEntriesPerTurn
    _ = node.batch((0..<count + 500).map { words("SET k\($0) v PX 10") })
    node.now += 100
    var left: [Int] = []
    for _ in 0..<2 {
      node.core.beginBatch(at: node.now)
      node.core.expireSome()
      node.end()
      left.append(node.core.liveCount)
    }
    #expect(left == [500, 0])
  }

  @Test func indexes_shouldFollowInTime() {
    var node = Node()
    let most = KeyValueLimits.unsettledEntries
    for start in stride(from: 0, to: most, by: 4_096) {
      _ = node.batch((start..<start + 4_096).map { words("SET k\($0) v") })
    }
    #expect(node.core.unsettledCount == most)
    // Written again, they cost nothing more.
    _ = node.batch((0..<1_000).map { words("SET k\($0) again") })
    #expect(node.core.unsettledCount == most)
    node("SET one more")
    #expect(node.core.unsettledCount == most + 1 - KeyValueLimits.settledAtATime)
    let symbols = node.core.symbols
    #expect(node.core.unsettledCount == 0 && symbols.itemCount == most + 1)
    // However many a batch writes, no more wait behind it.
    _ = node.batch((0..<most + 5_000).map { words("SET k\($0) v") })
    #expect(node.core.unsettledCount <= most)
  }
}
