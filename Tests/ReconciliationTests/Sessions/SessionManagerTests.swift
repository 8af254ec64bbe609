import EventLog
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

@Suite struct SessionManagerTests {
  private func peer(_ number: UInt32) -> PeerID {
    PeerID(identity: .simulated(number), number: number)
  }

  private func start(
    _ manager: inout SessionManager, _ number: UInt32, _ replica: ModelReplica
  ) throws(SyncStartError) -> SyncSessionID {
    try manager.start(
      with: peer(number), view: replica.view(), policy: FixedPolicy(order: [.full]),
      configuration: SyncConfiguration(), transfer: WholeValues(), at: .start)
  }

  @Test func sessions_shouldBeRefused_whenTooManyAreUnderWay() throws {
    let replica = ModelReplica.pair(seed: 1, common: 5, apart: 5).0
    var manager = SessionManager(firstID: 10)
    let most = ReconciliationLimits.sessionsMax
    var first: SyncSessionID?
    for number in 0..<UInt32(most) {
      let id = try start(&manager, number, replica)
      if first == nil { first = id }
    }
    #expect(manager.activeCount == most)
    #expect(throws: SyncStartError.tooManyConcurrentSyncs(limit: most)) {
      try start(&manager, 99, replica)
    }
    #expect(throws: SyncStartError.alreadySyncing(peer(3))) { try start(&manager, 3, replica) }
    let id = try #require(first)
    #expect(manager.with(id) { $0.cancel(at: .start) } == [.finished])
    #expect(manager.remove(id)?.phase == .failed(.cancelled))
    _ = try start(&manager, 99, replica)
    #expect(manager.total.sessions == 1)
  }

  @Test func sessions_shouldTakeTurns_whenAllHaveRequests() throws {
    let replica = ModelReplica.pair(seed: 2, common: 5, apart: 5).0
    var manager = SessionManager(firstID: 0)
    for number in 0..<UInt32(4) { _ = try start(&manager, number, replica) }
    var peers: [PeerID] = []
    while let next = manager.nextRequest(at: .start) { peers.append(next.peer) }
    // Each has its opening under way, and nothing else before that is answered.
    #expect(peers == (0..<4).map(peer))
    #expect(peers.count <= ReconciliationLimits.requestsUnderWayMax)
  }

  @Test func sessions_shouldWait_whenTheirPeerIsAway() throws {
    let replica = ModelReplica.pair(seed: 3, common: 5, apart: 5).0
    var manager = SessionManager(firstID: 0)
    let most = ReconciliationLimits.interruptedSessionsMax
    for number in 0..<UInt32(most) {
      _ = try start(&manager, number, replica)
      #expect(manager.left(peer(number), at: .start).isEmpty)
    }
    #expect(manager.activeCount == 0)
    #expect(manager.nextRequest(at: .start) == nil)
    _ = try start(&manager, 500, replica)
    let ended = manager.left(peer(500), at: .start)
    #expect(ended.map(\.0) == [SyncSessionID(0)])
    manager.joined(peer(7))
    #expect(manager.nextRequest(at: .start)?.peer == peer(7))
  }
}

/// Replicas over a simulated network.
@Suite struct ReconcilerTests {
  @Test func replicas_shouldBecomeEqual_whenLinksLoseAndRepeat() {
    let runtime = SimulatedRuntime(seed: 5)
    let sink = MemorySink()
    let conditions = LinkConditions(
      latency: .milliseconds(20), lossPerMillion: 30_000, duplicatePerMillion: 50_000)
    let network = SimulatedNetwork(
      runtime: runtime, configuration: NetworkConfiguration(link: conditions))
    let replicas = (0..<4).map { number in
      ModelReplica.pair(
        seed: UInt64(number), common: 30, apart: 20, strategies: [.rateless, .ranges, .full]
      ).0
    }
    let reconcilers = replicas.enumerated().map { number, replica in
      let id = PeerID(identity: .simulated(UInt32(number)), number: UInt32(number))
      return Reconciler(
        network: network.endpoint(for: id), runtime: runtime, replica: replica,
        policy: AdaptivePolicy(),
        random: runtime.randomStream(RandomConsumer(.test, index: UInt32(number))),
        recorder: EventRecorder(sink: sink, context: EventContext(node: "n", actor: "sync")))
    }
    for reconciler in reconcilers { reconciler.serve() }
    let outcome = runtime.run {
      // Around the ring twice: all have what anybody had.
      for step in 0..<8 {
        let peer = PeerID(
          identity: .simulated(UInt32((step + 1) % 4)), number: UInt32((step + 1) % 4))
        guard let id = try? reconcilers[step % 4].start(with: peer) else { continue }
        let session = await reconcilers[step % 4].end(of: id)
        #expect(session?.phase == .complete, "\(step): \(String(describing: session?.phase))")
      }
    }
    #expect(outcome == .done)
    for replica in replicas.dropFirst() { #expect(replica.entries == replicas[0].entries) }
    #expect(reconcilers[0].statistics.sessions == 2)
    #expect(reconcilers[0].statistics.averageSessionMilliseconds > 40)
    #expect(reconcilers[0].statistics.bytes > 0)
    let names = Set(sink.events.map(\.name))
    for name in ["started", "chosen", "phase", "ended", "totals"] {
      #expect(names.contains("reconciliation.\(name)"))
    }
    network.shutdown()
    _ = runtime.shutdown()
  }
}
