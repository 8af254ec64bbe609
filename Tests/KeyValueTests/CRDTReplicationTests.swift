import CRDT
import KeyValue
import Primitives
import RESP
import TestSupport
import Testing

@Suite struct CRDTReplicationTests {
  private typealias Content = CRDTCluster.Event.Content

  /// Executes one random request at a random node.
  private func step(_ cluster: CRDTCluster, _ draw: inout SeededGenerator) {
    let index = draw.below(cluster.peers.count)
    let (key, word) = ("k\(draw.below(4))", "w\(draw.below(3))")
    let shown = cluster.shown(key, at: index)
    let what = draw.below(10)
    if what == 0 {
      let reply = cluster.write("DEL \(key)", at: index, []) { _ in true }
      #expect(reply == .integer(shown.isEmpty ? 0 : 1))
      return
    }
    let wanted = [1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2][what] ?? 3
    guard shown.isEmpty || shown.contains(where: { self.type($0.content) == wanted }) else {
      let request = [
        "CRDT.INCRBY \(key) 1", "CRDT.SADD \(key) a", "CRDT.HSET \(key) f 1", "CRDT.SET \(key) x",
      ][wanted]
      #expect(
        cluster.peers[index].node(request)
          == .error("WRONGTYPE Operation against a key holding the wrong kind of value"))
      return
    }
    /// Own shares of a counter: the next one takes their place.
    func share(_ field: String?) -> Int64 {
      shown.reduce(0) { sum, event in
        guard event.node == index, case .share(field, let amount) = event.content else {
          return sum
        }
        return sum + amount
      }
    }
    func isShare(_ event: CRDTCluster.Event, _ field: String?) -> Bool {
      if case .share(field, _) = event.content { event.node == index } else { false }
    }
    switch what {
    case 1, 2:
      let amount = Int64(draw.below(20)) - 8
      let (total, own) = (sum(shown, nil) ?? 0, share(nil))
      let reply = cluster.write(
        "CRDT.INCRBY \(key) \(amount)", at: index, [.share(field: nil, own + amount)]
      ) { isShare($0, nil) }
      #expect(reply == .integer(total + amount))
    case 3, 4:
      _ = cluster.write("CRDT.SADD \(key) \(word)", at: index, [.member(word)]) {
        $0.content == .member(word)
      }
    case 5:
      _ = cluster.write("CRDT.SREM \(key) \(word)", at: index, []) { $0.content == .member(word) }
    case 6:
      let text = "\(draw.below(100))"
      _ = cluster.write("CRDT.HSET \(key) \(word) \(text)", at: index, [.field(word, text)]) {
        self.isField($0.content, word)
      }
    case 7:
      _ = cluster.write("CRDT.HDEL \(key) \(word)", at: index, []) {
        self.isField($0.content, word)
      }
    case 8:
      guard !shown.contains(where: { if case .field(word, _) = $0.content { true } else { false } })
      else { return }
      let own = share(word)
      _ = cluster.write(
        "CRDT.HINCRBY \(key) \(word) 3", at: index, [.share(field: word, own + 3)]
      ) { isShare($0, word) }
    default:
      let text = "\(draw.below(100))"
      _ = cluster.write("CRDT.SET \(key) \(text)", at: index, [.text(text)]) {
        self.type($0.content) == 3
      }
    }
  }

  private func type(_ content: Content) -> Int {
    switch content {
    case .share(nil, _): 0
    case .member: 1
    case .field, .share: 2
    case .text: 3
    }
  }

  private func isField(_ content: Content, _ name: String) -> Bool {
    switch content {
    case .field(name, _), .share(.some(name), _): true
    default: false
    }
  }

  private func sum(_ shown: [CRDTCluster.Event], _ field: String?) -> Int64? {
    let shares = shown.compactMap { event -> Int64? in
      if case .share(field, let amount) = event.content { amount } else { nil }
    }
    return shares.isEmpty ? nil : shares.reduce(0, +)
  }

  /// What a node answers must be what the model shows.
  private func check(_ cluster: CRDTCluster, at index: Int, _ what: String) {
    for key in ["k0", "k1", "k2", "k3"] {
      let shown = cluster.shown(key, at: index)
      let peer = cluster.peers[index]
      #expect(peer.node("EXISTS \(key)") == .integer(shown.isEmpty ? 0 : 1), "\(what) \(key)")
      let types = Set(shown.map { type($0.content) })
      if let sum = sum(shown, nil) {
        #expect(peer.node("CRDT.COUNT \(key)") == .integer(sum), "\(what) \(key)")
      }
      if types.contains(1) {
        let members = Set(
          shown.compactMap { event -> String? in
            if case .member(let member) = event.content { member } else { nil }
          })
        #expect(
          peer.node("CRDT.SMEMBERS \(key)") == .array(members.sorted().map { .text($0) }),
          "\(what) \(key)")
      }
      if types.contains(2) {
        for name in ["w0", "w1", "w2"] {
          let texts = shown.filter {
            if case .field(name, _) = $0.content { true } else { false }
          }
          var expected = sum(shown, name).map { RESPReply.text(String($0)) } ?? .null
          if let newest = texts.max(by: { $0.time < $1.time }),
            case .field(_, let text) = newest.content
          {
            expected = .text(text)
          }
          #expect(peer.node("CRDT.HGET \(key) \(name)") == expected, "\(what) \(key) \(name)")
        }
      }
      if types.contains(3) {
        var texts: [RESPReply] = []
        for event in shown.sorted(by: { $0.time > $1.time }) {
          if case .text(let text) = event.content, !texts.contains(.text(text)) {
            texts.append(.text(text))
          }
        }
        #expect(peer.node("CRDT.GET \(key)") == .array(texts), "\(what) \(key)")
        #expect(peer.node("GET \(key)") == texts[0], "\(what) \(key)")
      }
    }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_KV_CRDT_SEEDS", default: 40))
  func replicas_shouldShowWhatAModelSays_whateverIsLostOrHeardTwice(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let cluster = CRDTCluster(2 + draw.below(2))
    for number in 0..<150 {
      step(cluster, &draw)
      for peer in cluster.peers { peer.node.now += UInt64(draw.below(5)) }
      if draw.chance(40), let message = cluster.messages.randomElement(using: &draw) {
        try cluster.deliver(message, to: draw.below(cluster.peers.count))
      }
      if number % 30 == 29 {
        for index in cluster.peers.indices { check(cluster, at: index, "seed \(seed)") }
      }
    }
    try cluster.settle(&draw)
    cluster.expectEqual("seed \(seed)")
    for index in cluster.peers.indices { check(cluster, at: index, "seed \(seed), settled") }
  }

  /// Strings, deletions, times to live, floors and restarts among them.
  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_KV_CRDT_SEEDS", default: 40))
  func records_shouldConverge_withStringsExpiryAndRestarts(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let cluster = CRDTCluster(3, keepsSiblings: seed % 3 == 0)
    for _ in 0..<150 {
      let index = draw.below(3)
      let (key, word) = ("k\(draw.below(4))", "w\(draw.below(3))")
      let request = [
        "SET \(key) \(word)", "SET \(key) \(word) PX \(1 + draw.below(400))", "DEL \(key)",
        "PEXPIRE \(key) \(1 + draw.below(400))", "PERSIST \(key)", "CRDT.SADD \(key) \(word)",
        "CRDT.SREM \(key) \(word)", "CRDT.INCRBY \(key) 2", "CRDT.HSET \(key) \(word) 1",
        "CRDT.SET \(key) \(word)", "APPEND \(key) x", "GETDEL \(key)", "CRDT.HINCRBY \(key) f 1",
      ][draw.below(13)]
      _ = cluster.write(request, at: index, []) { _ in false }
      for peer in cluster.peers { peer.node.now += UInt64(draw.below(40)) }
      if draw.chance(60), let message = cluster.messages.randomElement(using: &draw) {
        try cluster.deliver(message, to: draw.below(3))
      }
      if draw.chance(2) { try cluster.restart(index) }
      if draw.chance(4) {
        // All hold all, so nothing before this is missing anywhere.
        try cluster.settle(&draw)
        let floor = cluster.peers.map { $0.node.core.lastTicks }.min() ?? 0
        for peer in cluster.peers where draw.chance(70) { peer.node.forget(through: floor) }
      }
    }
    // All times are over, and all know that all have heard of all.
    for peer in cluster.peers {
      peer.node.now += 10_000
      peer.node.expireAll()
    }
    try cluster.settle(&draw)
    let floor = cluster.peers.map { $0.node.core.lastTicks }.min() ?? 0
    for peer in cluster.peers { peer.node.forget(through: floor) }
    try cluster.settle(&draw)
    cluster.expectEqual("seed \(seed)")
    let symbols = cluster.peers[0].node.core.symbols.symbols
    for peer in cluster.peers {
      let answers = ["k0", "k1", "k2", "k3"].map { peer.node("CRDT.TYPE \($0)") }
      #expect(answers == ["k0", "k1", "k2", "k3"].map { cluster.peers[0].node("CRDT.TYPE \($0)") })
      let other = peer.node.core.symbols.symbols
      #expect(other == symbols, "seed \(seed): reading has changed something")
    }
  }

  /// Reports 1, 2, 3 and 5 of known ones about replicated types, as the store shows them.
  @Test func anElementAddedAndRemovedOnBothSides_shouldVanish() throws {
    let (a, b) = try linked("CRDT.SADD k x")
    a.node("CRDT.SADD k x")
    b.node("CRDT.SADD k x")
    a.node("CRDT.SREM k x")
    b.node("CRDT.SREM k x")
    try exchange(a, b)
    #expect(a.node("EXISTS k") == .integer(0) && b.node("EXISTS k") == .integer(0))
  }

  @Test func aCounterInAMap_shouldBeRemoved_andBeginAnew() throws {
    let (a, b) = try linked("CRDT.HINCRBY k f 5")
    a.node("CRDT.HDEL k f")
    b.node("CRDT.HINCRBY k g 1")
    try exchange(a, b)
    #expect(b.node("CRDT.HGET k f") == .null && b.node("CRDT.HINCRBY k f 2") == .integer(2))
    // A removed one leaves nothing but what was seen of each replica.
    let bytes = a.value("k").count
    for _ in 0..<100 {
      a.node("CRDT.HINCRBY k f 1")
      a.node("CRDT.HDEL k f")
    }
    #expect(a.value("k").count <= bytes + 24)
  }

  @Test func anAddition_shouldWinOverADeletionThatDidNotSeeIt() throws {
    let (a, b) = try linked("CRDT.INCRBY k 5")
    a.node("DEL k")
    b.node("CRDT.SADD other x")
    try exchange(a, b)
    #expect(b.node("CRDT.COUNT k") == .integer(0))
    b.node("CRDT.INCRBY k 2")
    a.node("DEL k")
    try exchange(a, b)
    #expect(a.node("CRDT.COUNT k") == .integer(2) && b.node("CRDT.COUNT k") == .integer(2))
  }

  @Test func twoTypesOfOneKey_shouldBothStay() throws {
    let (a, b) = try linked("DEL k")
    a.node("CRDT.INCRBY k 5")
    b.node("CRDT.SADD k x")
    b.node("SET s string")
    a.node("CRDT.INCRBY s 1")
    try exchange(a, b)
    for peer in [a, b] {
      #expect(peer.node("CRDT.TYPE k") == .array([.text("counter"), .text("set")]))
      #expect(
        peer.node("CRDT.COUNT k") == .integer(5) && peer.node("CRDT.SCARD k") == .integer(1))
      #expect(peer.node("GET s") == .text("string") && peer.node("CRDT.COUNT s") == .integer(1))
    }
    a.node("DEL k")
    a.node("SET s alone")
    try exchange(a, b)
    #expect(b.node("EXISTS k") == .integer(0))
    #expect(b.node("CRDT.TYPE s") == .array([.text("string")]))
  }

  @Test func anEndThatWasPutOffInTime_shouldTakeNothing() throws {
    let (a, b) = try linked("CRDT.INCRBY k 5")
    a.node("PEXPIRE k 100")
    try exchange(a, b)
    b.node("PERSIST k")
    b.node("CRDT.INCRBY k 1")
    // It has not heard of that, and the time is over.
    a.node.now += 500
    #expect(a.node("CRDT.COUNT k") == .integer(0))
    #expect(a.node("PTTL k") == .integer(-2))
    try exchange(a, b)
    #expect(a.node("CRDT.COUNT k") == .integer(6) && a.node("PTTL k") == .integer(-1))
    // A new value of an ended key is nothing of the old one.
    a.node("PEXPIRE k 100")
    try exchange(a, b)
    a.node.now += 500
    b.node.now = a.node.now
    #expect(a.node("CRDT.INCRBY k 1") == .integer(1) && a.node("PTTL k") == .integer(-1))
    try exchange(a, b)
    #expect(b.node("CRDT.COUNT k") == .integer(1))
  }

  @Test func theContext_shouldBeAsLargeAsWhatIsNewerThanTheFloor() throws {
    let (a, _) = try linked("CRDT.SADD k x")
    var sizes: [Int] = []
    for replica in 10..<60 as Range<UInt64> {
      var other = Node(replica, keepsTombstones: true, now: a.node.now)
      try other.apply(a.node.entries)
      other("CRDT.SADD k y")
      other("CRDT.SREM k y")
      try a.node.apply(other.entries)
      sizes.append(a.value("k").count)
    }
    #expect(sizes[49] > 50 * 10)
    a.node.forget(through: a.node.core.lastTicks)
    a.node("CRDT.SADD k x")
    #expect(a.value("k").count < 80)
  }

  // MARK: Two of them

  private func linked(_ request: String) throws -> (CRDTCluster.Peer, CRDTCluster.Peer) {
    let cluster = CRDTCluster(2)
    cluster.peers[1].node.now = cluster.peers[0].node.now
    cluster.peers[0].node(request)
    try exchange(cluster.peers[0], cluster.peers[1])
    return (cluster.peers[0], cluster.peers[1])
  }

  private func exchange(_ a: CRDTCluster.Peer, _ b: CRDTCluster.Peer) throws {
    try b.node.apply(a.node.entries)
    try a.node.apply(b.node.entries)
    try b.node.apply(a.node.entries)
    #expect(a.node.entries == b.node.entries)
  }
}
