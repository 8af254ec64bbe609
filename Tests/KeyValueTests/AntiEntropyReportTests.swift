import CRDT
import KeyValue
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

/// What other stores' users reported of their anti-entropy, each as a test.
@Suite struct AntiEntropyReportTests {
  private func ticks(_ node: HostedNode) -> UInt64 { node.withCore { $0.lastTicks } }

  /// Tree wrong, store right: the same keys are repaired for ever (basho/riak_kv#473).
  @Test(arguments: AntiEntropyMode.allCases)
  func sameKeys_shouldNotBeRepairedForEver_whenTheTreeIsWrong_report1(mode: AntiEntropyMode) throws
  {
    let world = SessionWorld(2, seed: 1)
    #expect(500 > KeyValueLimits.suspectsMax)
    for key in 0..<500 { world.nodes[0]("SET key\(key) \(key)") }
    #expect(world.session()?.end == .equal)
    world.nodes[0].withCore { $0.damageTree(at: Array("key7".utf8)) }
    #expect(world.nodes[0].root != world.nodes[1].root)
    var sessions = 0
    while world.nodes[0].root != world.nodes[1].root, sessions < 4 {
      _ = world.session(0, 1, mode)
      sessions += 1
    }
    #expect(world.nodes[0].root == world.nodes[1].root)
    #expect(
      world.told.notices.contains(.rebuilt(because: SessionWorld.peer(1), records: 500)),
      "\(world.told.notices)")
    #expect(world.session(0, 1, mode)?.keysRepaired == 0)
  }

  /// The same on the side that answers.
  @Test func aWrongTree_shouldBeFound_onTheAnsweringSide() throws {
    let world = SessionWorld(2, seed: 2)
    for key in 0..<500 { world.nodes[0]("SET key\(key) \(key)") }
    #expect(world.session()?.end == .equal)
    world.nodes[1].withCore { $0.damageTree(at: Array("key7".utf8)) }
    for _ in 0..<4 where world.nodes[0].root != world.nodes[1].root {
      _ = world.session(0, 1, .merkle)
    }
    #expect(world.nodes[0].root == world.nodes[1].root)
    #expect(world.told.notices == [.rebuilt(because: SessionWorld.peer(0), records: 500)])
  }

  /// Deleting the last keys of a segment leaves a tree that is not canonical (basho/riak_core#830).
  @Test(arguments: 0..<4 as Range<UInt64>)
  func theTree_shouldBeCanonical_whenTheLastKeysOfASegmentGo_report2(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let (some, many) = (HostedNode(1), HostedNode(1))
    for key in 0..<20 { many("SET stays\(key) \(key)") }
    try some.apply(many.entries)
    // So many that every segment has some, and then none of them.
    for key in 0..<2_000 { many("SET goes\(key) \(draw.below(1_000))") }
    for key in 0..<2_000 { many("DEL goes\(key)") }
    #expect(many.root != some.root)
    many.purge(through: ticks(many))
    #expect(many.entries == some.entries)
    #expect(many.root == some.root, "seed \(seed)")
    let (a, b) = (many.withCore { $0.recordTree }, some.withCore { $0.recordTree })
    for depth in 0...min(a.levels, b.levels) {
      for place in 0..<1 << (4 * depth) {
        let high = depth == 0 ? 0 : UInt64(place) << UInt64(64 - 4 * depth)
        let path = TreePath(depth: depth, above: HashedPosition(high: high, low: 0))
        let (x, y) = (a.roughNode(path), b.roughNode(path))
        #expect(x.count == y.count && x.size == y.size && x.sum == y.sum, "\(path)")
      }
    }
  }

  /// Expiry skips the tree; clearing later blocks writes (basho/riak#981).
  @Test func expiry_shouldFollowTheTree_report3() throws {
    let world = SessionWorld(2, seed: 3)
    for key in 0..<300 { world.nodes[0]("SET key\(key) x PX \(100 + key)") }
    #expect(world.session()?.end == .equal)
    let before = world.nodes[0].root
    for node in world.nodes { node.now += 10_000 }
    world.nodes[0].expire()
    #expect(world.nodes[0].root != before)
    // The other one has not looked yet; it learns of it, or finds out by itself.
    let outcome = try #require(world.session())
    #expect(outcome.end == .equal && outcome.keysSent == 300)
    world.nodes[1].expire()
    #expect(world.nodes[0].root == world.nodes[1].root)
    for node in world.nodes { node.purge(through: (node.now + 10_000) << 16) }
    #expect(world.nodes.allSatisfy { $0.entries.isEmpty })
    #expect(world.nodes[0].root == world.nodes[1].root)
    // Writes go on.
    world.nodes[0].now += 20_000
    world.nodes[0]("SET key1 again")
    #expect(world.session()?.end == .equal)
    #expect(world.nodes[1]("GET key1") == .text("again"))
  }

  /// Value and tombstone purged during a repair: an older view must not bring the value back
  /// (palantir/cassandra#705).
  @Test(arguments: AntiEntropyMode.allCases)
  func anOlderView_shouldNotResurrect_whatWasPurgedMeanwhile_report6(mode: AntiEntropyMode) throws {
    let world = SessionWorld(2, seed: 4)
    for key in 0..<400 { world.nodes[0]("SET key\(key) \(key)") }
    #expect(world.session()?.end == .equal)
    for key in 0..<50 { world.nodes[0]("SET other\(key) \(key)") }
    for key in 0..<50 { world.nodes[1]("SET another\(key) \(key)") }
    let outcome = world.session(0, 1, mode) { world in
      try? await world.runtime.sleep(for: .milliseconds(3))
      // The key goes on both sides, and then its tombstone, while the session knows the value.
      for node in world.nodes {
        node("DEL key7")
        node.purge(through: node.withCore { $0.lastTicks })
      }
      // And one that only this side had.
      world.nodes[0]("DEL other7")
      world.nodes[0].purge(through: world.nodes[0].withCore { $0.lastTicks })
      world.nodes[1].purge(through: world.nodes[1].withCore { $0.lastTicks })
    }
    #expect(outcome != nil)
    for _ in 0..<3 { _ = world.session(0, 1, mode) }
    for node in world.nodes {
      #expect(node("GET key7") == .null, "\(mode)")
    }
    #expect(world.nodes[0]("GET other7") == .null, "\(mode)")
    #expect(world.nodes[0]("GET other8") == .text("8"))
  }

  /// The peer's root moves between handshake and walk: an empty session reports success
  /// (calimero-network/core#2407).
  @Test(arguments: 0..<12)
  func aSession_shouldNotReportSuccess_whenThePeerMovesAway_report12(after milliseconds: Int) throws
  {
    let world = SessionWorld(2, seed: 5)
    for key in 0..<2_000 { world.nodes[0]("SET key\(key) \(key)") }
    try world.nodes[1].apply(world.nodes[0].entries)
    for key in 0..<200 { world.nodes[1]("SET key\(key) first") }
    let outcome = try #require(
      world.session(0, 1, .merkle) { world in
        try? await world.runtime.sleep(for: .milliseconds(milliseconds))
        // All that differs is something else now.
        for key in 0..<200 { world.nodes[1]("SET key\(key) second") }
      })
    let second = (0..<200).count { world.nodes[0]("GET key\($0)") == .text("second") }
    let first = (0..<200).count { world.nodes[0]("GET key\($0)") == .text("first") }
    switch outcome.end {
    case .equal: #expect(second == 200)
    // What the views differed in was taken, before it moved.
    case .exchanged: #expect(first + second == 200 && outcome.received.changed >= 200)
    case .incomplete: #expect(second < 200)
    }
    #expect(world.session()?.end == .equal)
    world.converge("moved")
  }

  /// Equal values with different timestamps: roots never meet (calimero-network/core#2418).
  @Test(arguments: AntiEntropyMode.allCases)
  func equalValuesOfDifferentTimes_shouldMeet_report13(mode: AntiEntropyMode) throws {
    let world = SessionWorld(2, seed: 6)
    world.nodes[1].now += 300
    for node in world.nodes { for key in 0..<100 { node("SET key\(key) same") } }
    #expect(world.nodes[0].root != world.nodes[1].root)
    let outcome = try #require(world.session(0, 1, mode))
    #expect(outcome.end == .equal && world.nodes[0].root == world.nodes[1].root)
    // Also if only the replica tells them apart, and if only one side expired.
    let time = HybridTimeOf.time
    let version = (time(2_000_000, 1, 0), time(2_000_000, 2, 0))
    for node in world.nodes { node.now = 2_000_000 }
    let key = Array("twins".utf8)
    try world.nodes[0].apply([
      .set(key: key, kind: .bytes, value: [1], version: version.0, expiry: 0),
      .expire(key: [9], version: version.0, expiry: 5),
    ])
    try world.nodes[1].apply([
      .set(key: key, kind: .bytes, value: [1], version: version.1, expiry: 0),
      .set(key: [9], kind: .bytes, value: [1], version: version.0, expiry: 5),
    ])
    #expect(world.session(0, 1, mode)?.end == .equal)
    world.converge("twins")
  }

  /// One value above the limit of a buffer loops the repair (redis/redis#11667).
  @Test(arguments: AntiEntropyMode.allCases)
  func aValueAboveWhatASessionCarries_shouldBeFetchedInSlices_report14(mode: AntiEntropyMode) throws
  {
    let world = SessionWorld(2, seed: 7)
    var draw = SeededGenerator(seed: 7)
    let sizes = [
      1, ReconciliationLimits.valueBytesMax - 17, ReconciliationLimits.valueBytesMax - 16,
      2 * ReconciliationLimits.valueBytesMax, (5 << 20) + 1,
    ]
    #expect(sizes.contains { $0 > 4 * KeyValueLimits.contentSliceBytes })
    let values = sizes.map { draw.bytes($0) }
    for (index, value) in values.enumerated() {
      world.nodes[0].set([1, UInt8(index)], value)
      world.nodes[1].set([2, UInt8(index)], value)
    }
    let outcome = try #require(world.session(0, 1, mode))
    #expect(outcome.isComplete, "\(outcome.end)")
    #expect(outcome.received.changed == 5 && outcome.keysSent == 5)
    #expect(world.nodes[0].root == world.nodes[1].root)
    #expect(world.session(0, 1, mode)?.keysRepaired == 0)
    world.converge("large")
  }

  @Test func aValueOf64MiB_shouldPass() throws {
    let world = SessionWorld(2, seed: 8)
    let value = [UInt8](repeating: 7, count: KeyValueLimits.valueBytesMax)
    world.nodes[0].set([1], value)
    let outcome = try #require(world.session())
    #expect(outcome.end == .exchanged && outcome.keysSent == 1, "\(outcome.end)")
    #expect(world.session()?.end == .equal)
    #expect(world.nodes[1].node.bytes(Array("STRLEN".utf8), [1]) == .integer(64 << 20))
  }

  /// A key that was deleted so long ago that the deletion is not kept any more stays deleted, and
  /// whoever has it still is told (scylladb/scylladb#3560).
  @Test func aDeadRecord_shouldNotComeBack_andBeReported_report5() throws {
    let world = SessionWorld(2, seed: 9)
    world.nodes[0]("SET key x")
    world.nodes[0]("SET other y")
    #expect(world.session()?.end == .equal)
    world.nodes[0]("DEL key")
    world.nodes[0].purge(through: ticks(world.nodes[0]))
    let outcome = try #require(world.session())
    #expect(world.nodes[0]("GET key") == .null)
    #expect(outcome.received.dead == 1 && outcome.isComplete, "\(outcome)")
    #expect(world.told.stored.flatMap(\.records.dead).map(\.key) == [Array("key".utf8)])
  }
}
