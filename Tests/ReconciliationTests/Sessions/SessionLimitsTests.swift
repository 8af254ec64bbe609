import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

@Suite struct SessionLimitsTests {
  private typealias Limits = ReconciliationLimits

  private func refused(_ answer: SyncAnswer) -> Bool {
    (try? SyncAnswer(wireBytes: answer.wireBytes)) == nil
  }

  private func refused(_ body: SyncRequest.Body) -> Bool {
    let request = SyncRequest(session: SyncSessionID(1), body: body)
    return (try? SyncRequest(wireBytes: request.wireBytes)) == nil
  }

  @Test func messages_shouldBeRefused_whenTheyHoldMoreThanTheyMay() {
    let id = RecordID(high: 1, low: 1)
    let ids = [RecordID](repeating: id, count: Limits.batchItemsMax)
    #expect(!refused(.records(ids)))
    #expect(refused(.records(ids + [id])))
    let value = [UInt8](repeating: 1, count: Limits.valueBytesMax)
    #expect(!refused(.values([.value(value)])))
    #expect(refused(.values([.value(value + [1])])))
    let message = [UInt8](repeating: 1, count: Limits.comparisonBytesMax)
    #expect(!refused(.compared(message)))
    #expect(refused(.compared(message + [1])))
    #expect(SyncAnswer.compared(message).wireBytes.count <= Limits.sessionMessageBytesMax)
    let summary = ReplicaSummary(root: .zero, count: 0, revision: 0)
    let strategies = [UInt8](repeating: 1, count: Limits.strategiesMax)
    #expect(!refused(.opened(summary, strategies: strategies, taken: nil)))
    #expect(refused(.opened(summary, strategies: strategies + [1], taken: nil)))
    let offer = SyncOffer(strategy: 1, messages: [[1]])
    let offers = [SyncOffer](repeating: offer, count: Limits.plansMax)
    #expect(!refused(.open(summary, offers: offers, probe: nil)))
    #expect(refused(.open(summary, offers: offers + [offer], probe: nil)))
    func probe(_ bytes: Int) -> SyncProbe {
      SyncProbe(
        symbols: [UInt8](repeating: 1, count: bytes), bytesPerSecond: 1, roundTripUs: 1,
        slownessPercent: 1)
    }
    #expect(!refused(.open(summary, offers: [], probe: probe(Limits.probeBytesMax))))
    #expect(refused(.open(summary, offers: [], probe: probe(Limits.probeBytesMax + 1))))
    let solved = [RecordID](repeating: id, count: Limits.probeSymbolsMax)
    #expect(
      !refused(.opened(summary, strategies: [], taken: .solved(missing: solved, extra: []))))
    #expect(
      refused(.opened(summary, strategies: [], taken: .solved(missing: solved + [id], extra: []))))
  }

  @Test func answers_shouldEnd_whenTheyHaveEnoughBytes() async {
    let replica = ModelReplica()
    for index in 0..<40 {
      replica.write([UInt8(index)], version: 1, [UInt8](repeating: 7, count: 40_000))
    }
    for index in 40..<50 {
      let size = Limits.inlineValueBytesMax + index % 2
      replica.write([UInt8(index)], version: 1, [UInt8](repeating: 7, count: size))
    }
    var server = SyncServer(policy: FixedPolicy(order: []))
    let view = replica.view()
    func answer(_ body: SyncRequest.Body) -> SyncAnswer? {
      let request = SyncRequest(session: SyncSessionID(1), body: body)
      guard
        case .answer(let answer) = server.answer(
          request, of: SessionWorld.peer, view: view, at: .start)
      else { return nil }
      return answer
    }
    let ids = replica.entries.values.sorted { $0.record.key[0] < $1.record.key[0] }.map(\.record.id)
    guard case .values(let values) = answer(.values(ids.prefix(40).map { ValueWish(id: $0) }))
    else {
      Issue.record("no values")
      return
    }
    #expect(values.count == Limits.batchBytesMax / 40_000)
    guard case .records(let records, _) = answer(.records(Array(ids.suffix(10)))) else {
      Issue.record("no records")
      return
    }
    let inline = records.count { if case .entry = $0 { true } else { false } }
    #expect(inline == 5)
  }

  @Test func requests_shouldBeRefused_whenOnePeerSendsTooMany() {
    let replica = ModelReplica()
    var server = SyncServer(policy: FixedPolicy(order: []))
    let request = SyncRequest(session: SyncSessionID(1), body: .summary)
    var answered = 0
    for _ in 0..<Limits.sessionRequestsPerWindowMax + 10 {
      if case .answer(.summary) = server.answer(
        request, of: SessionWorld.peer, view: replica.view(), at: .start)
      {
        answered += 1
      }
    }
    #expect(answered == Limits.sessionRequestsPerWindowMax)
  }

  @Test func views_shouldBeKept_forTheLatestSessions() {
    let replica = ModelReplica.pair(seed: 9, common: 3, apart: 0).0
    var server = SyncServer(policy: FixedPolicy(order: []))
    var revisions: [UInt64] = []
    let none = ReplicaSummary(root: .zero, count: 0, revision: 0)
    func send(_ body: SyncRequest.Body) -> SyncAnswer? {
      let request = SyncRequest(session: SyncSessionID(1), body: body)
      guard
        case .answer(let answer) = server.answer(
          request, of: SessionWorld.peer, view: replica.view(), at: .start)
      else { return nil }
      return answer
    }
    for index in 0..<Limits.viewsMax + 1 {
      replica.write([UInt8(index)], version: 3, [1])
      revisions.append(replica.view().summary.revision)
      let offer = SyncOffer(strategy: StrategyID.full.rawValue, messages: [[0, 0]])
      #expect(send(.open(none, offers: [offer], probe: nil)) != nil)
    }
    replica.write([99], version: 3, [1])
    for (place, revision) in revisions.enumerated() {
      let answer = send(.compare(revision: revision, strategy: 1, message: [0, 0]))
      if place == 0 {
        guard case .moved = answer else {
          Issue.record("an old view is kept")
          return
        }
      } else {
        guard case .compared = answer else {
          Issue.record("view \(place) is gone")
          return
        }
      }
    }
  }

  @Test func session_shouldAskNoMore_whenMuchIsUnstored() async {
    let (a, b) = (ModelReplica(), ModelReplica())
    for index in 0..<200 {
      b.write([UInt8(index)], version: 1, [UInt8](repeating: UInt8(index), count: 100_000))
    }
    var session = SyncSession(
      id: SyncSessionID(1), peer: SessionWorld.peer, view: a.view(),
      policy: FixedPolicy(order: [.full]), at: .start)
    var server = SyncServer(policy: FixedPolicy(order: []))
    var unstored = 0
    // Nothing is ever stored.
    while let outgoing = session.nextRequest(at: .start) {
      #expect(session.requestsUnderWay <= Limits.sessionRequestsMax)
      guard
        case .answer(let answer) = server.answer(
          outgoing.request, of: SessionWorld.peer, view: b.view(), at: .start)
      else {
        Issue.record("no answer")
        return
      }
      for action in session.receive(answer, bytes: 1, to: outgoing.number, at: .start) {
        if case .apply(let entries, _) = action {
          unstored += entries.reduce(0) { $0 + $1.value.count }
        }
      }
    }
    #expect(!session.isComplete)
    #expect(unstored > Limits.unstoredBytesMax)
    #expect(unstored <= Limits.unstoredBytesMax + Limits.batchBytesMax)
  }
}
