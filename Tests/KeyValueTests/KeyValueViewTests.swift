import CRDT
import KeyValue
import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

@Suite struct KeyValueViewTests {
  private static let line = PathFigures(bytesPerSecond: 1e7, roundTrip: 0.01)

  private func difference(
    _ a: any ReplicaView, _ b: any ReplicaView, _ mode: AntiEntropyMode
  ) throws -> RecordDifference {
    try DirectSession(on: Self.line).compare(a, with: b, by: AnyPolicy(mode.policy)).difference
  }

  /// What any policy is for code that needs one of a known type.
  private struct AnyPolicy: SyncPolicy {
    var policy: any SyncPolicy
    init(_ policy: any SyncPolicy) { self.policy = policy }
    mutating func opening(_ situation: SyncSituation) -> SyncOpening? { policy.opening(situation) }
    func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int {
      policy.pick(plans, situation)
    }
    mutating func choose(_ situation: SyncSituation) -> SyncChoice? { policy.choose(situation) }
  }

  private func names(_ node: HostedNode) {
    while node.withCore({ $0.growNames() }) {}
  }

  /// A view that is kept keeps its tree, and what changed since it was taken.
  @Test(arguments: AntiEntropyMode.allCases)
  func aView_shouldGo_onceNobodyComparesWithIt(mode: AntiEntropyMode) throws {
    var draw = SeededGenerator(seed: 1)
    let (node, other) = (HostedNode(1), HostedNode(2))
    for _ in 0..<50 { node.write(&draw, keys: 40) }
    for _ in 0..<50 { other.write(&draw, keys: 40) }
    for node in [node, other] { names(node) }
    let replicas = [KeyValueReplica(node), KeyValueReplica(other)]
    weak var asking: KeyValueView?
    weak var answering: KeyValueView?
    do {
      let views = replicas.map { $0.current() }
      (asking, answering) = (views[0], views[1])
      for strategy in views[1].strategies {
        #expect(views[1].responder(of: strategy) != nil && views[1].responder(of: strategy) != nil)
      }
      #expect(try !difference(views[0], views[1], mode).missing.isEmpty)
    }
    #expect(asking == nil && answering == nil)
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func aView_shouldStayAsItIs_whateverIsWritten(seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let keys = [30, 400, 5_000][draw.below(3)]
    let node = HostedNode(1)
    for _ in 0..<keys {
      node.now += UInt64(draw.below(20))
      node.write(&draw, keys: keys)
    }
    // One that stays as the other was, and a third one that differs from both.
    let (still, other) = (HostedNode(1), HostedNode(2))
    still.now = node.now
    other.now = node.now
    try still.apply(node.entries)
    try other.apply(node.entries)
    for _ in 0..<20 { other.write(&draw, keys: keys + 10) }
    for node in [node, still, other] { names(node) }
    let (replica, frozen) = (KeyValueReplica(node), KeyValueReplica(still).current())
    let view = replica.current()
    let third = KeyValueReplica(other).current()
    #expect(view.summary.root == frozen.summary.root, "seed \(seed)")
    var expected: [AntiEntropyMode: RecordDifference] = [:]
    for mode in AntiEntropyMode.allCases { expected[mode] = try difference(frozen, third, mode) }
    #expect(expected[.full] == expected[.merkle])
    for step in 0..<6 {
      for _ in 0..<draw.below(keys) {
        node.now += UInt64(draw.below(300))
        node.write(&draw, keys: keys + 20)
      }
      if draw.chance(40) { node.purge(through: node.withCore { $0.lastTicks } - 5) }
      if draw.chance(40) { node.expire() }
      for mode in AntiEntropyMode.allCases {
        let found = try difference(view, third, mode)
        #expect(found == expected[mode], "seed \(seed), step \(step), \(mode)")
        // And as the side that answers.
        let reverse = try difference(third, view, mode)
        #expect(reverse.missing == found.extra && reverse.extra == found.missing)
      }
      for entry in still.entries.prefix(50) {
        let record = try #require(frozen.record(of: entry.key))
        #expect(view.holds(record.id), "seed \(seed)")
        if let now = view.record(record.id) {
          #expect(now == record && view.record(of: entry.key) == record)
          #expect(view.value(of: now) == frozen.value(of: record))
        }
      }
    }
    #expect(!view.isGivenUp)
    #expect(replica.current().summary.revision > view.summary.revision)
  }

  @Test func aView_shouldBeTheSame_whileNothingChanges() {
    let node = HostedNode(1)
    node("SET a 1")
    let replica = KeyValueReplica(node)
    let view = replica.current()
    node("GET a")
    #expect(replica.current() === view)
    node("SET a 2")
    #expect(replica.current() !== view)
  }

  @Test func aView_shouldBeGivenUp_afterTooManyChanges() throws {
    let node = HostedNode(1)
    for key in 0..<100 { node("SET key\(key) 0") }
    names(node)
    let replica = KeyValueReplica(node)
    let view = replica.current()
    let record = try #require(view.record(of: Array("key1".utf8)))
    var effects: [KeyValueEffect] = []
    for key in 0..<2_000 {
      effects.append(
        .set(
          key: Array("n\(key)".utf8), kind: .bytes, value: [1],
          version: HybridTimeOf.time(1_000_001, 2), expiry: 0))
    }
    // So many that the oldest are forgotten before the view has looked at them.
    for _ in 0...KeyValueLimits.viewChangesMax / 2_000 {
      for index in effects.indices {
        guard case .set(let key, let kind, let value, let version, _) = effects[index] else {
          continue
        }
        effects[index] = .set(
          key: key, kind: kind, value: value,
          version: HybridTime(ticks: version.ticks + 1, replica: version.replica), expiry: 0)
      }
      try node.apply(effects)
      node.withCore { $0.settle() }
    }
    #expect(!view.holds(record.id) && view.isGivenUp)
    #expect(view.initiator(of: SyncPlan(.merkle), remote: nil, configuration: .init()) == nil)
    #expect(view.responder(of: .full) == nil && view.probe(symbols: 4) == nil)
    #expect(!replica.current().isGivenUp)
  }

  @Test func history_shouldNotBeKept_withoutViews() {
    let node = HostedNode(1)
    let replica = KeyValueReplica(node)
    var view: KeyValueView? = replica.current()
    for key in 0..<200 { node("SET key\(key) 0") }
    #expect(view?.probe(symbols: 1) != nil)
    #expect(node.withCore { $0.historyCount } > 0)
    view = nil
    _ = replica.current()
    #expect(node.withCore { $0.historyCount } == 0)
  }
}
