import Networking
import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct SyncLiarTests {
  private func world(
    _ lie: @escaping (SyncRequest, SyncAnswer) -> SyncAnswer, seed: UInt64 = 11
  ) async -> SessionWorld {
    let (a, b) = ModelReplica.pair(seed: seed, common: 10, apart: 60)
    var world = SessionWorld(a, b, seed: seed)
    world.lie = lie
    await world.run()
    return world
  }

  private func expectPenalty(_ world: SessionWorld, _ kind: ReconciliationError.Kind) {
    #expect(world.penalties.map(\.kind) == [kind])
    guard case .failed(.peerFault(let error)) = world.session.phase else {
      Issue.record("\(world.session.phase)")
      return
    }
    #expect(world.penalties == [error])
  }

  @Test func peer_shouldBePenalised_whenAValueIsNotThatOfItsRecord() async {
    let short = await world { _, answer in
      guard case .records(var records, let revision) = answer else { return answer }
      for (place, record) in records.enumerated() {
        if case .entry(var entry) = record {
          entry.value[0] ^= 1
          records[place] = .entry(entry)
        }
      }
      return .records(records, revision: revision)
    }
    expectPenalty(short, .contradiction)
    let long = await world { _, answer in
      guard case .values = answer else { return answer }
      return .values([.value([1, 2, 3])])
    }
    expectPenalty(long, .contradiction)
    let patch = await world { _, answer in
      guard case .values = answer else { return answer }
      return .values([.patch([1, 2, 3])])
    }
    expectPenalty(patch, .contradiction)
  }

  @Test func peer_shouldBePenalised_whenARecordHasAnotherName() async {
    let other = Record(key: [1], version: 1, value: [1])!
    let world = await world { _, answer in
      guard case .records(_, let revision) = answer else { return answer }
      return .records([.record(other)], revision: revision)
    }
    expectPenalty(world, .contradiction)
  }

  @Test func peer_shouldBePenalised_whenItTakesUnequalRootsForEqual() async {
    let world = await world { _, answer in
      guard case .opened(let summary, let strategies, _) = answer else { return answer }
      return .opened(summary, strategies: strategies, taken: nil)
    }
    expectPenalty(world, .contradiction)
  }

  @Test func peer_shouldBePenalised_whenItAnswersSomethingElse() async {
    let kind = await world { request, answer in
      guard case .records = answer else { return answer }
      return .values([.unheld])
    }
    expectPenalty(kind, .malformed)
    let none = await world { _, answer in
      guard case .records(_, let revision) = answer else { return answer }
      return .records([], revision: revision)
    }
    expectPenalty(none, .malformed)
    let page = await world { _, answer in
      guard case .opened(let summary, let strategies, .some) = answer else { return answer }
      return .opened(summary, strategies: strategies, taken: .offer(0, messages: [[255]]))
    }
    expectPenalty(page, .malformed)
  }

  /// It claims another root at the end, for ever: the session ends inside its bounds.
  @Test func session_shouldEnd_whenTheRootsNeverMeet() async {
    let list = ListResponder(ids: [RecordID(high: 1, low: 1)])
    let world = await world { request, answer in
      switch (request.body, answer) {
      case (_, .summary(var summary)):
        summary.root = .zero
        return .summary(summary)
      case (.open, .opened(var summary, let strategies, nil)):
        summary.root = .zero
        let taken = SyncTaken.offer(0, messages: [try! list.answer([0, 0])])
        return .opened(summary, strategies: strategies, taken: taken)
      default: return answer
      }
    }
    #expect(world.session.rounds <= ReconciliationLimits.roundsMax)
    #expect(world.session.isComplete && world.session.phase != .complete)
  }

  /// A sketch that names what nobody holds is not believed a second time.
  @Test func session_shouldTakeAnotherStrategy_whenNamesAreHeldByNobody() async {
    var random = SeededGenerator(seed: 5)
    let (a, b) = ModelReplica.pair(seed: 12, common: 10, apart: 20)
    var world = SessionWorld(a, b, seed: 12)
    let false1 = (0..<5).map { _ in RecordID(high: random.next(), low: random.next()) }
    world.lie = { request, answer in
      guard case .open(_, let offers, _) = request.body,
        offers.first?.strategy == StrategyID.full.rawValue,
        case .opened(let summary, let strategies, .some) = answer
      else { return answer }
      var encoder = WireEncoder()
      encoder.append(UInt32(1))
      encoder.append(false1)
      return .opened(
        summary, strategies: strategies, taken: .offer(0, messages: [encoder.bytes]))
    }
    await world.run()
    #expect(world.session.failedStrategies == [.full])
    #expect(world.session.phase == .complete)
    #expect(a.entries == b.entries)
  }

  @Test func server_shouldFindFault_whenASentValueIsNotThatOfItsRecord() {
    let replica = ModelReplica()
    var server = SyncServer(policy: FixedPolicy(order: []))
    let record = Record(key: [1], version: 1, value: [1])!
    let reply = server.answer(
      SyncRequest(session: SyncSessionID(1), body: .store([SyncEntry(record: record, value: [2])])),
      of: SessionWorld.peer, view: replica.view(), at: .start)
    guard case .fault(let error) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(error.kind == .contradiction)
  }
}
