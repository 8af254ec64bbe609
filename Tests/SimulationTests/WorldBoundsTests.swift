import EventLog
import Fixtures
import Ledger
import Messages
import Simulation
import TestSupport
import Testing

/// What is said of a world before it is run must be certain.
@Suite struct WorldBoundsTests {
  static func scenario(_ changes: String..., liars: [LiarKind] = []) throws -> Scenario {
    var scenario = try Scenario.named("plain")
    scenario.accounts = 600
    scenario.blocks = 30
    scenario.joinAtBlock = 12
    for change in changes { try scenario.set(change) }
    scenario.liars = liars
    try scenario.check()
    return scenario
  }

  static func rule(_ scenario: Scenario) -> Obstacle.Rule? { WorldBounds(scenario).obstacle?.rule }

  @Test func builtInScenarios_shouldHaveNoObstacle() {
    for scenario in Scenario.builtIn { #expect(Self.rule(scenario) == nil, "\(scenario.name)") }
  }

  @Test func aWorldWithoutAnHonestAnswer_shouldBeUnwinnable() throws {
    #expect(Self.rule(try Self.scenario("undialable_peers=2", "silent_peers=2")) == .path)
    #expect(Self.rule(try Self.scenario("undialable_peers=2", "silent_peers=1")) == nil)
    let lies: [LiarKind] = [.wrongValue, .wrongValue]
    #expect(Self.rule(try Self.scenario("silent_peers=2", liars: lies)) == .path)
    #expect(Self.rule(try Self.scenario("silent_peers=1", liars: lies)) == nil)
    // Whoever lies in diffs alone may give the state.
    #expect(Self.rule(try Self.scenario("silent_peers=3", liars: [.wrongDiff])) == nil)
  }

  @Test(arguments: [
    ["blocks=100", "join_at_block=0"], ["join_at_block=90"],
    ["join_at_block=50", "follow_blocks=50"],
    ["kill_at_percent=100", "restart_after_ms=70000"],
    ["kill_at_percent=50", "restart_after_ms=80000"],
    ["latency_ms=10000", "join_at_block=72"],
  ])
  func aWorld_shouldBeUnwinnable_whenItsTimeIsOverBefore(changes: [String]) throws {
    var scenario = try Self.scenario()
    for change in changes { try scenario.set(change) }
    scenario.timeLimitSeconds = 90
    #expect(Self.rule(scenario) == .time, "\(changes)")
    scenario.timeLimitSeconds = 110
    #expect(Self.rule(scenario) == nil, "\(changes)")
  }

  @Test func aWorld_shouldBeUnwinnable_whenItsAccountsDoNotCrossInTime() throws {
    var scenario = try Self.scenario("download_bytes_per_s=10000", "time_limit_s=100")
    scenario.accounts = 50_000
    #expect(Self.rule(scenario) == .time)
    scenario.accounts = 20_000
    #expect(Self.rule(scenario) == nil)
  }

  @Test func aWorld_shouldBeUnwinnable_whenItsBlocksAreMoreThanTheLine() throws {
    var scenario = try Self.scenario(
      "empty_account_per_million=0", "transactions_per_block=150", "time_limit_s=300",
      "accounts=2000", "follow_blocks=40", "download_bytes_per_s=11000")
    #expect(Self.rule(scenario) == .blocks)
    try scenario.set("download_bytes_per_s=17000")
    #expect(Self.rule(scenario) == nil)
    // Where blocks may be empty, nothing is certain.
    try scenario.set("download_bytes_per_s=11000")
    try scenario.set("skip_per_million=10")
    #expect(Self.rule(scenario) == nil)
  }

  /// Whatever a run took, it could have been done in that time: a limit just as long as a run that
  /// was won has no obstacle.
  @Test(arguments: [
    [], ["kill_at_percent=50", "restart_after_ms=20000"], ["latency_ms=400", "jitter_ms=100"],
    ["shared_peers=1", "accounts=3000"], ["kill_at_percent=100", "restart_after_ms=5000"],
    ["join_at_block=0", "blocks=1"], ["rebranch_at_percent=50"],
  ])
  func aWorldThatWasWon_shouldHaveNoObstacle_withTheTimeItTook(changes: [String]) throws {
    var scenario = try Self.scenario()
    for change in changes { try scenario.set(change) }
    let report = try SimulationRunTests.run(scenario, seed: 1).report
    #expect([.pass, .vacuous].contains(report.verdict), "\(changes): \(report.reason)")
    scenario.timeLimitSeconds = Int(report.virtualNanoseconds / 1_000_000_000)
    #expect(Self.rule(scenario) == nil, "\(changes): \(report.virtualNanoseconds)")
  }

  @Test func bounds_shouldBeBelowWhatIsReallySent() throws {
    for name in ["plain", "forks", "incomplete-again"] {
      let file = try PackageFiles.text("Fixtures/Chains/\(name).jsonl")
      let fixture = try Fixture(bytes: Array(file.utf8))
      for account in fixture.genesis.accounts {
        // Key and value with their lengths.
        #expect(account.account.wireBytes.count + 22 >= WorldBounds.accountBytesMin)
      }
      for block in fixture.steps.flatMap(\.blocks).map(\.block) {
        let header = HeaderAnnouncement(of: block).wireBytes.count
        #expect(header >= WorldBounds.headerBytesMin, "\(name) \(block.number)")
        for transaction in block.body?.transactions ?? [] {
          #expect(transaction.wireBytes.count >= WorldBounds.transactionBytesMin)
        }
      }
    }
  }

  /// Who makes a block alone has it until the next one, and so makes that too.
  @Test func aWorld_shouldBeUnwinnable_whenASlowPeerMakesItsBlocks() throws {
    let slow = try Self.scenario("slow_peers=1", "slow_factor=100", "time_limit_s=300")
    #expect(Self.rule(slow) == nil)
    let report = try SimulationRunTests.run(slow, seed: 1).report
    #expect(report.verdict == .unwinnable)
    #expect(report.reason.hasPrefix("W4: "), "\(report.reason)")
    // It does not wait for the end.
    #expect(report.virtualNanoseconds < 150_000_000_000)
    let easy = try Self.scenario("slow_peers=1", "slow_factor=2", "time_limit_s=300")
    #expect(try SimulationRunTests.run(easy, seed: 1).report.verdict == .pass)
  }

  @Test func aWorld_shouldBeUnwinnable_whenNobodyHonestAnswersWhileItLasts() throws {
    let scenario = try Self.scenario(
      "nodes=6", "silent_peers=3", "leave_per_million=1000000", "absence_ms=600000",
      "time_limit_s=100", "join_at_block=20")
    let report = try SimulationRunTests.run(scenario, seed: 1).report
    if report.verdict != .pass { #expect(report.reason.hasPrefix("W1: "), "\(report.reason)") }
  }

  @Test(arguments: [900, 1_000, 2_000])
  func aNode_shouldFollowOnePathBehind_whenThePathIsLongerThanAnInterval(latency: Int) throws {
    let scenario = try Self.scenario("latency_ms=\(latency)", "jitter_ms=0", "time_limit_s=400")
    let report = try SimulationRunTests.run(scenario, seed: 1).report
    #expect([.pass, .vacuous].contains(report.verdict), "\(latency) ms: \(report.reason)")
    #expect(Int(report.blocks) - Int(report.head) <= latency / 1_000 + 1)
  }

  @Test func anUnwinnableRun_shouldSayWhyAndNotBeMade() throws {
    let outcome = try SimulationRunTests.run(
      try Self.scenario("join_at_block=5000", "time_limit_s=60"), seed: 1)
    #expect(outcome.report.verdict == .unwinnable)
    #expect(outcome.report.reason.hasPrefix("W2: "), "\(outcome.report.reason)")
    #expect(outcome.report.steps == 0 && outcome.report.virtualNanoseconds == 0)
    #expect(outcome.records.map(\.event.name) == ["run.start", "run.end"])
    #expect(outcome.report.text.contains("UNWINNABLE: W2"))
  }
}
