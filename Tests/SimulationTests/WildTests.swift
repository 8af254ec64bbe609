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

  @Test func everyKey_shouldTakeBothEndsOfItsRange() {
    for field in Scenario.fields {
      for end in [field.range.lowerBound, field.range.upperBound] {
        let count = Self.drawn.filter { $0[field.key] == end }.count
        #expect(count > 0, "\(field.key) is never \(end)")
      }
      let values = Set(Self.drawn.map { $0[field.key] })
      #expect(values.count > min(20, field.range.count / 2), "\(field.key)")
    }
    #expect(Set(Self.drawn.map(\.strategy)).count == 2)
    for kind in LiarKind.allCases {
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
}
