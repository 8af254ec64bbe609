import ReplicaSimulation
import TestSupport
import Testing

/// Clusters of the key-value store under faults, against a plain model.
@Suite struct KeyValueCampaignTests {
  private static let seeds = Campaign.seeds("LIVESYNC_KV_SEEDS", default: 50)

  @Test func clusters_shouldHoldWhatTheModelSays_underEveryFault() {
    var tally = ReplicaTally()
    for seed in 1...Self.seeds { tally.add(KeyValueRun(seed: seed).report()) }
    for report in tally.failures {
      Issue.record("seed \(report.seed): \(report.failure?.description ?? "")")
    }
    #expect(tally.failureCount == 0)
    #expect(tally.missing == [])
    let counts = ReplicaSimulationLimits.clusterReplicasMin...ReplicaSimulationLimits.replicasMax
    #expect(Set(tally.replicas.keys) == Set(counts))
  }

  /// Seeds in which a replica drops a record that its peers have forgotten, and knows of it still.
  @Test(arguments: [125, 1454] as [UInt64])
  func clusters_shouldHoldWhatTheModelSays_whenADeadRecordIsDropped(_ seed: UInt64) {
    let report = KeyValueRun(seed: seed).report()
    #expect(report.failure == nil, "\(report.failure?.description ?? "")")
    #expect(report.coverage.notes[.deadRecord] ?? 0 > 0)
  }

  /// A seed in which a replica starts again before others meet it, and its clock was set back.
  @Test func cluster_shouldHoldWhatTheModelSays_whenAClockIsSetBackOverARestart() {
    let report = KeyValueRun(seed: 1630).report()
    #expect(report.failure == nil, "\(report.failure?.description ?? "")")
    #expect(report.coverage.faults[.clockJump] ?? 0 > 0)
    #expect(report.coverage.faults[.cleanRestart] ?? 0 > 0)
  }

  @Test func cluster_shouldHoldWhatTheModelSays_whenOneCrashesAtEachWritePoint() {
    let reports = KeyValueRun(seed: 12).crashSweep(limit: 5)
    #expect(reports.count == 10)
    for report in reports {
      #expect(report.failure == nil, "\(report.faults)")
      #expect(report.coverage.faults[.crashAtWrite] == 1, "\(report.faults)")
    }
  }

  @Test(
    arguments: zip(
      [
        KeyValueFault.acknowledgedHole, .earlyPurge, .earlyAcknowledgement, .emptySession,
        .unsyncedAnswer, .storedDead, .deafClock,
      ], [UInt64(40), 3, 40, 3, 40, 200, 40]))
  func plantedFault_shouldBeFound_withinTheSeeds(_ fault: KeyValueFault, _ seeds: UInt64) throws {
    let report = try #require(
      (1...seeds).lazy.map { KeyValueRun(seed: $0, planted: fault).report() }
        .first { $0.failure != nil })
    let kinds: [ReplicaFailure.Kind] =
      switch fault {
      case .acknowledgedHole: [.falseAcknowledgement]
      case .earlyPurge: [.lostWrite, .falseAcknowledgement, .revived]
      case .earlyAcknowledgement, .unsyncedAnswer: [.lostWrite, .falseAcknowledgement]
      case .emptySession: [.notConverged, .falseAcknowledgement]
      case .storedDead: [.revived, .lostWrite, .notConverged]
      case .deafClock: [.clockBackwards]
      }
    #expect(kinds.contains(try #require(report.failure).kind), "\(report.failure?.detail ?? "")")
  }

  @Test func cluster_shouldBeGivenUp_whenItIsNotEqualInTime() throws {
    let report = try #require(
      (1...5).lazy.map { KeyValueRun(seed: $0, planted: .emptySession).report() }
        .first { $0.failure?.kind == .notConverged })
    #expect(report.milliseconds > ReplicaSimulationLimits.keyValueConvergenceMillisecondsMax)
  }

  @Test func runs_shouldBeTheSameByteForByte_whenTheSeedIsTheSame() {
    let (first, second) = (KeyValueRun(seed: 7).report(), KeyValueRun(seed: 7).report())
    #expect(first.digest == second.digest && first.events == second.events)
    #expect(first.digest != KeyValueRun(seed: 8).report().digest)
  }

  @Test func failingRun_shouldBeShrunk_toTheSameFailure() throws {
    let run = KeyValueRun(seed: 1, planted: .earlyPurge)
    let failure = try #require(run.report().failure)
    let shrunk = try #require(run.shrunk())
    #expect(shrunk.report.failure?.kind == failure.kind)
    #expect(shrunk.commands <= 6)
  }
}
