import CRDT
import Primitives
import Runtime
import Storage
import TestSupport
import Testing

/// What the laws must catch.
@Suite struct PlantedFaultTests {
  /// A counter whose merge adds instead of taking the maximum.
  struct AddingCounter: LawSubject {
    enum Operation: Sendable { case add(UInt64) }

    var counts: [ReplicaID: UInt64] = [:]

    init() {}

    init(from decoder: inout WireDecoder) throws(WireError) {
      for _ in 0..<(try decoder.count()) {
        counts[try decoder.value()] = try decoder.uint64()
      }
    }

    func encode(to encoder: inout WireEncoder) {
      encoder.append(count: counts.count)
      for (replica, count) in counts {
        encoder.append(replica)
        encoder.append(count)
      }
    }

    var value: UInt64 { counts.values.reduce(0, &+) }

    func nextDot(of replica: ReplicaID) -> Dot { Dot(replica, 1) }

    mutating func apply(_ operation: Operation, at stamp: Stamp) throws(CRDTError) -> Self {
      guard case .add(let amount) = operation else { return Self() }
      var delta = Self()
      delta.counts[stamp.dot.replica] = amount
      try merge(delta)
      return delta
    }

    mutating func merge(_ other: Self) throws(CRDTError) {
      counts.merge(other.counts) { $0 &+ $1 }
    }

    func decomposed() -> [Self] { [self] }

    static func random(_ generator: inout RandomStream) -> Operation {
      .add(UInt64(1 + generator.below(5)))
    }

    static func expected(_ events: [LawEvent<Operation>]) -> UInt64 {
      events.reduce(0) { sum, event in
        guard case .add(let amount) = event.operation else { return sum }
        return sum + amount
      }
    }
  }

  /// A set whose deltas say that they know all that their author knows.
  struct BoastingSet: LawSubject {
    typealias Operation = ORSet.Operation

    var inner = ORSet()

    init() {}
    init(from decoder: inout WireDecoder) throws(WireError) { inner = try decoder.value() }
    func encode(to encoder: inout WireEncoder) { encoder.append(inner) }

    var value: [[UInt8]] { inner.value }
    func nextDot(of replica: ReplicaID) -> Dot { inner.nextDot(of: replica) }

    mutating func apply(_ operation: Operation, at stamp: Stamp) throws(CRDTError) -> Self {
      var delta = Self()
      delta.inner = try inner.apply(operation, at: stamp)
      delta.inner.state.context.merge(inner.context)
      return delta
    }

    mutating func merge(_ other: Self) throws(CRDTError) { try inner.merge(other.inner) }
    func decomposed() -> [Self] { [self] }
    static func random(_ generator: inout RandomStream) -> Operation {
      ORSet.random(&generator)
    }
    static func expected(_ events: [LawEvent<Operation>]) -> [[UInt8]] {
      ORSet.expected(events)
    }
  }

  /// The number of the first history that fails.
  private func firstFailure<Subject: LawSubject>(
    _ type: Subject.Type, sharesID: Bool = false
  ) -> LawHistory<Subject>? {
    for seed in 0..<UInt64(200) {
      var history = LawHistory<Subject>(seed: seed)
      history.sharesID = sharesID
      if history.failure() != nil { return history }
    }
    return nil
  }

  @Test func mergeThatAdds_shouldBeCaught_andItsHistoryShrunk() throws {
    let history = try #require(firstFailure(AddingCounter.self))
    #expect(history.shrunk().steps.count <= 2)
  }

  @Test func table_shouldNameSeedAndLaw_whenATypeBreaksOne() throws {
    let row = LawTable.row(AddingCounter.self, 5..<205)
    let failure = try #require(row.failure)
    #expect(LawHistory<AddingCounter>(seed: failure.seed).failure() != nil)
    #expect(row.type == "AddingCounter" && row.histories == failure.seed - 5 + 1)
    #expect(Law.allCases.count { row.kept($0) < row.histories } == 1)
    #expect(row.kept(failure.law) == row.histories - 1)
    let good = LawTable.row(GCounter.self, 5..<25)
    #expect(good.failure == nil && good.kept(.orders) == 20)
  }

  @Test func deltaThatKnowsTooMuch_shouldBeCaught_andItsHistoryShrunk() throws {
    let history = try #require(firstFailure(BoastingSet.self))
    #expect(history.shrunk().steps.count <= 4)
  }

  @Test func idOfTwoReplicas_shouldBeCaught_inEveryTypeThatNeedsOne() {
    #expect(firstFailure(GCounter.self, sharesID: true) != nil)
    #expect(firstFailure(PNCounter.self, sharesID: true) != nil)
    #expect(firstFailure(LWWRegister.self, sharesID: true) != nil)
    #expect(firstFailure(MVRegister.self, sharesID: true) != nil)
    #expect(firstFailure(ORSet.self, sharesID: true) != nil)
    #expect(firstFailure(RWSet.self, sharesID: true) != nil)
    #expect(firstFailure(EWFlag.self, sharesID: true) != nil)
    #expect(firstFailure(DWFlag.self, sharesID: true) != nil)
    #expect(firstFailure(ORMap.self, sharesID: true) != nil)
    #expect(firstFailure(RGAText.self, sharesID: true) != nil)
  }

  /// A sender that gives no number to changes that change nothing, but counts them.
  @Test func emptyDeltaWithoutNumber_shouldBeNoticedAsAGap() throws {
    let replica = ReplicaID(1)
    var set = ORSet()
    var received = ORSet()
    var receipts = DeltaReceipts()
    var number: UInt64 = 0
    var refusals = 0
    for operation in [ORSet.Operation.add([1]), .remove([9]), .add([2])] {
      let delta = try set.apply(operation, at: stamp(set.nextDot(of: replica)))
      number += 1
      if delta.context.isEmpty { continue }
      let interval = DeltaInterval(sender: replica, numbers: number...number, delta: delta)
      do throws(CRDTError) {
        _ = try receipts.receive(interval, into: &received)
      } catch {
        #expect(error == .gap(replica, expected: 2, found: 3))
        refusals += 1
      }
    }
    #expect(refusals == 1)
    #expect(received != set)
  }
}

func stamp(_ dot: Dot, ticks: UInt64 = 0) -> Stamp {
  Stamp(dot: dot, time: HybridTime(ticks: ticks, replica: dot.replica))
}

/// The owner of the stores of these tests.
let replicaOwner = StoreOwner(kind: "crdt-test", version: 1)
