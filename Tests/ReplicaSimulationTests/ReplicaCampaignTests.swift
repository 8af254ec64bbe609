import ReplicaSimulation
import TestSupport
import Testing

@Suite struct ReplicaCampaignTests {
  private static let seeds = Campaign.seeds("LIVESYNC_REPLICA_SEEDS", default: 50)

  private func expectAgreement(_ tally: ReplicaTally) {
    for report in tally.failures {
      Issue.record(
        "seed \(report.seed), \(report.kind): \(report.failure?.description ?? "")")
    }
    #expect(tally.failureCount == 0)
  }

  @Test func replicas_shouldAgreeOnWhatTheModelSays_underEveryFault() {
    let tally = ReplicaCampaign(seeds: 1...Self.seeds).tally()
    expectAgreement(tally)
    #expect(tally.missing == [])
    #expect(!tally.isVacuous)
    #expect(Set(tally.kinds.keys) == Set(ModelKind.allCases.map(\.rawValue)))
    let counts = ReplicaSimulationLimits.replicasMin...ReplicaSimulationLimits.replicasMax
    #expect(Set(tally.replicas.keys) == Set(counts))
  }

  @Test(arguments: ModelKind.allCases)
  func replicasOfEachType_shouldAgree_underOtherFaults(_ kind: ModelKind) {
    expectAgreement(ReplicaCampaign(seeds: 1_000...1_011, kind: kind).tally())
  }

  @Test(arguments: [ModelKind.gcounter, .pncounter, .orset, .ormap, .rgatext])
  func replicas_shouldAgree_whenOneCrashesAtEachWritePoint(_ kind: ModelKind) {
    let reports = ReplicaRun(seed: 14, kind: kind, exchange: .deltas).crashSweep(limit: 40)
    #expect(reports.count == 80)
    for report in reports {
      #expect(report.failure == nil, "\(report.faults)")
      #expect(report.coverage.faults[.crashAtWrite] == 1, "\(report.faults)")
    }
  }

  @Test func replicasWithLogs_shouldAgree_underEveryFault() {
    let tally = ReplicaCampaign(seeds: 1...Self.seeds, exchange: .log).tally()
    expectAgreement(tally)
    #expect(tally.missing == [])
    #expect(!tally.isVacuous)
    #expect(tally.exchanges == [.log: Int(Self.seeds)])
    #expect(Set(tally.kinds.keys) == Set(ModelKind.allCases.map(\.rawValue)))
  }

  @Test(arguments: [ModelKind.pncounter, .orset, .ormap, .rgatext])
  func replicasWithLogs_shouldAgree_whenOneCrashesAtEachWritePoint(_ kind: ModelKind) {
    let reports = ReplicaRun(seed: 14, kind: kind, exchange: .log).crashSweep(limit: 20)
    #expect(reports.count == 40)
    for report in reports {
      #expect(report.failure == nil, "\(report.faults)")
      #expect(report.coverage.faults[.crashAtWrite] == 1, "\(report.faults)")
    }
  }

  @Test func logs_shouldBeOfAllLengths_acrossSeeds() {
    let lengths = (1...40).compactMap {
      ReplicaRun(seed: $0, kind: .gcounter, exchange: .log).report().logOperations
    }
    #expect(lengths.count == 40)
    #expect(lengths.min() == ReplicaSimulationLimits.logOperationsMin)
    let most = ReplicaSimulationLimits.logOperationsMax
    #expect(lengths.contains { $0 > most / 2 } && lengths.allSatisfy { $0 <= most })
    #expect(ReplicaRun(seed: 1, exchange: .deltas).report().logOperations == nil)
  }

  @Test func runs_shouldBeTheSameByteForByte_whenTheSeedIsTheSame() {
    for kind in ModelKind.allCases {
      for exchange in ReplicaProtocol.allCases {
        let run = ReplicaRun(seed: 7, kind: kind, exchange: exchange)
        let (first, second) = (run.report(), run.report())
        #expect(first.digest == second.digest)
        #expect(first.events == second.events && first.done == second.done)
        let other = ReplicaRun(seed: 8, kind: kind, exchange: exchange).report()
        #expect(first.digest != other.digest)
      }
    }
  }

  @Test func campaign_shouldBeVacuous_whenAFaultNeverHappened() {
    var tally = ReplicaTally()
    let report = ReplicaRun(seed: 1).report()
    for _ in 0..<ReplicaTally.completeRunsMin { tally.add(report) }
    #expect(tally.missing.contains("restore") || tally.missing.contains("copy"))
    #expect(tally.isVacuous)
  }

  @Test func failures_shouldBeKept_upToALimit() {
    var tally = ReplicaTally()
    let report = ReplicaRun(seed: 1, planted: .mergeAdds).report()
    for _ in 0...ReplicaSimulationLimits.keptFailuresMax { tally.add(report) }
    #expect(tally.failures.count == ReplicaSimulationLimits.keptFailuresMax)
    #expect(tally.failureCount == ReplicaSimulationLimits.keptFailuresMax + 1)
  }
}
