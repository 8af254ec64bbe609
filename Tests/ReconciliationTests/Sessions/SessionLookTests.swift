import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

/// Looks how a difference lies: the answering side's count, and a session that looks.
@Suite struct SessionLookTests {
  private func records(_ count: Int, seed: UInt64) -> [Record] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      Record(key: Array("key \(index)".utf8), version: UInt64(index) * 10, value: random.bytes(8))!
    }
  }

  private func newer(_ record: Record) -> Record {
    Record(
      key: record.key, version: record.version + 1, digest: record.digest, size: record.size)!
  }

  private func list(_ records: [Record]) -> NegentropyList {
    NegentropyList(records.map { NegentropyItem($0) })
  }

  @Test(arguments: 0..<10)
  func look_shouldCountThePartsThatDiffer(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let records = records(512 + random.below(2_000), seed: seed)
    var changed = records
    for _ in 0..<random.below(12) {
      let place = random.below(records.count)
      changed[place] = newer(records[place])
    }
    var comparison = RangeComparison(list(records))
    let request = comparison.nextRequest()?.body ?? []
    let responder = RangeResponder(list(changed))
    let seen = try #require(try responder.look(request))
    // A plain model: sixteen parts of the same count, the first ones one larger.
    let (each, more) = records.count.quotientAndRemainder(dividingBy: 16)
    var (start, differing) = (0, 0)
    for part in 0..<16 {
      let end = start + each + (part < more ? 1 : 0)
      if records[start..<end] != changed[start..<end] { differing += 1 }
      start = end
    }
    #expect(seen == PartsLook(parts: 16, differing: UInt8(differing)), "seed \(seed)")
  }

  @Test func look_shouldTellNothing_whenTheMessageHasNoParts() throws {
    var small = RangeComparison(list(records(20, seed: 1)))
    let request = small.nextRequest()?.body ?? []
    let responder = RangeResponder(list(records(30, seed: 2)))
    #expect(try responder.look(request) == nil)
    #expect(try responder.look([0x60]) == nil)
    #expect(throws: ReconciliationError.self) { try responder.look([]) }
    #expect(throws: ReconciliationError.self) { try responder.look([0x61, 0, 0, 1, 5]) }
    // More parts than are looked at: a fingerprint of an empty range again and again.
    let part: [UInt8] = [1, 0, 1] + [UInt8](repeating: 0, count: 16)
    let parts = (0...ReconciliationLimits.lookPartsMax).flatMap { _ in part }
    #expect(try responder.look([0x61] + parts) == nil)
    let most = (0..<ReconciliationLimits.lookPartsMax).flatMap { _ in part }
    #expect(try responder.look([0x61] + most)?.parts == UInt8(ReconciliationLimits.lookPartsMax))
  }

  /// Looks once, and goes to ranges if few parts differ.
  private struct Looking: SyncPolicy {
    var partsMax = 8

    func choose(_ situation: SyncSituation) -> SyncChoice? {
      guard let current = situation.current else { return SyncChoice(.rateless, reason: "first") }
      if current == .ranges { return SyncChoice(.ranges, reason: "as before") }
      if let look = situation.look {
        let next: StrategyID = situation.nextBytes == nil ? .rateless : .ranges
        return SyncChoice(next, reason: "\(look.differing) parts differ")
      }
      return SyncChoice(
        .rateless, reason: "a look",
        look: situation.hasLooked
          ? nil : SyncLook(.ranges, partsMax: partsMax, symbolsMeanwhile: 100))
    }
  }

  private func pair(
    scattered: Bool, strategies: [StrategyID] = [.rateless, .ranges]
  ) -> (ModelReplica, ModelReplica) {
    let (a, b) = (ModelReplica(strategies), ModelReplica(strategies))
    for index in 0..<800 {
      let isChanged = scattered ? index % 8 == 0 : index >= 700
      let key = Array("key \(index)".utf8)
      a.write(key, version: UInt64(index) * 10, [1])
      b.write(key, version: UInt64(index) * 10 + (isChanged ? 1 : 0), [isChanged ? 2 : 1])
    }
    return (a, b)
  }

  @Test(arguments: [0, 5, 20])
  func session_shouldGoToRanges_whenALookFindsTheDifferenceTogether(loss: Int) async {
    let (a, b) = pair(scattered: false)
    var world = SessionWorld(a, b, seed: UInt64(loss), policy: Looking())
    world.lossPercent = loss
    await world.run()
    #expect(world.session.phase == .complete, "\(world.session.phase)")
    #expect(world.session.choice?.strategy == .ranges)
    #expect(a.entries == b.entries)
    #expect(world.penalties.isEmpty)
  }

  @Test(arguments: [0, 5, 20])
  func session_shouldStayWithItsSymbols_whenALookFindsItScattered(loss: Int) async {
    let (a, b) = pair(scattered: true)
    var world = SessionWorld(a, b, seed: UInt64(loss), policy: Looking())
    world.lossPercent = loss
    await world.run()
    #expect(world.session.phase == .complete, "\(world.session.phase)")
    #expect(world.session.choice?.strategy == .rateless)
    #expect(a.entries == b.entries)
  }

  @Test func session_shouldGoOn_whenTheOtherSideDoesNotLook() async {
    let (a, b) = pair(scattered: false)
    var world = SessionWorld(a, b, seed: 3, policy: Looking())
    world.lie = { request, answer in
      if case .look = request.body { .refused(.strategy) } else { answer }
    }
    await world.run()
    #expect(world.session.phase == .complete)
    #expect(world.session.choice?.strategy == .rateless)
    #expect(a.entries == b.entries)
  }

  @Test func peer_shouldBePenalised_whenItAnswersALookWithRubbish() async {
    let (a, b) = pair(scattered: false)
    var world = SessionWorld(a, b, seed: 4, policy: Looking())
    world.lie = { request, answer in
      guard case .look = request.body else { return answer }
      return .looked(PartsLook(parts: 16, differing: 1), message: [1, 2, 3])
    }
    await world.run()
    #expect(!world.penalties.isEmpty)
  }

  /// Equal replicas and probes that are enough cost no symbols, whatever was asked for ahead.
  @Test(arguments: [0, 3], [0, 10])
  func symbolsAhead_shouldCostNothing_whenTheyAreOfNoUse(apart: Int, loss: Int) async {
    struct Ahead: SyncPolicy {
      func opening(_ situation: SyncSituation) -> SyncOpening? {
        SyncOpening(
          plans: [SyncPlan(.rateless)], probeSymbols: 32, ahead: 50_000, reason: "a stream")
      }
      func choose(_ situation: SyncSituation) -> SyncChoice? {
        situation.current.map { SyncChoice($0, reason: "as before") }
      }
    }
    let (a, b) = ModelReplica.pair(
      seed: 9, common: 50, apart: apart, strategies: [.rateless, .ranges])
    var world = SessionWorld(a, b, seed: UInt64(loss), policy: Ahead())
    world.lossPercent = loss
    // The opening comes first, as over a line that keeps the order.
    let first = world.session.nextRequest(at: .start)!
    guard
      case .answer(let opened) = world.server.answer(
        first.request, of: SessionWorld.peer, view: b.view(), at: .start)
    else { return }
    var bytes = 0
    while let next = world.session.nextRequest(at: .start) {
      guard
        case .answer(let answer) = world.server.answer(
          next.request, of: SessionWorld.peer, view: b.view(), at: .start)
      else { return }
      bytes += answer.wireBytes.count
      _ = world.session.receive(answer, bytes: 3, to: next.number, at: .start)
    }
    #expect(bytes < 100)
    _ = world.session.receive(opened, bytes: 100, to: first.number, at: .start)
    await world.run()
    #expect(world.session.phase == .complete)
    #expect(a.entries == b.entries)
    #expect(world.penalties.isEmpty)
  }

  /// The symbols that are asked for ahead are under way before the first answer.
  @Test func symbols_shouldFollowTheOpening_beforeItIsAnswered() {
    struct Ahead: SyncPolicy {
      func opening(_ situation: SyncSituation) -> SyncOpening? {
        SyncOpening(plans: [SyncPlan(.rateless)], ahead: 500, reason: "a stream")
      }
      func choose(_ situation: SyncSituation) -> SyncChoice? {
        situation.current.map { SyncChoice($0, reason: "as before") }
      }
    }
    let (a, b) = pair(scattered: true)
    var world = SessionWorld(a, b, seed: 5, policy: Ahead())
    var requests: [SyncRequest.Body] = []
    while let next = world.session.nextRequest(at: .start) { requests.append(next.request.body) }
    #expect(requests.count == ReconciliationLimits.sessionRequestsMax)
    #expect(
      SyncOpening(plans: [], ahead: .max, reason: "").ahead
        == ReconciliationLimits.aheadSymbolsMax)
  }
}
