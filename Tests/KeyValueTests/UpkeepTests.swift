import CRDT
import KeyValue
import Primitives
import RESP
import Reconciliation
import TestSupport
import Testing

@Suite struct UpkeepTests {
  @Test(arguments: 0..<10 as Range<UInt64>)
  func treeAndSketch_shouldBeThoseMadeAnew_afterAnyWrites(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    var node = Node(keepsTombstones: seed % 2 == 0)
    for step in 0..<60 {
      node.now += UInt64(draw.below(200))
      let requests: [String] = (0..<1 + draw.below(80)).map { _ in
        let key = "k\(draw.below(200))"
        switch draw.below(8) {
        case 0...2: return "SET \(key) \(String(repeating: "v", count: 1 + draw.below(400)))"
        case 3: return "SET \(key) v PX \(1 + draw.below(300))"
        case 4: return "APPEND \(key) \(String(repeating: "w", count: 1 + draw.below(40)))"
        case 5: return "DEL \(key)"
        case 6: return "PEXPIRE \(key) \(draw.below(500))"
        default: return draw.below(300) == 0 ? "FLUSHALL" : "GET \(key)"
        }
      }
      _ = node.batch(requests.map(words))
      if step % 10 == 9 { try IndexCheck.check(&node.core, "seed \(seed), step \(step)") }
    }
  }

  @Test func tree_shouldGrowByLevels_withoutAPause() throws {
    var node = Node()
    var levels: [Int] = []
    for start in stride(from: 0, to: 20_000, by: 500) {
      _ = node.batch((start..<start + 500).map { words("SET key\($0) \($0)") })
      let level = node.core.recordTree.levels
      levels.append(level)
    }
    // Some batches pass between the key that is too many and the larger tree.
    for _ in 0..<20_000 / KeyValueLimits.treeEntriesPerBatch + 2 { node("SET key1 x") }
    let reached = node.core.recordTree.levels
    #expect(levels.first == 2 && reached == 3)
    try IndexCheck.check(&node.core, "grown")
  }

  // MARK: Made anew

  /// Random writes between two turns.
  private func disturb(_ node: inout Node, _ draw: inout SeededGenerator) {
    node.now += 20
    let count = 4 * KeyValueLimits.renewedEntriesPerTurn
    for _ in 0..<30 {
      let key = "key\(draw.below(count))"
      let request = ["SET \(key) other", "DEL \(key)", "SET \(key) t PX 30", "SET new\(key) 1"]
      node(request[draw.below(4)])
    }
    if draw.chance(30) {
      node.raiseFloor(to: node.core.lastTicks)
      node.purge(through: node.core.lastTicks)
    }
  }

  @Test(arguments: [true, false], 0..<3 as Range<UInt64>)
  func indexes_shouldBeMadeAnewInTurns_whileOthersWrite(isDamaged: Bool, seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    var node = Node(keepsTombstones: true)
    let count = 4 * KeyValueLimits.renewedEntriesPerTurn
    _ = node.batch((0..<count).map { words("SET key\($0) \($0)") })
    node("SET untouched 1")
    if isDamaged { node.core.damageTree(at: Array("untouched".utf8)) }
    var (turns, wasRight) = (1, node.core.repairSome())
    while wasRight == nil {
      disturb(&node, &draw)
      wasRight = node.core.repairSome()
      turns += 1
    }
    #expect(wasRight == !isDamaged && turns >= 4, "seed \(seed)")
    try IndexCheck.check(&node.core, "seed \(seed)")
    // It goes on following.
    disturb(&node, &draw)
    try IndexCheck.check(&node.core, "seed \(seed), after")
    let again = node.core.repairIndexes()
    #expect(again, "seed \(seed)")
  }

  @Test func largeValues_shouldEndATurnOfMakingIndexesAnew() {
    var node = Node()
    let value = [UInt8](repeating: 1, count: KeyValueLimits.renewedBytesPerTurn)
    for key in 0..<3 as Range<UInt8> { node.bytes(Array("SET".utf8), [key], value) }
    let turns = (0..<3).map { _ in node.core.repairSome() }
    #expect(turns == [nil, nil, true])
    node("FLUSHALL")
    node("SET k v")
    let wasRight = node.core.repairSome()
    #expect(wasRight == true)
  }

  @Test func deletedKeys_shouldBeGone_beforeTheIndexesFollow() throws {
    var node = Node()
    for number in 0..<100 { node("SET k\(number) v") }
    let tree = node.core.recordTree
    #expect(tree.roughNode(.root).count == 100)
    for number in 0..<60 { node("DEL k\(number)") }
    #expect(node.core.unsettledCount == 60 && node.core.recordCount == 40)
    #expect(node.entries.count == 40 && node("EXISTS k1") == .integer(0))
    // Some come back before they have gone.
    for number in 0..<20 { #expect(node("SETNX k\(number) w") == .integer(1)) }
    #expect(node.core.recordCount == 60 && node.entries.count == 60)
    node.core.settle(atMost: 30)
    #expect(node.core.unsettledCount == 30 && node.core.recordCount == 60)
    try IndexCheck.check(&node.core, "some came back")
    for number in 0..<100 { node("DEL k\(number)") }
    #expect(node.core.recordCount == 0 && node("DBSIZE") == .integer(0))
    try IndexCheck.check(&node.core, "all are gone")
  }

  @Test func memory_shouldBeAtMost150BytesAKey() {
    var node = Node(keepsTombstones: true)
    for start in stride(from: 0, to: 150_000, by: 5_000) {
      _ = node.batch((start..<start + 5_000).map { words("SET key\($0) value\($0)") })
      let count = node.core.liveCount
      if count >= 20_000 { #expect(node.core.overheadBytes / count <= 150, "\(count) keys") }
    }
  }

  // MARK: Replicas

  @Test(arguments: 0..<16 as Range<UInt64>)
  func replicas_shouldConverge_inAnyOrderOfEffects(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    var a = Node(1, keepsTombstones: true)
    // Its clock is a little behind.
    var b = Node(2, keepsTombstones: true, now: 999_800)
    for _ in 0..<200 {
      (a.now, b.now) = (a.now + 10, b.now + 10)
      let key = "k\(draw.below(12))"
      let request = [
        "SET \(key) \(draw.below(1000))", "DEL \(key)", "APPEND \(key) x", "SET \(key) t PX 300",
        "PERSIST \(key)",
      ][draw.below(5)]
      if draw.chance(50) { a(request) } else { b(request) }
      if draw.chance(5) {
        try b.apply(a.log.flatMap { $0 }.shuffled(using: &draw))
      }
    }
    let (fromA, fromB) = (a.log.flatMap { $0 }, b.log.flatMap { $0 })
    try a.apply(fromB.shuffled(using: &draw) + fromB)
    try b.apply(fromA.shuffled(using: &draw))
    // Later, all times are over everywhere.
    (a.now, b.now) = (a.now + 1000, a.now + 1000)
    for _ in 0..<2 {
      a.core.beginBatch(at: a.now)
      a.core.expireSome()
      a.end()
      b.core.beginBatch(at: b.now)
      b.core.expireSome()
      b.end()
    }
    #expect(a.entries == b.entries, "seed \(seed)")
    let (ofA, ofB) = (a.core.symbols, b.core.symbols)
    #expect(ofA.symbols == ofB.symbols, "seed \(seed)")
    try IndexCheck.check(&a.core, "a, seed \(seed)")
    try IndexCheck.check(&b.core, "b, seed \(seed)")
  }

  @Test func aWriteMadeBeforeTheExpiryWasSeen_shouldWin() throws {
    var a = Node(1, keepsTombstones: true)
    var b = Node(2, keepsTombstones: true)
    a("SET k old PX 100")
    try b.apply(a.log[0])
    b.now += 50
    b("SET k new")
    // It has not heard of it, and the time is over.
    a.now += 500
    #expect(a("GET k") == .null)
    try b.apply(a.log.last ?? [])
    #expect(b("GET k") == .text("new"))
    try a.apply(b.log.last ?? [])
    #expect(a("GET k") == .text("new") && a.entries == b.entries)
  }

  @Test func timesFarAhead_shouldBeRefused_andChangeNothing() throws {
    var node = Node()
    let far = HybridTimeOf.time(node.now + KeyValueSettings.clockAheadDefault + 1, 9)
    let effect = KeyValueEffect.set(key: [1], kind: .bytes, value: [2], version: far, expiry: 0)
    #expect(throws: KeyValueCore.Refusal.self) { try node.apply([effect]) }
    #expect(node.entries.isEmpty)
    // Its own log may be from when the clock was ahead; what comes after it is later still.
    try node.load([effect])
    node.bytes(Array("SET".utf8), [1], [3])
    guard case .set(_, _, [3], let version, _)? = node.log.last?.first else {
      Issue.record("\(node.log)")
      return
    }
    #expect(version > far)
  }

  @Test func tombstones_shouldBePurged_upToTheFloor_andTheIndexesFollow() throws {
    var node = Node(keepsTombstones: true)
    for number in 0..<100 { node("SET k\(number) v") }
    for number in 0..<50 { node("DEL k\(number)") }
    let middle = node.core.lastTicks
    for number in 50..<60 { node("DEL k\(number)") }
    #expect(node.core.recordCount == 100)
    node.purge(through: middle)
    #expect(node.core.recordCount == 100, "purged without a floor")
    node.raiseFloor(to: middle)
    node.purge(through: node.core.lastTicks)
    #expect(node.core.recordCount == 50 && node.core.liveCount == 40)
    try IndexCheck.check(&node.core, "dropped")
    #expect(node("DBSIZE") == .integer(40) && node("SET k1 again") == .ok)
    try IndexCheck.check(&node.core, "written again")
  }
}
