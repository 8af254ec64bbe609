import CRDT
import Delta
import Primitives
import TestSupport
import Testing

@Suite struct DeltaReceiverTests {
  private let a = DeltaSamples.a
  private let b = DeltaSamples.b
  private let c = DeltaSamples.c

  private func operation(_ dot: Dot, _ bytes: [UInt8] = [1], causes: [Dot] = []) -> LoggedOperation
  {
    LoggedOperation(dot: dot, kind: 1, causes: causes, bytes: bytes)
  }

  private func log(_ count: UInt64 = 3) throws -> OperationLog {
    var log = OperationLog(author: b)
    if count > 0 { try log.take((1...count).map { operation(Dot(a, $0), [UInt8($0)]) }) }
    return log
  }

  @Test func delta_shouldBeRefusedWithItsReason_whenItDoesNotFit() throws {
    let receiver = DeltaReceiver(kinds: [1])
    let far = Dot(a, 3 + DeltaLimits.aheadMax + 1)
    let cases: [([LoggedOperation], DeltaError)] = [
      ([operation(Dot(a, 5))], .gap(a, expected: 4, found: 5)),
      ([operation(Dot(c, 2))], .gap(c, expected: 1, found: 2)),
      (
        [operation(Dot(a, 4), causes: [Dot(c, 7)])], .unknownBase(Dot(c, 7), of: Dot(a, 4))
      ),
      ([operation(Dot(a, 3), [9]), operation(Dot(a, 4))], .reusedDot(Dot(a, 3))),
      ([operation(far)], .tooFarAhead(far, known: 3)),
      (
        [LoggedOperation(dot: Dot(a, 4), kind: 2, bytes: [])], .unknownKind(2, of: Dot(a, 4))
      ),
    ]
    let log = try log()
    for (operations, error) in cases {
      #expect(receiver.receive(Delta(operations), log: log) == .reconcile(error))
      var same = log
      if !error.description.contains("kind") {
        #expect(throws: error) { try same.take(operations) }
      }
      #expect(same.version == log.version && same.extent == log.extent)
    }
  }

  @Test func overlap_shouldBeTakenOnce_andDuplicatesWithoutEffect() throws {
    let receiver = DeltaReceiver()
    var log = try log()
    let old = try log.generateDelta(from: VersionVector())
    #expect(receiver.receive(old, log: log) == .known)
    #expect(receiver.receive(Delta([]), log: log) == .known)
    let news = [operation(Dot(a, 4)), operation(Dot(b, 1), causes: [Dot(a, 4)])]
    #expect(receiver.receive(Delta(old.operations + news), log: log) == .apply(news))
    let before = log.extent
    #expect(try log.take(old.operations + news) == news)
    #expect(try log.take(old.operations + news) == [])
    #expect(log.extent.operations == before.operations + 2)
    // What has left the log is not compared any longer.
    try log.acknowledge(log.version, by: c)
    #expect(receiver.receive(old, log: log) == .known)
  }

  @Test func lastNumber_shouldBeRefused_soThatThereIsAlwaysANextOne() throws {
    var log = OperationLog(author: a)
    try log.adopt(DeltaSamples.vector([(a, .max - 1), (b, .max - 1)]))
    #expect(throws: DeltaError.counterExhausted(a)) { try log.append(kind: 1, []) }
    #expect(throws: DeltaError.counterExhausted(b)) { try log.take([operation(Dot(b, .max))]) }
    #expect(throws: DeltaError.counterExhausted(c)) {
      try log.adopt(DeltaSamples.vector([(c, .max)]))
    }
  }
}
