import ReplicaSimulation
import TestSupport
import Testing

@Suite struct ReplicaCampaignTests {
  /// LIVESYNC_REPLICA_SEEDS=A...B runs others.
  @Test func replicas_shouldAgreeOnWhatTheModelSays_underEveryFault() {
    let tally = ReplicaCampaign(seeds: 1...50).tally()
    for failure in tally.failures {
      Issue.record("seed \(failure.seed), \(failure.kind), \(failure.replicas): \(failure.failure!)")
    }
    #expect(tally.missing == [])
    print(tally.coverage, tally.done, tally.refused, tally.events)
  }
}
