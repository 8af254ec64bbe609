import ReplicaSimulation
import Testing

/// What a campaign must find, in few runs and for the right reason.
@Suite struct PlantedReplicaTests {
  /// The first of `seeds` that fails.
  private func found(_ fault: PlantedFault, in seeds: ClosedRange<UInt64>) -> ReplicaReport? {
    seeds.lazy.map { ReplicaRun(seed: $0, planted: fault).report() }
      .first { $0.failure != nil }
  }

  @Test(
    arguments: zip(
      [
        PlantedFault.mergeAdds, .reusedID, .boastingContext, .emptyWithoutNumber,
        .acknowledgedHole, .wallClock, .removeWins, .droppedDelta, .endlessWait, .holeTrims,
      ], [UInt64(1), 12, 12, 4, 30, 1, 4, 1, 29, 3]))
  func plantedFault_shouldBeFound_withinAFewSeeds(_ fault: PlantedFault, _ seeds: UInt64) throws {
    let report = try #require(found(fault, in: 1...seeds))
    let kinds: [ReplicaFailure.Kind] =
      switch fault {
      case .mergeAdds, .boastingContext, .removeWins: [.wrongValue, .notConverged]
      case .reusedID: [.unexplainedGap, .reusedDot, .wrongValue, .notConverged]
      case .emptyWithoutNumber: [.unexplainedGap, .notConverged]
      case .acknowledgedHole: [.wrongValue, .notConverged, .refusedChange]
      case .wallClock: [.clockBackwards]
      case .droppedDelta, .endlessWait: [.notConverged]
      case .holeTrims: [.falseAcknowledgement]
      }
    #expect(kinds.contains(try #require(report.failure).kind))
    #expect(!report.lastEvents.isEmpty)
    #expect(report.lastEvents.count <= ReplicaSimulationLimits.reportedEventsMax)
  }

  @Test func idOfAnOldCopy_shouldGiveOneDotTwice_whenItIsUsedAgain() {
    let kinds = Set(
      (1...100).compactMap {
        ReplicaRun(seed: $0, kind: .mvregister, planted: .reusedID).report().failure?.kind
      })
    #expect(kinds.contains(.reusedDot) || kinds.contains(.wrongValue))
  }

  @Test func holes_shouldKeepReplicasApart_whenTheyAreAcknowledged() throws {
    let report = try #require(
      (1...200).lazy.map { ReplicaRun(seed: $0, planted: .acknowledgedHole).report() }
        .first { $0.failure?.kind == .notConverged })
    #expect(report.milliseconds > ReplicaSimulationLimits.convergenceMillisecondsMax)
  }

  @Test func sessionWithoutAnswers_shouldBeBegunAnew_afterQuietTicks() {
    let run = ReplicaRun(seed: 29, kind: .orset, exchange: .log).report()
    #expect(run.failure == nil)
    #expect((run.coverage.notes[.sessionLost] ?? 0) > 0)
    let waiting = ReplicaRun(seed: 29, planted: .endlessWait).report()
    #expect(waiting.failure?.kind == .notConverged)
    #expect(waiting.coverage.notes[.sessionLost] == nil)
    // Or a run would be over before a second session is.
    let milliseconds = Int64(ReplicaSimulationLimits.quietTicksMax) * 500
    #expect(milliseconds * 3 < ReplicaSimulationLimits.convergenceMillisecondsMax)
  }

  @Test func failingRun_shouldBeShrunk_toTheSameFailure() throws {
    let run = ReplicaRun(seed: 12, planted: .boastingContext)
    let failure = try #require(run.report().failure)
    let shrunk = try #require(run.shrunk())
    #expect(shrunk.report.failure?.kind == failure.kind)
    #expect(shrunk.commands <= 6)
    #expect(shrunk.faults <= 1)
    #expect(ReplicaRun(seed: 12, kind: .orset).shrunk() == nil)
  }
}
