import Locking
import Primitives
import Simulation
import TestSupport
import Testing

/// Every class of faults in a small world of its own.
@Suite struct PlannedFaultClassTests {
  /// A world in which a node is busy for some ten seconds after it has joined at the fourth.
  static func world() -> Scenario {
    var world = Scenario()
    world.name = "planned"
    world.nodes = 5
    world.accounts = 800
    world.blocksPerBatch = 6
    world.blockIntervalMilliseconds = 500
    world.forkPerMillion = 150_000
    world.uploadBytesPerSecond = 40_000
    world.downloadBytesPerSecond = 80_000
    world.joinAtBlock = 8
    world.chunkItems = 6
    world.followBlocks = 8
    world.blocks = 40
    world.lossPerMillion = 0
    world.timeLimitSeconds = 1_500
    return world
  }

  static let identity = RunIdentity(commit: "test", toolchain: "test", mode: "test")

  struct Outcome {
    let report: SimulationReport
    let bytes: [UInt8]

    /// How many faults of a class have begun, and how many have ended.
    func faults(_ name: String) -> (begun: Int, ended: Int) {
      let lines = bytes.split(separator: UInt8(ascii: "\n")).map {
        String(decoding: $0, as: UTF8.self)
      }
      let of = lines.filter { $0.contains("\"fault\":\"\(name)\"") }
      return (
        of.count { $0.contains("\"event\":\"fault.injected\"") },
        of.count { $0.contains("\"event\":\"fault.ended\"") }
      )
    }
  }

  static func run(_ plan: FaultPlan) throws -> Outcome {
    let log = Lock<[UInt8]>([])
    let report = try SimulationRun(plan).run(
      identity: identity, log: { bytes in log.withLock { $0 += bytes } })
    return Outcome(report: report, bytes: log.withLock { $0 })
  }

  /// Faults of one class while the node is busy: of all peers but the last, or all links to it.
  private static func faults(of kind: FaultClass) -> [PlannedFault] {
    let amount = kind.amount.map { ($0.drawn.lowerBound + $0.drawn.upperBound) / 2 } ?? 0
    let duration = kind.lasts.map { min(6_000, $0.upperBound) } ?? 0
    func fault(_ node: Int, _ peer: Int = 0) -> PlannedFault {
      PlannedFault(
        kind.name, start: 4_100, duration: duration, node: node, peer: peer,
        amount: kind.name.hasSuffix("write") || kind.name == "bit_flip" ? 20 : amount)
    }
    switch kind.place {
    case .link: return (1...3).flatMap { [fault($0), fault(0, $0)] }
    case .peer: return (1...3).map { fault($0) }
    case .node: return [fault(0)]
    case .joiner, .fresh, .chain: return [fault(0)]
    }
  }

  @Test(arguments: FaultClass.all.map(\.name))
  func everyFault_shouldHaveAnEffect_beTakenBack_andBeLivedWith(name: String) throws {
    let kind = try #require(FaultClass.named(name))
    var world = Self.world()
    let ofSnapshots = ["lie_wrong_piece", "lie_wrong_manifest", "lie_forged_snapshot"]
    if ofSnapshots.contains(name) { world.snapshotInterval = 6 }
    var faults = Self.faults(of: kind)
    if ["lie_gap_in_blocks", "lie_other_blocks"].contains(name) {
      // The node misses blocks twice, and asks for them.
      for index in faults.indices { faults[index].duration = 30_000 }
      faults += [8_000, 13_000].map { PlannedFault("isolate", start: $0, duration: 3_000) }
    }
    if name == "lie_forged_snapshot" {
      // Snapshots are asked for when the node joins.
      for index in faults.indices { faults[index].start = 3_000 }
    }
    // A process reads its store when it begins.
    if name == "bit_flip" { faults.append(PlannedFault("crash", start: 6_000, duration: 200)) }
    let plan = try FaultPlan(seed: 3, scenario: world, faults: faults)
    let outcome = try Self.run(plan)
    #expect([.pass, .vacuous].contains(outcome.report.verdict), "\(outcome.report.reason)")
    #expect((outcome.report.marks.faults[name] ?? 0) > 0, "\(name) had no effect")
    let (begun, ended) = outcome.faults(name)
    // What a branch replaces is noted once more when there is room for it.
    let own = plan.faults.count { $0.kind == name }
    #expect(name == "rebranch" ? begun >= own : begun == own)
    let isUndone = kind.lasts != nil && kind.layer != .process && name != "torn_commit"
    if isUndone { #expect(ended == begun, "\(name)") }
    // Who has told what can be proven is not used any more; nobody else is punished.
    let liars = Set(plan.liars.map(UInt32.init))
    #expect(Set(outcome.report.banned).isSubset(of: liars))
  }

  @Test func aPlan_shouldGiveTheSameBytesAgain() throws {
    for seed in [1, 5, 12] as [UInt64] {
      let plan = FaultPlan.swarm(seed: seed)
      let first = try Self.run(plan)
      let again = try Self.run(FaultPlan(json: Array(plan.json.utf8)))
      #expect(first.bytes == again.bytes, "seed \(seed)")
      #expect(first.report == again.report, "seed \(seed)")
    }
  }

  @Test func aPlanWithoutFaults_shouldPass() throws {
    let outcome = try Self.run(FaultPlan(seed: 3, scenario: Self.world(), faults: []))
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    #expect(outcome.report.marks.faults.isEmpty)
    #expect(outcome.report.plannedFaults == 0)
  }

  @Test func liveness_shouldNotBeAskedFor_whenNobodyHonestStays() throws {
    let faults = (1...4).map { PlannedFault("silent", start: 4_100, node: $0) }
    var world = Self.world()
    world.timeLimitSeconds = 40
    let plan = try FaultPlan(seed: 3, scenario: world, faults: faults)
    #expect(plan.disarmed != nil && plan.reliablePeers.isEmpty)
    let report = try Self.run(plan).report
    #expect(report.verdict == .unwinnable, "\(report.reason)")
    #expect(report.reason.contains("liveness is not asked for"))
    #expect(report.disarmed == plan.disarmed)
    #expect(report.text.contains("not asked for"))
  }

  @Test func plannedFaults_shouldBeRefused_withTheRealNetwork() throws {
    let plan = try FaultPlan(seed: 3, scenario: Self.world(), faults: [])
    #expect(throws: ScenarioError.self) { try SimulationRun(plan, transport: .realNetwork) }
  }

  @Test(arguments: 0...24 as ClosedRange<UInt64>)
  func theSwarm_shouldPass(seed: UInt64) throws {
    let report = try SimulationRun(.swarm(seed: seed)).run(identity: Self.identity)
    #expect([.pass, .vacuous].contains(report.verdict), "seed \(seed): \(report.reason)")
    #expect(report.foreignJobs == 0, "seed \(seed)")
  }
}

/// The manual's table of faults.
@Suite struct FaultTableTests {
  @Test func manual_shouldNameEveryFault_withItsUnitAndMeaning() throws {
    let page = try PackageFiles.text("Docs/Simulator.md")
    for kind in FaultClass.all {
      let unit = kind.amount?.unit ?? ""
      let row = "| `\(kind.name)` | \(kind.place.rawValue) | \(unit) | \(kind.meaning) |"
      #expect(page.contains(row), "\(row)")
    }
    for mark in RunMarks.known { #expect(page.contains("`\(mark)`"), "\(mark)") }
  }
}
