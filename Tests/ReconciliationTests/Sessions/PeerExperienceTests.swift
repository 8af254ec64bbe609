import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

/// What is learnt of a peer from session to session.
@Suite struct PeerExperienceTests {
  /// Two strategies of which one keeps the peer's processor busy and the other one this side's.
  private struct Busy: StrategyModel {
    let strategy: StrategyID
    static let theirs = StrategyCost(flights: 1, remoteNs: 20e6)
    static let own = StrategyCost(flights: 1, localNs: 60e6)

    func cost(of sets: SetFigures) -> StrategyCost {
      strategy == .full ? Self.theirs : Self.own
    }
  }

  /// One session after another with a peer whose processor takes so many times as long, over a line
  /// of 20 ms in simulated time.
  private func choices(slowness: Double, sessions: Int) async throws -> [StrategyID] {
    let policy = AdaptivePolicy(models: [Busy(strategy: .full), Busy(strategy: .ranges)])
    var manager = SessionManager(firstID: 1)
    var now = Moment.start
    var taken: [StrategyID] = []
    for round in 0..<sessions {
      let (local, remote) = ModelReplica.pair(seed: UInt64(round), common: 6, apart: 8)
      var server = SyncServer(
        policy: policy, limits: RateLimits(perType: [SyncRequest.type: 1_000_000]))
      let id = try manager.start(
        with: SessionWorld.peer, view: local.view(), policy: policy,
        configuration: SyncConfiguration(), transfer: WholeValues(), at: now)
      var ended: SyncSession?
      while ended == nil {
        guard let next = manager.nextRequest(at: now) else { break }
        now = now.advanced(by: .milliseconds(20))
        // The busy processor, once in a comparison.
        if case .open = next.outgoing.request.body {
          let isTheirs = manager.sessions[id]?.choice?.strategy == .full
          let busy = isTheirs ? Busy.theirs.remoteNs * slowness : Busy.own.localNs
          now = now.advanced(by: .nanoseconds(Int64(busy)))
        }
        var answer: SyncAnswer
        switch server.answer(
          next.outgoing.request, of: SessionWorld.peer, view: remote.view(), at: now)
        {
        case .answer(let given): answer = given
        case .store(let entries):
          answer = .stored(try await remote.apply(entries, dropping: []).summary)
        case .fault(let error): throw error
        }
        var actions = manager.with(id) {
          $0.receive(answer, bytes: 2_000, to: next.outgoing.number, at: now)
        }
        while let action = actions.popLast() {
          guard case .apply(let entries, let dropping) = action else { continue }
          let view = try await local.apply(entries, dropping: dropping)
          actions += manager.with(id) { $0.applied(view, at: now) }
        }
        ended = manager.remove(id)
      }
      let session = try #require(ended)
      #expect(session.phase == .complete)
      taken.append(try #require(session.choice?.strategy))
    }
    return taken
  }

  @Test func secondSession_shouldChooseBetter_whenThePeerIsThrottled() async throws {
    let taken = try await choices(slowness: 8, sessions: 4)
    #expect(taken == [.full, .ranges, .ranges, .ranges])
  }

  @Test func sessions_shouldStayWithTheirChoice_whenThePeerIsAsFastAsPredicted() async throws {
    let taken = try await choices(slowness: 1, sessions: 4)
    #expect(taken == [.full, .full, .full, .full])
  }

  @Test func slowness_shouldBeFound_fromWhatIsBeyondTheLine() {
    let path = PathFigures(bytesPerSecond: 1e6, roundTrip: 0.01)
    let cost = StrategyCost(flights: 2, downBytes: 10_000, remoteNs: 50e6)
    var experience = PeerExperience()
    for _ in 0..<20 { experience.observed(.bloom, seconds: 0.03 + 8 * 0.05, cost, on: path) }
    #expect(abs(experience.slowness - 8) < 0.01)
    // What the slowness explains is no fault of the prediction.
    #expect(abs(experience.corrections[.bloom] - 1) < 0.4)
  }

  @Test func slowness_shouldStayInItsBounds_whateverIsMeasured() {
    let path = PathFigures(bytesPerSecond: 1e6, roundTrip: 0.01)
    let most = ReconciliationLimits.slownessMax
    var experience = PeerExperience()
    for seconds in [1e12, 0, -1, .nan, 1e12, .infinity] {
      experience.observed(
        .full, seconds: seconds, StrategyCost(flights: 1, remoteNs: 1e9), on: path)
      #expect(experience.slowness <= most && experience.slowness >= 1 / most)
      #expect(experience.corrections[.full] <= ReconciliationLimits.correctionMax)
    }
    let before = experience
    experience.observed(.full, seconds: 1, StrategyCost(flights: .infinity), on: path)
    #expect(experience == before)
    // A strategy that hardly uses the peer's processor tells nothing of it.
    var idle = PeerExperience()
    idle.observed(.rateless, seconds: 5, StrategyCost(flights: 1, remoteNs: 1_000), on: path)
    #expect(idle.slowness == 1)
  }
}
