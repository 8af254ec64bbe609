import CRDT
import Delta
import Locking
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

/// Sessions of reconciliation over the pieces of replicated values.
@Suite struct ConflictSessionTests {
  /// What is wrong with a history of changes and sessions over links that lose and repeat; nil if
  /// all replicas end with what merging all of them makes.
  private func failure<Value: ConflictSubject>(_ type: Value.Type, seed: UInt64) throws -> String? {
    var world = ConflictWorld<Value>(seed: seed)
    let runtime = SimulatedRuntime(seed: seed)
    let conditions = LinkConditions(
      latency: .milliseconds(10), lossPerMillion: 30_000, duplicatePerMillion: 30_000)
    let network = SimulatedNetwork(
      runtime: runtime, configuration: NetworkConfiguration(link: conditions))
    let peers = (0..<3).map { PeerID(identity: .simulated(UInt32($0)), number: UInt32($0)) }
    let reconcilers = world.replicas.enumerated().map { number, replica in
      Reconciler(
        network: network.endpoint(for: peers[number]), runtime: runtime, replica: replica,
        policy: AdaptivePolicy(),
        random: runtime.randomStream(RandomConsumer(.test, index: UInt32(number))))
    }
    for reconciler in reconcilers { reconciler.serve() }
    var wrong: String?
    for round in 0..<4 {
      for _ in 0..<1 + world.random.below(12) { try world.change(world.random.below(3)) }
      let merged = try world.merged()
      // Some pairs meet, in the last round all.
      let from = world.random.below(3)
      let pairs =
        round == 3
        ? [(0, 1), (1, 2), (2, 0), (0, 1)] : [(from, (from + 1 + world.random.below(2)) % 3)]
      let ended = Lock<[SyncPhase?]>([])
      let outcome = runtime.run {
        for (a, b) in pairs {
          let id = try? reconcilers[a].start(with: peers[b])
          let session = if let id { await reconcilers[a].end(of: id) } else { SyncSession?.none }
          let phase = session?.phase
          ended.withLock { $0.append(phase) }
        }
      }
      let phases = ended.withLock { $0 }
      if outcome != .done || phases.contains(where: { $0 != .complete }) {
        wrong = wrong ?? "round \(round): \(outcome), \(phases)"
      }
      if try world.merged() != merged { wrong = wrong ?? "round \(round): something was lost" }
      if round == 3, world.replicas.contains(where: { $0.value != merged }) {
        wrong = wrong ?? "the replicas differ"
      }
      if world.replicas.contains(where: { !$0.followsItsValue }) {
        wrong = wrong ?? "records do not follow"
      }
    }
    network.shutdown()
    _ = runtime.shutdown()
    return wrong
  }

  private func check<Value: ConflictSubject>(_ type: Value.Type) throws {
    for seed in 0..<Campaign.seeds("LIVESYNC_CONFLICT_SESSIONS", default: 12) {
      let wrong = try failure(type, seed: seed)
      #expect(wrong == nil, "\(type), seed \(seed)")
    }
  }

  @Test func countersAndSets_shouldBecomeTheMergeOfAll_overLinksThatLose() throws {
    try check(GCounter.self)
    try check(PNCounter.self)
    try check(GSet.self)
    try check(ORSet.self)
    try check(RWSet.self)
  }

  @Test func registersAndFlags_shouldBecomeTheMergeOfAll_overLinksThatLose() throws {
    try check(LWWRegister.self)
    try check(MVRegister.self)
    try check(EWFlag.self)
    try check(DWFlag.self)
  }

  @Test func mapsAndTexts_shouldBecomeTheMergeOfAll_overLinksThatLose() throws {
    try check(ORMap.self)
    try check(RGAText.self)
  }

  /// delta_crdt_ex #65.
  @Test func pieceThatKnowsTooMuch_shouldBeCaught() throws {
    let failures = try (0..<20).compactMap { try failure(BoastingSet.self, seed: $0) }
    #expect(failures.count > 10)
  }

  /// delta_crdt_ex #65: a part of the difference must not delete what it does not speak of.
  @Test func partOfTheDifference_shouldLeaveOtherKeysAlone() throws {
    func lost<Value: ConflictSubject>(
      _ type: Value.Type, _ adds: [Value.Operation], shown: (Value) -> Int
    ) throws -> Int {
      let (a, b) = (LatticeReplica<Value>.forTests(), LatticeReplica<Value>.forTests(index: 1))
      for (number, add) in adds.enumerated() {
        let delta = try a.apply(add) { value in
          let dot = value.nextDot(of: ReplicaID(7))
          return Stamp(dot: dot, time: HybridTime(ticks: UInt64(number), replica: dot.replica))
        }
        if number < adds.count - 3 { try b.merge(delta: delta) }
      }
      // Sessions that break off have brought one piece of the difference after another.
      for entry in a.entries where b.view().record(entry.record.id) == nil {
        try b.join([entry])
      }
      return adds.count - shown(b.value)
    }
    let adds = (0..<20).map { ORSet.Operation.add([$0]) }
    #expect(try lost(ORSet.self, adds) { $0.count } == 0)
    #expect(try lost(BoastingSet.self, adds) { $0.inner.count } > 0)
    let fields = (0..<20).map { ORMap.Operation.update([$0], .counter(.add(1))) }
    #expect(try lost(ORMap.self, fields) { $0.value.count } == 0)
  }

  @Test(arguments: StrategyID.all)
  func everyStrategy_shouldBringTwoSetsTogether(strategy: StrategyID) async throws {
    for seed in UInt64(0)..<5 {
      var world = ConflictWorld<ORSet>(seed: seed)
      for _ in 0..<60 { try world.change(world.random.below(2)) }
      let expected = try world.merged()
      var line = ConflictLine(
        world.replicas[0], world.replicas[1], seed: seed,
        configuration: SyncConfiguration(batchItems: 3), policy: ConflictPolicy(order: [strategy]))
      line.lossPercent = 5
      try await line.run()
      #expect(line.session.phase == .complete && line.penalties.isEmpty)
      #expect(world.replicas[0].value == expected && world.replicas[1].value == expected)
      // Equal replicas say so at once.
      var again = ConflictLine(
        world.replicas[1], world.replicas[0], policy: ConflictPolicy(order: [strategy]))
      try await again.run()
      #expect(again.session.phase == .complete && again.requests == 1)
    }
  }

  /// Both sides go on changing, so pieces that were found vanish before they are asked for.
  private func checkChanges<Value: ConflictSubject>(_ type: Value.Type) async throws {
    for seed in UInt64(0)..<20 {
      var world = ConflictWorld<Value>(seed: seed)
      for _ in 0..<40 { try world.change(world.random.below(2)) }
      var line = ConflictLine(
        world.replicas[0], world.replicas[1], seed: seed,
        configuration: SyncConfiguration(batchItems: 2), policy: ConflictPolicy(order: [.rateless]))
      var changes = 0
      line.onStep = { _ in
        guard changes < 15, world.random.chance(40) else { return }
        changes += 1
        try world.change(world.random.below(2))
      }
      try await line.run()
      #expect(line.penalties.isEmpty, "\(type), seed \(seed)")
      // Equal, or honestly not, and no strategy is blamed for it.
      let phases = [
        .complete, SyncPhase.failed(.rootsDiffer(rounds: ReconciliationLimits.roundsMax)),
      ]
      #expect(phases.contains(line.session.phase), "\(type), seed \(seed): \(line.session.phase)")
      #expect(line.session.failedStrategies.isEmpty, "\(type), seed \(seed)")
      let expected = try world.merged()
      line.onStep = { _ in }
      var last = ConflictLine(
        world.replicas[0], world.replicas[1], policy: ConflictPolicy(order: [.rateless]))
      try await last.run()
      #expect(last.session.phase == .complete)
      #expect(world.replicas[0].value == expected && world.replicas[1].value == expected)
    }
  }

  @Test func session_shouldEnd_whenPiecesVanishWhileItRuns() async throws {
    try await checkChanges(GCounter.self)
    try await checkChanges(ORSet.self)
    try await checkChanges(ORMap.self)
    try await checkChanges(RGAText.self)
  }

  @Test func session_shouldEndHonestly_whenOneSideNeverRests() async throws {
    var world = ConflictWorld<GCounter>(seed: 3)
    for _ in 0..<10 { try world.change(world.random.below(2)) }
    var line = ConflictLine(
      world.replicas[0], world.replicas[1], policy: ConflictPolicy(order: [.rateless]))
    line.onStep = { _ in try world.change(1) }
    try await line.run()
    #expect(line.session.phase == .failed(.rootsDiffer(rounds: ReconciliationLimits.roundsMax)))
    #expect(line.penalties.isEmpty && line.session.failedStrategies.isEmpty)
    #expect(line.requests < 100)
  }

  @Test func olderCounts_shouldNotBeSent_onceTheNewerOneCame() async throws {
    var world = ConflictWorld<GCounter>(seed: 4)
    for number in [0, 1, 0, 1] {
      let delta = try world.change(number)
      try world.replicas[1 - number].merge(delta: delta)
    }
    try world.change(1)
    var line = ConflictLine(
      world.replicas[0], world.replicas[1], policy: ConflictPolicy(order: [.rateless]))
    try await line.run()
    #expect(line.session.phase == .complete)
    #expect(line.session.statistics.items == 1)
  }

  @Test func mirror_shouldBeRefused_becauseAValueOnlyGrows() async throws {
    let world = ConflictWorld<ORSet>(seed: 5)
    try world.replicas[0].apply(.add([1])) { value in
      let dot = value.nextDot(of: ReplicaID(7))
      return Stamp(dot: dot, time: HybridTime(ticks: 1, replica: dot.replica))
    }
    let before = world.replicas[0].value
    var line = ConflictLine(
      world.replicas[0], world.replicas[2], configuration: SyncConfiguration(direction: .mirror),
      policy: ConflictPolicy(order: [.rateless]))
    try await line.run()
    guard case .failed(.notStored(let reason)) = line.session.phase else {
      Issue.record("\(line.session.phase)")
      return
    }
    #expect(reason.contains("only grows"))
    #expect(world.replicas[0].value == before)
  }
}
