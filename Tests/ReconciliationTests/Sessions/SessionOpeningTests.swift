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

  /// Ranges are taken, and left at once for symbols: what was asked for ahead of the opening's
  /// answer and comes empty is no answer to these.
  @Test(arguments: 0..<40)
  func lateEmpties_shouldNotBeTaken_forAnswersToNewRequests(seed: UInt64) async {
    struct Returning: SyncPolicy {
      func opening(_ situation: SyncSituation) -> SyncOpening? {
        SyncOpening(
          plans: [SyncPlan(.rateless), SyncPlan(.ranges)], probeSymbols: 4, ahead: 300,
          reason: "both")
      }
      func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int { 1 }
      func choose(_ situation: SyncSituation) -> SyncChoice? {
        SyncChoice(.rateless, reason: "after all")
      }
    }
    let (a, b) = ModelReplica.pair(
      seed: seed, common: 300, apart: 120, strategies: [.rateless, .ranges])
    var world = SessionWorld(a, b, seed: seed, policy: Returning())
    world.lossPercent = Int(seed % 4) * 5
    await world.run()
    #expect(world.penalties.isEmpty, "seed \(seed): \(world.penalties)")
    #expect(world.session.phase == .complete, "seed \(seed): \(world.session.phase)")
    #expect(a.entries == b.entries)
  }

  /// The first answer to the opening takes ranges and is lost, the second one takes symbols.
  @Test func lateEmpties_shouldBeginAnew_whenSymbolsAreTakenAfterAll() throws {
    let (a, b) = ModelReplica.pair(
      seed: 31, common: 100, apart: 60, strategies: [.rateless, .ranges])
    let opening = SyncOpening(
      plans: [SyncPlan(.rateless), SyncPlan(.ranges)], probeSymbols: 4, ahead: 300, reason: "both")
    var session = SyncSession(
      id: SyncSessionID(1), peer: SessionWorld.peer, view: a.view(),
      policy: OpeningPolicy(start: opening, picked: 1), at: .start)
    var first = SyncServer(policy: OpeningPolicy(start: opening, picked: 1))
    var second = SyncServer(policy: OpeningPolicy(start: opening, picked: 0))
    func answer(_ outgoing: SyncOutgoing, by server: inout SyncServer) throws -> SyncAnswer {
      let reply = server.answer(
        outgoing.request, of: SessionWorld.peer, view: b.view(), at: .start)
      guard case .answer(let answer) = reply else {
        throw ReconciliationError.malformed("\(reply)")
      }
      return answer
    }
    var sent: [SyncOutgoing] = []
    while let outgoing = session.nextRequest(at: .start) { sent.append(outgoing) }
    try #require(sent.count > 2)
    var answers: [SyncAnswer] = []
    for outgoing in sent { answers.append(try answer(outgoing, by: &first)) }
    #expect(answers.dropFirst().allSatisfy { $0 == .compared([]) })
    _ = session.lost(sent[0].number, .timeout, at: .start)
    let repeated = session.nextRequest(at: .start)
    let opened = try answer(try #require(repeated), by: &second)
    var actions = session.receive(opened, bytes: 1, to: repeated?.number ?? 0, at: .start)
    for (outgoing, answer) in zip(sent, answers).dropFirst() {
      actions += session.receive(answer, bytes: 1, to: outgoing.number, at: .start)
    }
    #expect(actions.isEmpty)
    #expect(session.rounds == 2)
    #expect(!session.isComplete)
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
