import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

/// Openings with probes, with several plans, and with requests ahead.
@Suite struct SessionOpeningTests {
  /// Begins as it is told and never changes.
  struct OpeningPolicy: SyncPolicy {
    let start: SyncOpening
    let picked: Int

    func opening(_ situation: SyncSituation) -> SyncOpening? {
      situation.offered.contains(.rateless) ? start : nil
    }
    func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int { picked }
    func choose(_ situation: SyncSituation) -> SyncChoice? {
      situation.current.map { SyncChoice($0, reason: "as before") }
    }
  }

  private func world(
    _ start: SyncOpening, picked: Int = 0, apart: Int, seed: UInt64 = 21
  ) async -> (SessionWorld, ModelReplica, ModelReplica) {
    let (a, b) = ModelReplica.pair(
      seed: seed, common: 100, apart: apart, strategies: [.rateless, .ranges, .full])
    let policy = OpeningPolicy(start: start, picked: picked)
    var world = SessionWorld(a, b, seed: seed, policy: policy)
    await world.run()
    return (world, a, b)
  }

  @Test func session_shouldKnowTheDifferenceAtOnce_whenItsProbeIsEnough() async {
    let opening = SyncOpening(
      plans: [SyncPlan(.rateless)], probeSymbols: 64, reason: "a probe")
    let (world, a, b) = await world(opening, apart: 10)
    #expect(world.session.phase == .complete)
    #expect(world.session.choice?.reason == "the probe was enough")
    #expect(a.entries == b.entries)
  }

  @Test func otherSide_shouldPickAPlan_whenSeveralAreOffered() async {
    let plans = [
      SyncPlan(.rateless), SyncPlan(.rateless, expected: 200), SyncPlan(.ranges), SyncPlan(.full),
    ]
    for picked in plans.indices {
      let opening = SyncOpening(plans: plans, probeSymbols: 4, reason: "a probe")
      let (world, a, b) = await world(opening, picked: picked, apart: 60)
      #expect(world.session.phase == .complete)
      #expect(a.entries == b.entries)
      if picked > 1 {
        #expect(world.session.choice?.strategy == plans[picked].strategy)
      }
    }
  }

  @Test(arguments: [0, 1, 7])
  func requests_shouldFollowTheOpening_whenTheLineCarriesThem(ahead: Int) async {
    let opening = SyncOpening(plans: [SyncPlan(.rateless)], ahead: ahead, reason: "a stream")
    let (world, a, b) = await world(opening, apart: 90, seed: UInt64(30 + ahead))
    #expect(world.session.phase == .complete)
    #expect(a.entries == b.entries)
  }

  /// The policy goes to ranges and back; what is known of the symbols is used again.
  @Test func session_shouldGoOnWhereItStopped_whenItChangesItsMind() async {
    struct Wandering: SyncPolicy {
      func choose(_ situation: SyncSituation) -> SyncChoice? {
        let next: StrategyID =
          situation.current == nil || situation.current == .ranges ? .rateless : .ranges
        return SyncChoice(next, reason: "back and forth")
      }
    }
    let (a, b) = ModelReplica.pair(
      seed: 23, common: 300, apart: 200, strategies: [.rateless, .ranges])
    var world = SessionWorld(a, b, seed: 23, policy: Wandering())
    await world.run()
    #expect(world.session.phase == .complete)
    #expect(a.entries == b.entries)
    #expect(world.requests < 200, "bounded by \(ReconciliationLimits.changesMax) changes")
  }

  @Test(arguments: 0..<12)
  func adaptivePolicy_shouldMakeReplicasEqual_whateverDiffers(seed: UInt64) async {
    let (a, b) = ModelReplica.pair(
      seed: seed, common: Int(seed) * 40, apart: [0, 1, 3, 20, 150, 400][Int(seed) % 6],
      strategies: [.rateless, .ranges, .full])
    for link in [
      LinkMonitor(), LinkMonitor(bytesPerSecond: 12_500, roundTrip: .milliseconds(1)),
      LinkMonitor(bytesPerSecond: 1e8, roundTrip: .milliseconds(100)),
    ] {
      let (c, d) = (
        ModelReplica(a.strategies, Array(a.entries.values)),
        ModelReplica(b.strategies, Array(b.entries.values))
      )
      var world = SessionWorld(c, d, seed: seed, policy: AdaptivePolicy(), link: link)
      world.lossPercent = Int(seed % 3) * 4
      await world.run()
      #expect(world.session.phase == .complete, "seed \(seed): \(world.session.phase)")
      #expect(c.entries == d.entries)
    }
  }
}
