import CRDT
import KeyValue
import RESP
import TestSupport
import Testing

/// SET where concurrent writes are kept side by side.
@Suite struct SiblingsTests {
  private func pair() -> (CRDTCluster.Peer, CRDTCluster.Peer) {
    let cluster = CRDTCluster(2, keepsSiblings: true)
    return (cluster.peers[0], cluster.peers[1])
  }

  private func exchange(_ a: CRDTCluster.Peer, _ b: CRDTCluster.Peer) throws {
    try b.node.apply(a.node.entries)
    try a.node.apply(b.node.entries)
    #expect(a.node.entries == b.node.entries)
  }

  @Test func concurrentWrites_shouldStay_untilSomebodyWhoSawThemWrites() throws {
    let (a, b) = pair()
    a.node("SET cart milk")
    try exchange(a, b)
    a.node("SET cart milk,eggs")
    // Its clock is ahead of the other one's.
    b.node("SET cart milk,flour")
    try exchange(a, b)
    for peer in [a, b] {
      #expect(peer.node("GET cart") == .text("milk,flour"))
      #expect(
        peer.node("SYNC.SIBLINGS cart") == .array([.text("milk,flour"), .text("milk,eggs")]))
      #expect(peer.node("MGET cart none") == .array([.text("milk,flour"), .null]))
      #expect(
        peer.node("STRLEN cart") == .integer(10) && peer.node("TYPE cart") == .simple("string"))
    }
    a.node("SET cart milk,eggs,flour")
    try exchange(a, b)
    #expect(b.node("SYNC.SIBLINGS cart") == .array([.text("milk,eggs,flour")]))
    // A deletion takes what was seen.
    a.node("DEL cart")
    b.node("SET cart tea")
    try exchange(a, b)
    #expect(a.node("GET cart") == .text("tea"))
    #expect(a.node("SYNC.SIBLINGS none") == .array([]))
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_KV_CRDT_SEEDS", default: 40))
  func stringCommands_shouldWorkOnTheNewest_andTakeThePlaceOfAll(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let cluster = CRDTCluster(3, keepsSiblings: true)
    for _ in 0..<150 {
      let index = draw.below(3)
      let key = "k\(draw.below(3))"
      let shown = texts(cluster, key, index)
      let newest = shown.first.map { RESPReply.text($0) } ?? .null
      let text = "\(draw.below(50))"
      func write(_ request: String, _ text: String?) -> RESPReply {
        cluster.write(request, at: index, text.map { [.text($0)] } ?? []) { _ in true }
      }
      switch draw.below(9) {
      case 0...2: #expect(write("SET \(key) \(text)", text) == .ok, "seed \(seed)")
      case 3: #expect(write("SET \(key) \(text) GET", text) == newest, "seed \(seed)")
      case 4:
        let appended = (shown.first ?? "") + text
        #expect(
          write("APPEND \(key) \(text)", appended) == .integer(Int64(appended.utf8.count)),
          "seed \(seed)")
      case 5:
        let held = shown.first ?? "0"
        guard let number = Int64(held), String(number) == held else { continue }
        #expect(
          write("INCRBY \(key) 3", String(number + 3)) == .integer(number + 3), "seed \(seed)")
      case 6:
        let isNew = shown.isEmpty
        guard isNew else {
          #expect(cluster.peers[index].node("SETNX \(key) x") == .integer(0), "seed \(seed)")
          continue
        }
        #expect(write("SETNX \(key) \(text)", text) == .integer(1), "seed \(seed)")
      case 7: #expect(write("GETDEL \(key)", nil) == newest, "seed \(seed)")
      default: #expect(write("DEL \(key)", nil) == .integer(shown.isEmpty ? 0 : 1))
      }
      for peer in cluster.peers { peer.node.now += UInt64(draw.below(9)) }
      if draw.chance(50), let message = cluster.messages.randomElement(using: &draw) {
        try cluster.deliver(message, to: draw.below(3))
      }
    }
    try cluster.settle(&draw)
    cluster.expectEqual("seed \(seed)")
    for key in ["k0", "k1", "k2"] {
      let expected = texts(cluster, key, 0).map { RESPReply.text($0) }
      #expect(cluster.peers[1].node("SYNC.SIBLINGS \(key)") == .array(expected), "seed \(seed)")
    }
  }

  /// The strings of a key by the model, the newest first.
  private func texts(_ cluster: CRDTCluster, _ key: String, _ index: Int) -> [String] {
    var texts: [String] = []
    for event in cluster.shown(key, at: index).sorted(by: { $0.time > $1.time }) {
      if case .text(let text) = event.content, !texts.contains(text) { texts.append(text) }
    }
    return texts
  }

  @Test func timesToLive_shouldBeOfTheKey() throws {
    let (a, b) = pair()
    a.node("SET k a PX 1000")
    #expect(a.node("PTTL k") == .integer(1000))
    a.node("APPEND k b")
    #expect(a.node("PTTL k") == .integer(1000) && a.node("PERSIST k") == .integer(1))
    a.node("PEXPIRE k 500")
    try exchange(a, b)
    #expect(b.node("TTL k") != .integer(-1))
    // Written before it heard of the end, and without one.
    b.node("SET k new")
    a.node.now += 5_000
    #expect(a.node("GET k") == .null && a.node("DBSIZE") == .integer(0))
    try exchange(a, b)
    #expect(a.node("GET k") == .text("new") && a.node("TTL k") == .integer(-1))
  }

  @Test func aNodeThatKeepsTheNewestOnly_shouldReadAndReplaceSiblings() throws {
    let (a, b) = pair()
    a.node("SET k 1")
    b.node("SET k 2")
    try exchange(a, b)
    var plain = Node(9, keepsTombstones: true, now: b.node.now)
    try plain.apply(a.node.entries)
    #expect(plain("GET k") == .text("2") && plain("INCR k") == .integer(3))
    #expect(plain("SYNC.SIBLINGS k") == .array([.text("3")]))
    try a.node.apply(plain.entries)
    #expect(a.node("GET k") == .text("3") && a.node("SYNC.SIBLINGS k") == .array([.text("3")]))
    // And a plain string becomes one of several.
    plain("SET p plain")
    try a.node.apply(plain.entries)
    #expect(a.node("SYNC.SIBLINGS p") == .array([.text("plain")]))
    a.node("SET p a")
    plain("SET p b")
    try a.node.apply(plain.entries)
    try plain.apply(a.node.entries)
    #expect(plain.entries == a.node.entries)
    let both = a.node("SYNC.SIBLINGS p")
    #expect(both == .array([.text("a"), .text("b")]) || both == .array([.text("b"), .text("a")]))
  }

  @Test func valuesThatARegisterCannotHold_shouldStay_theNewestAlone() throws {
    let (a, b) = pair()
    let long = [UInt8](repeating: 0x78, count: CRDTLimits.valueBytesMax + 1)
    let key = Array("k".utf8)
    a.node.bytes(Array("SET".utf8), key, long + [1])
    b.node.bytes(Array("SET".utf8), key, long + [2])
    try exchange(a, b)
    #expect(a.node("GET k") == .bulk(long + [2]))
    #expect(a.node("SYNC.SIBLINGS k") == .array([.bulk(long + [2])]))
    a.node("SET k short")
    try exchange(a, b)
    #expect(b.node("SYNC.SIBLINGS k") == .array([.text("short")]))
  }
}
