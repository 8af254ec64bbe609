import Locking
import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

/// Coded symbols whose counts no two sets have, so that they tell of more than any number holds.
@Suite struct HostileEstimateTests {
  private typealias Limits = ReconciliationLimits

  /// Symbol 0 says that no record more is on one side, all others that all are.
  private static func symbols(_ count: Int, checksumBytes: Int) -> [UInt8] {
    let items = Limits.sketchedItemsMax
    var symbols = [CodedSymbol<RecordID>](
      repeating: CodedSymbol(sum: RecordID(high: 1, low: 2), checksum: 3, count: Int64(items)),
      count: count)
    symbols[0].count = 0
    return SymbolBatch(itemCount: items, stamp: 7, symbols: symbols)
      .encoded(from: 0, checksumBytes: checksumBytes)
  }

  private static let path = PathFigures(bytesPerSecond: 1e6, roundTrip: 0.001)

  @Test func estimate_shouldBeThatOfTwoSets_whenSymbolsTellOfMore() throws {
    var random = SeededGenerator(seed: 1)
    let ids = random.ids(50)
    var comparison = SketchComparison(SortedIDs(ids), prefix: SymbolPrefix(length: 64, of: ids))
    let first = comparison.nextRequest()
    let request = try #require(first)
    try comparison.receive(
      Self.symbols(Limits.firstSymbols, checksumBytes: 4), to: request.number)
    let estimate = try #require(comparison.estimate)
    #expect(estimate.count == Double(Limits.sketchedItemsMax + ids.count))
    // What any estimate makes the policy say is bounded, too.
    for count in [estimate.count, 1e25, .greatestFiniteMagnitude] {
      for current in [StrategyID.rateless, .ranges] {
        let situation = SyncSituation(
          offered: StrategyID.all, current: current, localCount: 50,
          remoteCount: UInt64(Limits.sketchedItemsMax), path: Self.path,
          estimate: SyncEstimate(count: count, symbols: 32), nextBytes: 1_000)
        var policy = AdaptivePolicy()
        #expect(policy.choose(situation) != nil)
        #expect(policy.pick(StrategyID.all.map { SyncPlan($0) }, situation) >= 0)
      }
    }
  }

  @Test func probe_shouldTellOfNoMore_thanTwoSetsHave() throws {
    let replica = MemoryReplica(symbols: 64, salts: RandomStream(seed: 1))
    replica.write([1], version: 1, [1])
    let found = try replica.view().answer(toProbe: Self.symbols(32, checksumBytes: 4))
    guard case .estimate(let estimate) = found else {
      Issue.record("\(found)")
      return
    }
    #expect(estimate.count == Double(Limits.sketchedItemsMax + 1))
  }

  /// The session changes its mind for the sake of a difference that is none, and ends.
  @Test func session_shouldEnd_whenTheFirstSymbolsTellOfMoreThanThereIs() async {
    let strategies: [StrategyID] = [.rateless, .ranges, .full]
    for rate in [1e4, 1e6, 1e9] {
      let (a, b) = ModelReplica.pair(seed: 4, common: 60, apart: 90, strategies: strategies)
      var world = SessionWorld(
        a, b, seed: 4, policy: AdaptivePolicy(),
        link: LinkMonitor(bytesPerSecond: rate, roundTrip: .milliseconds(1)))
      let lies = Lock(0)
      world.lie = { request, answer in
        guard case .open(_, let offers, _) = request.body,
          offers.first?.strategy == StrategyID.rateless.rawValue,
          case .opened(let summary, let strategies, .offer(0, _, let look)) = answer
        else { return answer }
        lies.withLock { $0 += 1 }
        let lie = Self.symbols(Limits.firstSymbols, checksumBytes: 4)
        return .opened(
          summary, strategies: strategies, taken: .offer(0, messages: [lie], look: look))
      }
      await world.run()
      #expect(lies.withLock { $0 } > 0)
      #expect(world.session.isComplete, "\(world.session.phase)")
    }
  }

  @Test func direct_shouldTakeAnyLine_howeverSlow() throws {
    let (a, b) = ModelReplica.pair(seed: 5, common: 10, apart: 9)
    let line = PathFigures(bytesPerSecond: 1e-300, roundTrip: 1e300)
    let outcome = try DirectSession(on: line).compare(
      a.view(), with: b.view(), by: FixedPolicy(order: [.full]))
    #expect(outcome.difference.count > 0)
  }
}
