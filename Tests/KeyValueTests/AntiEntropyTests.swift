import CRDT
import KeyValue
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

@Suite struct AntiEntropyTests {
  /// What a key holds, by a plain rule: the largest version, and of one version what has expired.
  private func newest(_ histories: [[KeyValueEffect]]) -> [[UInt8]: KeyValueEffect] {
    var model: [[UInt8]: KeyValueEffect] = [:]
    for effect in histories.flatMap({ $0 }) {
      guard let version = effect.version else { continue }
      guard let held = model[effect.key], let old = held.version else {
        model[effect.key] = effect
        continue
      }
      var isExpiry = false
      if case .expire = effect, case .set = held { isExpiry = true }
      if (old.ticks, old.replica) < (version.ticks, version.replica) || old == version && isExpiry {
        model[effect.key] = effect
      }
    }
    return model
  }

  @Test(arguments: AntiEntropyMode.allCases, 0..<6 as Range<UInt64>)
  func sessions_shouldMakeEqual_afterAnyHistories(mode: AntiEntropyMode, seed: UInt64) throws {
    var draw = SeededGenerator(seed: seed)
    let world = SessionWorld(2, seed: seed)
    // Both clocks, apart and going on.
    world.nodes[1].now += UInt64(draw.below(400))
    let keys = [20, 300, 4_000][draw.below(3)]
    for _ in 0..<draw.below(2 * keys) {
      let node = world.nodes[draw.below(2)]
      node.now += UInt64(draw.below(3))
      node.write(&draw, keys: keys)
    }
    let histories = world.nodes.map { $0.node.log.flatMap { $0 } }
    let most = world.nodes.map { $0.entries.count }.max() ?? 0
    let outcome = try #require(world.session(0, 1, mode))
    #expect(outcome.end == .equal, "seed \(seed)")
    let model = newest(histories)
    for node in world.nodes {
      #expect(node.entries.count == model.count, "seed \(seed)")
      for effect in node.entries { #expect(effect == model[effect.key], "seed \(seed)") }
    }
    #expect(world.nodes[0].root == world.nodes[1].root, "seed \(seed)")
    #expect(outcome.keysCompared >= most, "seed \(seed)")
    #expect(world.told.notices.isEmpty, "seed \(seed)")
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func sessions_shouldNotBeDisturbed_byWritesMeanwhile(seed: UInt64) throws {
    let world = SessionWorld(
      3, seed: seed,
      link: LinkConditions(
        latency: .milliseconds(3), jitterMean: .milliseconds(4), lossPerMillion: 20_000,
        duplicatePerMillion: 20_000))
    var draw = SeededGenerator(seed: seed)
    for _ in 0..<1_500 {
      let node = world.nodes[draw.below(3)]
      node.now += 1
      node.write(&draw, keys: 400)
    }
    for round in 0..<6 {
      let mode = AntiEntropyMode.allCases[draw.below(3)]
      let writes = SeededGenerator(seed: seed &* 100 &+ UInt64(round))
      let outcome = world.session(draw.below(3), (0..<3).randomElement(using: &draw) ?? 0, mode) {
        world in
        var draw = writes
        for _ in 0..<60 {
          try? await world.runtime.sleep(for: .milliseconds(1))
          let node = world.nodes[draw.below(3)]
          node.now += 1
          node.write(&draw, keys: 400)
        }
      }
      #expect(outcome != nil, "seed \(seed), round \(round)")
    }
    world.converge("seed \(seed)")
    // Nobody broke the protocol.
    for case .fault(let peer, let error) in world.told.notices {
      Issue.record("seed \(seed): \(peer): \(error)")
    }
  }

  /// Two sessions began before a write was pushed here, and both bring it: with two replicas, or
  /// one from each side. The indexes are right all the same.
  @Test(arguments: AntiEntropyMode.allCases, [[0, 2], [1, 0]])
  func indexes_shouldNotBeSuspected_whenWhatWasPushedComesAgain(
    mode: AntiEntropyMode, second: [Int]
  ) throws {
    let world = SessionWorld(3, seed: 10)
    for key in 0..<300 { world.nodes[0]("SET key\(key) \(key)") }
    for other in 1...2 { #expect(world.session(0, other)?.end == .equal) }
    world.nodes[1]("SET late x")
    let late = world.nodes[1].entries.filter { $0.key == Array("late".utf8) }
    try world.nodes[2].apply(late)
    _ = world.session(0, 1, mode) { world in
      let session = world.sessions[second[0]]
      world.runtime.spawn("second") {
        _ = await session.session(with: SessionWorld.peer(second[1]), mode: mode)
      }
      try? await world.runtime.sleep(for: .milliseconds(3))
      do { try world.nodes[0].apply(late) } catch { Issue.record("\(error)") }
    }
    _ = world.runtime.advance(by: .seconds(1))
    let outcomes = world.told.stored.flatMap(\.records.outcomes)
    #expect(outcomes.count { $0.key == late[0].key && $0.outcome == .known } == 2)
    #expect(world.told.notices.isEmpty, "\(world.told.notices)")
    world.converge("pushed")
  }

  @Test func idleSession_shouldRepairNothing() throws {
    let world = SessionWorld(2, seed: 1)
    for key in 0..<3_000 { world.nodes[0]("SET key\(key) \(key)") }
    #expect(world.session()?.end == .equal)
    let outcome = try #require(world.session())
    #expect(outcome.end == .equal && outcome.keysRepaired == 0)
    // One message each way; the opening offers ways to go on.
    #expect(outcome.sentBytes + outcome.receivedBytes < 32 << 10, "\(outcome)")
    #expect(outcome.strategies.count <= 1)
  }

  @Test(arguments: AntiEntropyMode.allCases)
  func outcome_shouldSayWhatWasComparedAndRepaired(mode: AntiEntropyMode) throws {
    let world = SessionWorld(2, seed: 3)
    for key in 0..<2_000 { world.nodes[0]("SET key\(key) \(key)") }
    #expect(world.session()?.keysSent == 2_000)
    for key in 0..<30 { world.nodes[0]("SET key\(key) other") }
    for key in 100..<120 { world.nodes[1]("SET key\(key) another") }
    let outcome = try #require(world.session(0, 1, mode))
    #expect(outcome.keysCompared == 2_000)
    #expect(outcome.received.changed == 20 && outcome.keysSent == 30 && outcome.keysRepaired == 50)
    #expect(outcome.isComplete && outcome.ownTicks > 0)
    #expect(outcome.sentBytes > 0 && outcome.receivedBytes > 0)
    if mode != .auto { #expect(outcome.strategies.map(\.name) == [mode.rawValue]) }
    let stored = world.told.stored.filter { $0.from == SessionWorld.peer(1) }
    #expect(stored.flatMap(\.records.outcomes).count { $0.outcome.isNews } == 20)
  }

  @Test func merkleAndAuto_shouldCostAFractionOfFullExchange() throws {
    var bytes: [AntiEntropyMode: Int] = [:]
    for mode in AntiEntropyMode.allCases {
      let world = SessionWorld(2, seed: 4)
      for key in 0..<20_000 { world.nodes[0]("SET key\(key) \(key)") }
      try world.nodes[1].apply(world.nodes[0].entries)
      for key in 0..<20 { world.nodes[1]("SET key\(key * 900) new") }
      let outcome = try #require(world.session(0, 1, mode))
      #expect(outcome.received.changed == 20 && outcome.end == .equal)
      bytes[mode] = outcome.sentBytes + outcome.receivedBytes
    }
    let full = try #require(bytes[.full])
    #expect(try #require(bytes[.merkle]) * 25 < full, "\(bytes)")
    #expect(try #require(bytes[.auto]) * 25 < full, "\(bytes)")
  }

  @Test func aNewNode_shouldGetEverything() throws {
    let world = SessionWorld(2, seed: 5)
    for key in 0..<5_000 { world.nodes[1]("SET key\(key) \(key)") }
    let outcome = try #require(world.session())
    #expect(outcome.end == .equal && outcome.received.changed == 5_000)
    world.converge("new")
  }

  // MARK: What is refused

  @Test func aTimeTooFarAhead_shouldBeRefusedAndTold_andTheRestStored() throws {
    let world = SessionWorld(2, seed: 6)
    for key in 0..<40 { world.nodes[1]("SET key\(key) \(key)") }
    world.nodes[1].now += 10_000_000
    world.nodes[1]("SET early x")
    let outcome = try #require(world.session())
    #expect(outcome.end == .incomplete(.refused(here: 1, there: 0)))
    #expect(outcome.received.changed == 40 && outcome.received.refused == 1)
    guard case .refused(_, .clock, records: 1)? = world.told.notices.first else {
      Issue.record("\(world.told.notices)")
      return
    }
    // The other way round it is the peer that refuses.
    let other = try #require(world.session(1, 0))
    #expect(other.end == .incomplete(.refused(here: 0, there: 1)))
    // Once the clock here is there too, it is taken.
    world.nodes[0].now += 10_000_000
    #expect(world.session()?.end == .equal)
    #expect(world.nodes[0]("GET early") == .text("x"))
  }

  @Test func aLogThatRefuses_shouldFailTheSession_withoutAPartialEffect() throws {
    let world = SessionWorld(2, seed: 7)
    for key in 0..<40 { world.nodes[1]("SET key\(key) \(key)") }
    world.nodes[0].refusal = "the disk is full"
    let outcome = try #require(world.session())
    guard case .incomplete(.failed(.notStored)) = outcome.end else {
      Issue.record("\(outcome.end)")
      return
    }
    #expect(world.nodes[0].entries.isEmpty)
    #expect(world.told.notices == [.notStored(SessionWorld.peer(1), "the disk is full")])
    // The other side's session is told that this one is busy.
    guard case .incomplete(.failed(.refused)) = try #require(world.session(1, 0)).end else {
      Issue.record("not refused")
      return
    }
    world.nodes[0].refusal = nil
    #expect(world.session()?.end == .equal)
  }

  @Test func aPeerThatGoesAway_shouldEndTheSession() throws {
    let world = SessionWorld(2, seed: 8)
    for key in 0..<3_000 { world.nodes[1]("SET key\(key) \(key)") }
    let outcome = world.session(0, 1, .merkle) { world in
      try? await world.runtime.sleep(for: .milliseconds(11))
      world.network.leave(SessionWorld.peer(1))
    }
    #expect(outcome?.end == .incomplete(.disconnected))
  }

  @Test func oneSession_shouldBeUnderWayWithAPeer() {
    let world = SessionWorld(2, seed: 9)
    for key in 0..<300 { world.nodes[1]("SET key\(key) \(key)") }
    let first = world.session(0, 1) { world in
      let second = await world.sessions[0].session(with: SessionWorld.peer(1))
      #expect(
        second.end == .incomplete(.notStarted(.alreadySyncing(SessionWorld.peer(1)))))
    }
    #expect(first?.end == .equal)
    let cancelled = world.session(0, 1) { world in
      world.sessions[0].cancel(with: SessionWorld.peer(1))
    }
    #expect(cancelled?.end == .incomplete(.failed(.cancelled)) || cancelled?.end == .equal)
  }
}
