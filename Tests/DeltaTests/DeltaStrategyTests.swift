import CRDT
import Delta
import Locking
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

/// A replica of records and the log of what made them.
private final class LoggedReplica: Sendable {
  let base: MemoryReplica
  let log: Lock<OperationLog>
  /// Operations whose records were looked up.
  let looked = Lock(0)

  init(_ author: ReplicaID, bounds: LogBounds = LogBounds()) {
    base = MemoryReplica(salts: RandomStream(seed: author.bits))
    log = Lock(OperationLog(author: author, bounds: bounds))
  }

  var replica: DeltaReplica {
    DeltaReplica(
      base, log: { [self] in log.withLock { $0 } },
      keys: { [self] operation in
        looked.withLock { $0 += 1 }
        return [Array(operation.bytes.prefix(4))]
      })
  }

  var policy: DeltaPolicy { DeltaPolicy { [self] in replica.model } }

  static func key(_ number: Int) -> [UInt8] {
    [9, UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)]
  }

  func write(_ number: Int, version: UInt64) {
    let key = Self.key(number)
    let value = Array("value \(number) \(version)".utf8)
    base.write(key, version: version, value)
    log.withLock { _ = try? $0.append(kind: 1, key + value) }
  }

  /// Takes all that another one has, log and records.
  func copy(_ other: LoggedReplica) {
    let (log, view) = (other.log.withLock { $0 }, other.base.view())
    for operation in (try? log.generateDelta(from: log.reach).operations) ?? [] {
      guard let record = view.record(of: Array(operation.bytes.prefix(4))),
        let value = view.value(of: record)
      else { continue }
      base.write(record.key, version: record.version, value)
    }
    self.log.withLock { try? $0.adopt(log.version) }
    for (one, peer) in [(self, other), (other, self)] {
      let author = peer.log.withLock { $0.author }
      one.log.withLock { try? $0.acknowledge(log.version, by: author) }
    }
  }
}

@Suite struct DeltaStrategyTests {
  private static let peer = PeerID(identity: .simulated(7), number: 7)
  private static let line = PathFigures(bytesPerSecond: 1e6, roundTrip: 0.05)

  /// Two replicas that had 3,000 records in common, and what each has written since.
  private func pair(
    own: Int = 20, other: Int = 30, bounds: LogBounds = LogBounds()
  ) -> (LoggedReplica, LoggedReplica) {
    let (a, b) = (LoggedReplica(ReplicaID(1), bounds: bounds), LoggedReplica(ReplicaID(2)))
    for number in 0..<3_000 { b.write(number, version: 1) }
    a.copy(b)
    for number in 0..<own { a.write(number * 3, version: 2) }
    for number in 0..<other { b.write(number * 4, version: 3) }
    return (a, b)
  }

  /// A session until it ends.
  private func run(
    _ a: LoggedReplica, _ b: LoggedReplica, onStep: (Int) -> Void = { _ in }
  ) async throws -> (session: SyncSession, strategies: [StrategyID]) {
    var session = SyncSession(
      id: SyncSessionID(1), peer: Self.peer, view: a.replica.view(), policy: a.policy,
      link: LinkMonitor(bytesPerSecond: 1e6, roundTrip: .milliseconds(50)), at: .start)
    var server = SyncServer(
      policy: b.policy, limits: RateLimits(perType: [SyncRequest.type: .max]))
    var strategies: [StrategyID] = []
    var step = 0
    while !session.isComplete, step < 10_000 {
      guard let outgoing = session.nextRequest(at: .start) else { break }
      if let strategy = session.choice?.strategy, strategies.last != strategy {
        strategies.append(strategy)
      }
      onStep(step)
      step += 1
      var answer: SyncAnswer
      switch server.answer(outgoing.request, of: Self.peer, view: b.replica.view(), at: .start) {
      case .answer(let given): answer = given
      case .fault(let error): throw error
      case .store(let entries):
        answer = .stored(try await b.replica.apply(entries, dropping: []).summary)
      }
      let bytes = answer.wireBytes.count
      var actions = session.receive(answer, bytes: bytes, to: outgoing.number, at: .start)
      while !actions.isEmpty {
        let action = actions.removeFirst()
        if case .penalise(let error) = action { throw error }
        guard case .apply(let entries, let dropping) = action else { continue }
        let view = try await a.replica.apply(entries, dropping: dropping)
        actions += session.applied(view, at: .start)
      }
    }
    return (session, strategies)
  }

  @Test func policy_shouldAskTheLogs_whenTheyReachBack() async throws {
    let (a, b) = pair()
    var policy = a.policy
    let view = a.replica.view()
    let situation = SyncSituation(
      offered: view.strategies, localCount: view.summary.count, path: Self.line)
    let opened = policy.opening(situation)
    let opening = try #require(opened)
    #expect(opening.plans == [SyncPlan(.delta)] && opening.reason.contains("20 operations"))
    let (session, strategies) = try await run(a, b)
    #expect(session.phase == .complete && strategies == [.delta] && session.rounds == 1)
    #expect(a.base.view().summary.root == b.base.view().summary.root)
    // Each record that was written since, once: those written on both sides in one version.
    let both = Set((0..<20).map { $0 * 3 }).intersection((0..<30).map { $0 * 4 }).count
    #expect(session.statistics.items == 50 - both, "\(session.statistics)")
  }

  @Test func comparison_shouldFindBothDirectionsInOneFlight() throws {
    let (a, b) = pair()
    let outcome = try DirectSession(on: Self.line).compare(
      a.replica.view(), with: b.replica.view(), by: a.policy)
    #expect(outcome.strategies == [.delta] && outcome.flights == 1)
    #expect(outcome.difference.missing.count == 30 && outcome.difference.extra.count == 20)
    let others = try DirectSession(on: Self.line).compare(
      a.base.view(), with: b.base.view(), by: AdaptivePolicy())
    #expect(outcome.sentBytes + outcome.receivedBytes < others.sentBytes + others.receivedBytes)
  }

  @Test func policy_shouldTakeAnotherWay_whenTheLogHereDoesNotReachBack() async throws {
    let (a, b) = pair(own: 60, bounds: LogBounds(operations: 16))
    #expect(a.replica.model.held == nil)
    let infinite = a.replica.model.cost(
      of: SetFigures(localCount: 9, remoteCount: 9, difference: 2))
    #expect(infinite.seconds(on: Self.line) == .infinity)
    var policy = a.policy
    let view = a.replica.view()
    let situation = SyncSituation(
      offered: view.strategies, localCount: view.summary.count, path: Self.line)
    let opened = policy.opening(situation)
    let opening = try #require(opened)
    #expect(!opening.plans.contains { $0.strategy == .delta })
    let (session, strategies) = try await run(a, b)
    #expect(session.phase == .complete && !strategies.contains(.delta))
    #expect(a.base.view().summary.root == b.base.view().summary.root)
  }

  @Test func session_shouldEndByAnotherStrategy_whenALogIsTrimmedMeanwhile() async throws {
    for trimsRemote in [true, false] {
      let (a, b) = pair()
      let trimmed = trimsRemote ? b : a
      let (session, strategies) = try await run(a, b) { step in
        guard step == 0 else { return }
        // The session has asked already; the view of its own side stays as it was.
        trimmed.log.withLock { try? $0.adopt(DeltaSamples.vector([(ReplicaID(2), 9_000)])) }
        trimmed.log.withLock { log in
          let version = log.version
          for peer in log.peers { try? log.acknowledge(version, by: peer) }
        }
      }
      #expect(session.phase == .complete)
      #expect(strategies.first == .delta)
      if trimsRemote { #expect(strategies.count > 1 && strategies.last != .delta) }
      #expect(a.base.view().summary.root == b.base.view().summary.root)
    }
  }

  @Test func logHereThatDoesNotReachTheOtherSide_shouldLeadToAnotherStrategy() async throws {
    let (a, b) = pair(own: 40, bounds: LogBounds(operations: 30))
    // What is known of the peer is more than it really has: it was restored.
    a.log.withLock { log in
      let version = log.version
      for peer in log.peers { try? log.acknowledge(version, by: peer) }
    }
    for number in 0..<20 { a.write(number * 3, version: 4) }
    #expect(a.replica.model.held?.operations == 20)
    let (session, strategies) = try await run(a, b)
    #expect(session.phase == .complete && strategies.first == .delta && strategies.count > 1)
    #expect(a.base.view().summary.root == b.base.view().summary.root)
  }

  @Test func recordsThatTheLogDoesNotName_shouldBeFoundByAnotherStrategy() async throws {
    let (a, b) = pair()
    b.base.write([1, 2, 3, 4], version: 9, [1])
    let (session, strategies) = try await run(a, b)
    #expect(session.phase == .complete && strategies.first == .delta && strategies.count > 1)
    #expect(a.base.view().summary.root == b.base.view().summary.root)
  }

  @Test func longAnswer_shouldComeInParts() throws {
    let (a, b) = (LoggedReplica(ReplicaID(1)), LoggedReplica(ReplicaID(2)))
    let count = DeltaLimits.answerIDsMax + 10
    for number in 0..<count { b.write(number, version: 1) }
    let initiator = a.replica.view().initiator(
      of: SyncPlan(.delta), remote: nil, configuration: SyncConfiguration())
    var comparison = try #require(initiator)
    let responder = try #require(b.replica.view().responder(of: .delta))
    var parts = 0
    while let request = comparison.nextRequest() {
      let before = b.looked.withLock { $0 }
      try comparison.receive(try responder.answer(request.body), to: request.number)
      parts += 1
      // An answer costs what is in it, and all answers together what is in the log.
      #expect(b.looked.withLock { $0 } <= before + DeltaLimits.answerOperationsMax)
    }
    #expect(b.looked.withLock { $0 } == count)
    let most = DeltaLimits.answerOperationsMax
    #expect(parts == (count + most - 1) / most)
    #expect(comparison.isComplete && comparison.difference.missing.count == count)
    // Bad bytes, and parts that nobody asked for.
    #expect(throws: ReconciliationError.self) { try comparison.receive([1], to: 0) }
    #expect(throws: ReconciliationError.self) { try responder.answer([]) }
    var question = WireEncoder()
    question.append(count: DeltaLimits.answerPagesMax)
    question.append(VersionVector())
    #expect(throws: ReconciliationError.self) { try responder.answer(question.bytes) }
    // Behind the last part there is nothing, and nothing is done for it.
    let beyond = DeltaQuestion(version: VersionVector(), page: DeltaLimits.answerPagesMax - 1)
    let answer = try DeltaAnswer(wireBytes: responder.answer(beyond.wireBytes))
    #expect(answer.ids.isEmpty && answer.pages == parts)
    #expect(b.looked.withLock { $0 } == count)
  }

  @Test func parts_shouldNameAllThatWasDone_ofAnyVersion() throws {
    for seed in 0..<40 as Range<UInt64> {
      let log = try DeltaSamples.log(30, seed: seed)
      var generator = SeededGenerator(seed: seed)
      var from = VersionVector()
      for replica in DeltaSamples.replicas {
        from.raise(replica, to: UInt64(generator.below(Int(log.version[replica]) + 1)))
      }
      let (size, whole) = (1 + generator.below(9), try log.generateDelta(from: from).operations)
      var found: [LoggedOperation] = []
      var (number, parts) = (0, 1)
      while number < parts {
        let part = try log.part(number, of: size, from: from)
        parts = part.parts
        number += 1
        #expect(part.operations.count == (number < parts ? size : whole.count - found.count))
        found += part.operations
      }
      #expect(Set(found) == Set(whole) && found.count == whole.count, "seed \(seed)")
    }
  }

  @Test func operationsOfManyRecords_shouldBeRefused() throws {
    let b = LoggedReplica(ReplicaID(2))
    for number in 0...DeltaLimits.answerIDsMax { b.write(number, version: 1) }
    let keys = (0...DeltaLimits.answerIDsMax).map(LoggedReplica.key)
    for count in [DeltaLimits.answerIDsMax, keys.count] {
      let log = Lock(OperationLog(author: ReplicaID(3)))
      log.withLock { _ = try? $0.append(kind: 1, []) }
      let replica = DeltaReplica(
        b.base, log: { log.withLock { $0 } }, keys: { _ in Array(keys.prefix(count)) })
      let responder = try #require(replica.view().responder(of: .delta))
      let question = DeltaQuestion(version: VersionVector(), page: 0).wireBytes
      if count <= DeltaLimits.answerIDsMax {
        #expect(try DeltaAnswer(wireBytes: responder.answer(question)).ids.count == count)
      } else {
        #expect(throws: ReconciliationError.self) { try responder.answer(question) }
      }
    }
  }
}
