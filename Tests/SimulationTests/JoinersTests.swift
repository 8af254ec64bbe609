import EventLog
import LiveSync
import Node
import Peers
import Reports
import Simulation
import Testing

/// Several nodes that join together, validators that come and go, and how faults reach into a
/// node's process.
@Suite struct JoinersTests {
  private static func world(_ changes: (inout Scenario) -> Void = { _ in }) -> Scenario {
    var world = PlannedFaultClassTests.world()
    changes(&world)
    return world
  }

  private static func run(
    _ scenario: Scenario, _ faults: [PlannedFault] = [], seed: UInt64 = 3
  ) throws -> PlannedFaultClassTests.Outcome {
    try PlannedFaultClassTests.run(FaultPlan(seed: seed, scenario: scenario, faults: faults))
  }

  private static func records(_ outcome: PlannedFaultClassTests.Outcome) throws -> [EventRecord] {
    try EventLogReader.records(of: outcome.bytes, schema: .livesync)
  }

  @Test(arguments: [SyncStrategy.parallel, .sequential])
  func nodesThatJoinTogether_shouldAllCompleteTheirStates(strategy: SyncStrategy) throws {
    let outcome = try Self.run(
      Self.world {
        $0.joiners = 4
        $0.strategy = strategy
      })
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    let records = try Self.records(outcome)
    for name in ["s0", "s1", "s2", "s3"] {
      let own = records.filter { $0.context.node == name }
      #expect(
        own.contains { if case Event.State.complete = $0.event.group { true } else { false } })
      #expect(
        own.contains { if case Event.Request.served = $0.event.group { true } else { false } })
    }
  }

  @Test func onlyFreshNodes_shouldJoinTogether() throws {
    var scenario = try Scenario.named("returning")
    scenario.joiners = 2
    #expect(throws: ScenarioError.self) { try scenario.check() }
    #expect(throws: ScenarioError.self) {
      try SimulationRun(Self.world { $0.joiners = 2 }, seed: 1, transport: .realNetwork)
    }
  }

  @Test(arguments: [1, 2, 5])
  func aNode_shouldFollow_whenValidatorsChange(validators: Int) throws {
    let scenario = Self.world {
      $0.validators = validators
      $0.batchesPerEpoch = 1
      $0.changingValidators = 1
    }
    let outcome = try Self.run(scenario)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect((outcome.report.marks.marks["validators_changed"] ?? 0) >= 3)
    var same = scenario
    same.changingValidators = 0
    #expect(try Self.run(same).report.marks.marks["validators_changed"] == nil)
  }

  @Test func aTwin_shouldProveThatItsValidatorSignedTwice() throws {
    let scenario = Self.world { $0.forkPerMillion = 0 }
    let without = try Self.run(scenario).report
    #expect(without.marks.marks["fork_proof"] == nil)
    let report = try Self.run(
      scenario, [5_000, 9_000].map { PlannedFault("equivocation", start: $0) }
    ).report
    #expect(report.verdict == .pass, "\(report.reason)")
    #expect(report.marks.marks["fork_proof"] == 2)
  }

  @Test func aHaltedProcess_shouldAskForNothing_untilItGoesOn() throws {
    let outcome = try Self.run(
      Self.world(), [PlannedFault("halt", start: 5_100, duration: 4_000)])
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    let sent = try Self.records(outcome).filter { record in
      guard record.context.node == "s0", case Event.Request.sent = record.event.group else {
        return false
      }
      return (5_100_000_001..<9_100_000_000).contains(record.time)
    }
    #expect(sent.isEmpty)
  }

  @Test func requests_shouldEnd_whenTheirTimeIsShort() throws {
    let outcome = try Self.run(
      Self.world(),
      [
        PlannedFault("latency", start: 4_100, duration: 6_000, node: 1, peer: 0, amount: 900),
        PlannedFault("short_timeouts", start: 4_100, duration: 6_000, amount: 300),
      ])
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    let timeouts = try Self.records(outcome).filter { record in
      guard record.context.node == "s0",
        case Event.Request.ended(_, _, .timeout, _, let duration) = record.event.group
      else { return false }
      return duration <= 300_000_000
    }
    #expect(!timeouts.isEmpty)
  }
}

/// What goes wrong with nodes that join together with the one that a run is about.
@Suite struct CompanionFaultTests {
  private static func plan(_ faults: [PlannedFault]) throws -> FaultPlan {
    var world = PlannedFaultClassTests.world()
    world.joiners = 3
    return try FaultPlan(seed: 3, scenario: world, faults: faults)
  }

  /// What one node has written.
  private static func events(
    of node: String, _ outcome: PlannedFaultClassTests.Outcome
  ) throws -> [EventRecord] {
    try EventLogReader.records(of: outcome.bytes, schema: .livesync).filter {
      $0.context.node == node
    }
  }

  @Test(arguments: ["crash", "empty_store"])
  func aCompanion_shouldComeBack_withWhatItsDiskHas(kind: String) throws {
    let outcome = try PlannedFaultClassTests.run(
      Self.plan([PlannedFault(kind, start: 7_000, duration: 900, node: 5)]))
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect(outcome.report.marks.marks["restart_of_companion"] == 1)
    let lives = try Self.events(of: "s1", outcome).compactMap { record in
      if case Event.Node.started(let block, _, _) = record.event.group { block } else { nil }
    }
    #expect(lives.count == 2 && lives.first == 0)
    #expect((lives.last == 0) == (kind == "empty_store"))
    #expect(try Self.events(of: "s2", outcome).count { $0.event.name == "node.started" } == 1)
  }

  @Test(arguments: ["pause", "isolate", "loss", "partition", "disconnect", "slow_processor"])
  func aCompanion_shouldMeetFaults_asOtherNodesDo(name: String) throws {
    let kind = try #require(FaultClass.named(name))
    let amount = kind.amount.map { ($0.drawn.lowerBound + $0.drawn.upperBound) / 2 } ?? 0
    let outcome = try PlannedFaultClassTests.run(
      Self.plan([PlannedFault(name, start: 4_600, duration: 5_000, node: 6, amount: amount)]))
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect((outcome.report.marks.faults[name] ?? 0) > 0)
    let target = kind.place == .link ? "s2>s0" : "s2"
    #expect(String(decoding: outcome.bytes, as: UTF8.self).contains("\"target\":\"\(target)\""))
  }

  @Test(arguments: [("crash", 1, 0), ("crash", 7, 0), ("stale_store", 5, 0), ("loss", 7, 0)])
  func aFault_shouldBeRefused_ofANodeThatIsNotThere(kind: String, node: Int, peer: Int) {
    let fault = PlannedFault(kind, start: 1, duration: 5, node: node, peer: peer, amount: 1)
    #expect(throws: FaultPlanError.self) { try Self.plan([fault]) }
  }

  /// What is wrong with a companion alone fails the run.
  @Test func aWrongStateOfACompanion_shouldBeFound() throws {
    let run = try SimulationRun(Self.plan([]))
    run.companionOracle = { _ in AccountModel(accounts: [:]) }
    let report = try run.run(identity: PlannedFaultClassTests.identity)
    #expect(report.verdict == .safety)
    #expect(report.reason.hasPrefix("S1: s"), "\(report.reason)")
  }

  @Test func faultsOfCompanions_shouldBeDrawn_andOthersStay() {
    let plans = (0...400).map { FaultPlan.swarm(seed: $0) }
    let hit = plans.filter { plan in
      plan.faults.contains { $0.kind == "crash" && $0.node >= plan.scenario.nodes }
    }
    #expect(hit.count > 8)
    #expect(
      plans.allSatisfy { plan in
        plan.scenario.joiners > 1 || plan.faults.allSatisfy { $0.node < plan.scenario.nodes }
      })
  }
}

/// A chain's maker that is a node of the network.
@Suite struct ProducerTests {
  /// Heights that the full peer p1 reaches within a time, in milliseconds.
  private static func heights(
    _ faults: [PlannedFault], in times: ClosedRange<Int64>
  ) throws -> (SimulationReport, Int) {
    var world = PlannedFaultClassTests.world()
    world.producerGossips = 1
    let outcome = try PlannedFaultClassTests.run(
      FaultPlan(seed: 3, scenario: world, faults: faults))
    let extended = try EventLogReader.records(of: outcome.bytes, schema: .livesync).count {
      record in
      guard record.context.node == "p1", case Event.Chain.extended = record.event.group else {
        return false
      }
      return times.contains(record.time / 1_000_000)
    }
    return (outcome.report, extended)
  }

  @Test func blocks_shouldComeOverTheNetwork_whenTheMakerIsANodeOfIt() throws {
    let (report, heights) = try Self.heights([], in: 6_000...9_000)
    #expect(report.verdict == .pass, "\(report.reason)")
    #expect(heights >= 4)
    // Cut off from all, it makes blocks that nobody hears of.
    let cut = PlannedFault("isolate", start: 5_000, duration: 4_000, node: 5)
    let (later, none) = try Self.heights([cut], in: 6_000...9_000)
    #expect(later.verdict == .pass, "\(later.reason)")
    #expect(none == 0)
  }

  @Test(arguments: [0, 1], [1, 9])
  func aNode_shouldFollow_whateverItsPeersAre(shared: Int, fullPeers: Int) throws {
    var world = PlannedFaultClassTests.world()
    (world.producerGossips, world.sharedPeers, world.nodes) = (1, shared, fullPeers + 1)
    let report = try SimulationRun(world, seed: 5).run(identity: PlannedFaultClassTests.identity)
    #expect(report.verdict == .pass, "\(report.reason)")
  }

  @Test func theRealNetwork_shouldHaveNoNodeForTheMaker() {
    var world = PlannedFaultClassTests.world()
    world.producerGossips = 1
    #expect(throws: ScenarioError.self) {
      try SimulationRun(world, seed: 1, transport: .realNetwork)
    }
  }
}

/// What the profile `swarm` brings about, by a seed for each.
@Suite struct SwarmCoverageTests {
  @Test(arguments: [
    (51, "reached incomplete_again"), (6, "fault lie_wrong_piece"),
    (145, "fault lie_wrong_manifest"), (8, "fault lie_gap_in_blocks"),
    (53, "reached validators_changed"), (11, "reached chunk_of_joiner"),
    (62, "fault lie_no_proof"), (69, "fault lie_chunk_of_other_block"),
  ])
  func aSeed_shouldReachWhatIsRare(seed: UInt64, mark: String) throws {
    let report = try SimulationRun(.swarm(seed: seed)).run(
      identity: PlannedFaultClassTests.identity)
    #expect([.pass, .vacuous].contains(report.verdict), "seed \(seed): \(report.reason)")
    let counts = Dictionary(
      uniqueKeysWithValues: report.marks.faults.map { ("fault \($0)", $1) }
        + report.marks.marks.map { ("reached \($0)", $1) })
    #expect((counts[mark] ?? 0) > 0, "seed \(seed)")
  }

  @Test func aPeerThatFillsTheLines_shouldNotDoSoForGood() throws {
    for seed in 0...600 as ClosedRange<UInt64> {
      let faults = FaultPlan.swarm(seed: seed).faults
      #expect(faults.allSatisfy { $0.kind != "lie_oversize_chunk" || $0.duration > 0 })
    }
    let lie = PlannedFault("lie_oversize_chunk", start: 4_100, node: 2)
    let plan = try FaultPlan(seed: 3, scenario: PlannedFaultClassTests.world(), faults: [lie])
    #expect(plan.disarmed?.contains("fills the lines") == true)
  }

  @Test func manyNodes_andChangingValidators_shouldBeDrawn() {
    let plans = (0...200).map { FaultPlan.swarm(seed: $0) }
    #expect(Set(plans.map(\.scenario.joiners)) == [1, 2, 3])
    #expect(Set(plans.map(\.scenario.changingValidators)) == [0, 1])
    #expect(Set(plans.map(\.scenario.producerGossips)) == [0, 1])
  }
}
