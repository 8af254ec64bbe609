import Networking
import Primitives
import Reconciliation
import Runtime
import TestSupport
import Testing

@Suite struct MemoryReplicaTests {
  private static func replica(_ seed: UInt64, symbols: Int = 256) -> MemoryReplica {
    MemoryReplica(symbols: symbols, salts: RandomStream(seed: seed))
  }

  private typealias Model = [[UInt8]: (version: UInt64, value: [UInt8])]

  /// Two replicas and, as a plain model, what each holds.
  private static func pair(
    seed: UInt64, common: Int, apart: Int
  ) -> (replicas: [MemoryReplica], models: [Model]) {
    var random = SeededGenerator(seed: seed)
    let replicas = [replica(seed), replica(seed &+ 1)]
    var models: [Model] = [[:], [:]]
    func put(_ side: Int, _ key: [UInt8], _ version: UInt64, _ value: [UInt8]) {
      replicas[side].write(key, version: version, value)
      models[side][key] = (version, value)
    }
    for index in 0..<common + apart {
      let key = Array("key \(index)".utf8)
      let value = random.bytes(random.below(40))
      if index < common {
        for side in 0..<2 { put(side, key, 7, value) }
      } else {
        // On one side only, or in two versions.
        let side = random.below(2)
        put(side, key, UInt64(random.below(9)), value)
        if random.chance(50) { put(1 - side, key, 10, value + [1]) }
      }
    }
    return (replicas, models)
  }

  private static func ids(_ model: Model) -> Set<RecordID> {
    Set(model.map { Record(key: $0.key, version: $0.value.version, value: $0.value.value)!.id })
  }

  private static let line = PathFigures(bytesPerSecond: 1e6, roundTrip: 0.05)

  @Test(arguments: StrategyID.all.map(\.rawValue))
  func everyStrategy_shouldFindTheDifference_thatTwoModelsHave(strategy: UInt8) throws {
    let id = try #require(StrategyID.all.first { $0.rawValue == strategy })
    for seed in UInt64(0)..<12 {
      var random = SeededGenerator(seed: seed)
      let (replicas, models) = Self.pair(
        seed: seed, common: random.below(400), apart: random.below(120))
      let outcome = try DirectSession(on: Self.line).compare(
        replicas[0].view(), with: replicas[1].view(), by: SingleStrategy(id))
      let (ours, theirs) = (Self.ids(models[0]), Self.ids(models[1]))
      #expect(outcome.difference.missing == theirs.subtracting(ours), "seed \(seed)")
      #expect(outcome.difference.extra == ours.subtracting(theirs), "seed \(seed)")
      #expect(ours == theirs || outcome.strategies == [id], "seed \(seed)")
    }
  }

  @Test func theAdaptiveChoice_shouldFindTheDifference_onAnyLine() throws {
    for seed in UInt64(0)..<30 {
      var random = SeededGenerator(seed: seed)
      let (replicas, models) = Self.pair(
        seed: seed, common: random.below(2_000), apart: random.below(500))
      let line = PathFigures(
        bytesPerSecond: [12.5e3, 1.25e6, 1.25e9][random.below(3)],
        roundTrip: [0.0002, 0.02, 0.2][random.below(3)])
      let outcome = try DirectSession(on: line).compare(
        replicas[0].view(), with: replicas[1].view(), by: AdaptivePolicy())
      let (ours, theirs) = (Self.ids(models[0]), Self.ids(models[1]))
      #expect(outcome.difference.missing == theirs.subtracting(ours), "seed \(seed)")
      #expect(outcome.difference.extra == ours.subtracting(theirs), "seed \(seed)")
    }
  }

  @Test func comparison_shouldTakeOneFlightAndNoStrategy_whenBothAreEqual() throws {
    let (replicas, _) = Self.pair(seed: 5, common: 100, apart: 0)
    let outcome = try DirectSession(on: Self.line).compare(
      replicas[0].view(), with: replicas[1].view(), by: AdaptivePolicy())
    #expect(outcome.flights == 1 && outcome.strategies.isEmpty && outcome.difference.count == 0)
  }

  /// What is kept current is what it would be if made anew.
  @Test func replica_shouldBeTheSame_asOneThatWasGivenItsRecordsAtOnce() async throws {
    for seed in UInt64(0)..<10 {
      var random = SeededGenerator(seed: seed)
      let replica = Self.replica(seed)
      var model: [[UInt8]: Record] = [:]
      for step in 0..<300 {
        let key = random.bytes(1 + random.below(2))
        let value = random.bytes(random.below(9))
        let version = UInt64(random.below(5))
        guard let record = Record(key: key, version: version, value: value) else { continue }
        if step % 5 == 4, let old = model.values.min(by: { $0.id < $1.id }) {
          _ = try await replica.apply([], dropping: [old.id])
          model[old.key] = nil
        } else if step % 5 == 3 {
          // Of two versions the later one stays.
          _ = try await replica.apply([SyncEntry(record: record, value: value)], dropping: [])
          let held = model[key]
          if held.map({ (record.version, record.id) > ($0.version, $0.id) }) ?? true {
            model[key] = record
          }
        } else {
          replica.write(key, version: version, value)
          model[key] = record
        }
      }
      let anew = MemoryReplica(model.values, symbols: 256, salts: RandomStream(seed: 1))
      let (one, other) = (replica.view(), anew.view())
      #expect(one.summary.root == other.summary.root, "seed \(seed)")
      #expect(one.probe(symbols: 256) == other.probe(symbols: 256), "seed \(seed)")
      for strategy in StrategyID.all {
        let outcome = try DirectSession(on: Self.line).compare(
          one, with: anew.view(), by: SingleStrategy(strategy))
        #expect(outcome.difference.count == 0)
      }
      let ranges = one.responder(of: .ranges)
      let rangesAnew = other.responder(of: .ranges)
      let request = try #require(
        Self.replica(9).view().initiator(
          of: SyncPlan(.ranges), remote: nil, configuration: SyncConfiguration())
      ).firstRequest()
      #expect(try ranges?.answer(request) == rangesAnew?.answer(request), "seed \(seed)")
    }
  }

  @Test func prefix_shouldBeKeptCurrent_toItsLimit() throws {
    let replica = MemoryReplica(salts: RandomStream(seed: 3))
    replica.write([1], version: 1, [2])
    let most = ReconciliationLimits.cachedSymbols
    #expect(replica.view().probe(symbols: most) != nil)
    #expect(replica.view().probe(symbols: most + 1) == nil)
    #expect(replica.view().probe(symbols: 0) == nil)
  }

  @Test func probe_shouldBeRefused_whenItIsDamaged() throws {
    let view = Self.replica(1).view()
    #expect(throws: ReconciliationError.self) { try view.answer(toProbe: [1, 2, 3]) }
    let probe = try #require(view.probe(symbols: 8))
    guard case .solved(let difference) = try view.answer(toProbe: probe) else {
      Issue.record("equal sets have no difference")
      return
    }
    #expect(difference.count == 0)
  }
}

extension ComparisonInitiator {
  fileprivate func firstRequest() -> [UInt8] {
    var copy = self
    return copy.nextRequest()?.body ?? []
  }
}
