import Locking
import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

/// What the answering side does for a request, and what it counts that for.
@Suite struct SyncServerWorkTests {
  private typealias Limits = ReconciliationLimits

  /// Ids that count how often all of them are gone through.
  private final class CountedIDs: RecordIDSource {
    private let ids: SortedIDs
    let passes = Lock(0)
    /// How many ids it says there are.
    let count: Int

    init(_ ids: [RecordID], count: Int? = nil) {
      self.ids = SortedIDs(ids)
      self.count = count ?? ids.count
    }

    func visit(
      in range: ClosedRange<UInt64>, _ body: ([RecordID]) -> Void
    ) throws(ReconciliationError) {
      passes.withLock { $0 += 1 }
      try ids.visit(in: range, body)
    }
  }

  /// A view with responders of its own, as each call of `Replica.view()` gives one.
  private struct CountedView: ReplicaView {
    let ids: CountedIDs
    let sketch: SketchResponder<CountedIDs>?
    let summary: ReplicaSummary
    let strategies: [StrategyID] = [.rateless, .table, .bloom]

    init(_ ids: CountedIDs, prefix: SymbolPrefix<RecordID>? = nil, revision: UInt64 = 1) {
      self.ids = ids
      sketch = prefix.map { SketchResponder(ids, prefix: $0) }
      summary = ReplicaSummary(root: .zero, count: UInt64(ids.count), revision: revision)
    }

    func initiator(
      of plan: SyncPlan, remote: ReplicaSummary?, configuration: SyncConfiguration
    ) -> (any ComparisonInitiator)? { nil }
    func probe(symbols: Int) -> [UInt8]? { nil }
    func answer(toProbe symbols: [UInt8]) throws(ReconciliationError) -> ProbeFinding { .unclear }
    func responder(of strategy: StrategyID) -> (any ComparisonResponder)? {
      switch strategy {
      case .table: TableResponder(ids)
      case .bloom: sketch.map { BloomResponder(ids, symbols: $0) }
      default: sketch
      }
    }
    func record(_ id: RecordID) -> Record? { nil }
    func record(of key: [UInt8]) -> Record? { nil }
    func value(of record: Record) -> [UInt8]? { nil }
  }

  private static func send(
    _ body: SyncRequest.Body, to server: inout SyncServer, _ view: any ReplicaView
  ) -> SyncAnswer? {
    let request = SyncRequest(session: SyncSessionID(1), body: body)
    let reply = server.answer(request, of: SessionWorld.peer, view: view, at: .start)
    guard case .answer(let answer) = reply else { return nil }
    return answer
  }

  /// A request for coded symbols: the first one, how many, and bytes of a checksum.
  private static func symbols(from start: Int, count: Int) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(count: start)
    encoder.append(count: count)
    encoder.append(byte: 4)
    return encoder.bytes
  }

  @Test(arguments: [UInt64(0), 1])
  func ids_shouldBeGoneThroughOnce_howeverManyViewsAreGiven(revision: UInt64) {
    var random = SeededGenerator(seed: 6)
    let ids = random.ids(500)
    let source = CountedIDs(ids)
    let prefix = SymbolPrefix(length: 64, of: ids)
    var server = SyncServer(policy: FixedPolicy(order: []))
    for index in 0..<20 {
      let message = Self.symbols(from: 100 + index, count: 20)
      let body = SyncRequest.Body.compare(
        revision: revision, strategy: StrategyID.rateless.rawValue, message: message)
      guard case .compared = Self.send(body, to: &server, CountedView(source, prefix: prefix))
      else {
        Issue.record("request \(index)")
        return
      }
    }
    // To 128 symbols, which is twice what was there.
    #expect(source.passes.withLock { $0 } <= 2)
  }

  private static func table(_ salt: UInt64) -> [UInt8] {
    var comparison = TableComparison(
      SortedIDs([RecordID]()), salt: SipKey(low: salt, high: 1), expectedDifferences: 10)
    return comparison.nextRequest()?.body ?? []
  }

  @Test func passes_shouldBeBounded_whenOnePeerAsksForTables() {
    // As many ids as a table of a large set has, without the time that they take.
    let source = CountedIDs([], count: 1 << 30)
    var server = SyncServer(policy: FixedPolicy(order: []))
    var refused = 0
    for index in 0..<Limits.sessionRequestsPerWindowMax {
      let body = SyncRequest.Body.compare(
        revision: 0, strategy: StrategyID.table.rawValue, message: Self.table(UInt64(index)))
      if case .refused(.busy) = Self.send(body, to: &server, CountedView(source)) { refused += 1 }
    }
    let passes = source.passes.withLock { $0 }
    #expect(passes >= Limits.tableAttemptsMax + 1, "one comparison by tables has room")
    #expect(passes <= Limits.passesPerWindow)
    #expect(refused == Limits.sessionRequestsPerWindowMax - passes)
  }

  @Test func openings_shouldBeAnsweredInPart_whenTheyAskForManyPasses() {
    let source = CountedIDs([], count: 1 << 30)
    var server = SyncServer(policy: FixedPolicy(order: []))
    let theirs = ReplicaSummary(root: Blake2b256.hash([1]), count: 0, revision: 1)
    for _ in 0..<10 {
      let messages = (0..<Limits.sessionRequestsMax).map { Self.table(UInt64($0)) }
      let offers = [SyncOffer(strategy: StrategyID.table.rawValue, messages: messages)]
      _ = Self.send(.open(theirs, offers: offers, probe: nil), to: &server, CountedView(source))
    }
    #expect(source.passes.withLock { $0 } <= Limits.passesPerWindow)
  }

  @Test func charge_shouldFollow_howManyRecordsAreGoneThrough() throws {
    let few = CountedIDs([], count: Limits.recordsPerCharge - 1)
    var server = SyncServer(policy: FixedPolicy(order: []))
    let body = SyncRequest.Body.compare(
      revision: 0, strategy: StrategyID.table.rawValue, message: Self.table(1))
    var answered = 0
    for _ in 0..<200 {
      if case .compared = Self.send(body, to: &server, CountedView(few)) { answered += 1 }
    }
    #expect(answered == 200, "a small set costs nothing more")
    var random = SeededGenerator(seed: 2)
    let ids = random.ids(100)
    let source = CountedIDs(ids)
    let sketch = SketchResponder(source, prefix: SymbolPrefix(length: 64, of: ids))
    #expect(sketch.recordsPassed(by: Self.symbols(from: 0, count: 64)) == 0)
    #expect(sketch.recordsPassed(by: Self.symbols(from: 60, count: 5)) == ids.count)
    #expect(sketch.recordsPassed(by: []) == 0)
    let responder = BloomResponder(source, symbols: sketch)
    var bloom = try BloomComparison(
      source, prefix: SymbolPrefix(length: 64, of: ids), salt: SipKey(low: 1, high: 2),
      options: BloomOptions(items: 25))
    let request = bloom.nextRequest()
    // Four parts: the ids of one are gone through twice.
    #expect(responder.recordsPassed(by: try #require(request).body) == 2 * (ids.count / 4))
    #expect(responder.recordsPassed(by: [9]) == 0)
  }
}
