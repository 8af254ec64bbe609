import EventLog
import Simulation
import TestSupport
import Testing

/// Scenarios drawn over all ranges.
@Suite struct WildTests {
  private static let drawn = (0...3_999).map { Scenario.wild(seed: $0) }

  @Test func everyDraw_shouldBeAllowed() {
    for scenario in Self.drawn {
      #expect(throws: Never.self, "\(scenario.name)") { try scenario.check() }
    }
  }

  /// Keys that came later are not drawn, so that the worlds of seeds stay.
  @Test func everyKey_shouldTakeBothEndsOfItsRange() {
    let fixed = [
      "snapshot", "changed_", "return_way", "joiners", "changing_validators", "producer_gossips",
      "undialable_peers",
    ]
    for field in Scenario.fields where !fixed.contains(where: field.key.hasPrefix) {
      for end in [field.range.lowerBound, field.range.upperBound] {
        let count = Self.drawn.filter { $0[field.key] == end }.count
        #expect(count > 0, "\(field.key) is never \(end)")
      }
      let values = Set(Self.drawn.map { $0[field.key] })
      #expect(values.count > min(20, field.range.count / 2), "\(field.key)")
    }
    #expect(Set(Self.drawn.map(\.strategy)).count == 2)
    for kind in LiarKind.ofEveryWorld {
      #expect(Self.drawn.contains { $0.liars.contains(kind) }, "\(kind)")
    }
  }

  /// What a verdict excuses must stay rare.
  @Test func fewDraws_shouldBeUnwinnable() {
    let count = Self.drawn.filter { WorldBounds($0).obstacle != nil }.count
    #expect(count > 40 && count * 100 < 15 * Self.drawn.count, "\(count)")
  }

  @Test func theScenarioOfASeed_shouldBeTheSame_alsoFromItsFile() throws {
    for seed in 0...200 as ClosedRange<UInt64> {
      let scenario = Scenario.wild(seed: seed)
      #expect(scenario == Scenario.wild(seed: seed), "seed \(seed)")
      #expect(try Scenario(json: Array(scenario.json.utf8)) == scenario, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<66 as Range<UInt64>)
  func aWildRun_shouldNotFail_andGiveTheSameBytes(seed: UInt64) throws {
    var scenario = Scenario.wild(seed: seed)
    let report = try SimulationRun(scenario, seed: seed).run(identity: SimulationRunTests.identity)
    #expect(
      [.pass, .vacuous, .unwinnable].contains(report.verdict), "seed \(seed): \(report.reason)")
    guard report.verdict != .unwinnable else { return }
    if seed % 10 == 0 {
      let again = try SimulationRun(scenario, seed: seed).run(identity: SimulationRunTests.identity)
      #expect(again.logDigest == report.logDigest, "seed \(seed)")
    }
    // What was won could be won in the time that it took.
    scenario.timeLimitSeconds = Int(report.virtualNanoseconds / 1_000_000_000) + 1
    #expect(WorldBounds(scenario).obstacle == nil, "seed \(seed)")
  }

  /// Worlds that a rule of this engine was made for: nearly all peers silent and messages lost
  /// (393, 442), messages lost and peers coming and going (545), one chunk at a time over a very
  /// thin line (811), a batch in each round trip and one peer (856), half of the answers lost and a
  /// batch in three round trips (687), or twenty blocks a second (926).
  @Test(arguments: [393, 442, 545, 687, 811, 856, 926] as [UInt64])
  func hardWorlds_shouldBeWon(seed: UInt64) throws {
    let report = try SimulationRun(Scenario.wild(seed: seed), seed: seed)
      .run(identity: SimulationRunTests.identity)
    #expect([.pass, .vacuous].contains(report.verdict), "seed \(seed): \(report.reason)")
    #expect(report.completeAfterNanoseconds != nil, "seed \(seed)")
  }

  /// A block with a wrong state root becomes the head while the state is incomplete.
  @Test func headThatLies_shouldNotBeFetchedAgainAndAgain() throws {
    let outcome = try SimulationRunTests.run(Scenario.wild(seed: 367), seed: 367)
    #expect(outcome.report.verdict == .pass, "\(outcome.report.reason)")
    let names = outcome.records.filter { $0.context.node == "s0" }.map(\.event.name)
    #expect(names.contains("state.wrong_root"))
    // One round of requests to the seventeen peers, and what the state itself takes.
    #expect(names.count { $0 == "chunk.requested" } < 100)
  }
}
