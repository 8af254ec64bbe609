import CRDT
import Delta
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport

/// Three replicas of a value that change it apart and meet over a bad network.
struct ConflictWorld<Value: ConflictSubject> {
  let seed: UInt64
  var random: SeededGenerator
  var replicas: [LatticeReplica<Value>]
  private var clock: UInt64 = 0

  init(seed: UInt64) {
    self.seed = seed
    random = SeededGenerator(seed: seed)
    replicas = (0..<3).map { .forTests(index: UInt32($0)) }
  }

  /// A random change of one replica.
  @discardableResult
  mutating func change(_ number: Int) throws -> Value.Delta {
    clock += 1
    let ticks = clock
    let operation = Value.random(on: replicas[number].value, &random)
    let delta = try replicas[number].apply(operation) { value in
      let dot = value.nextDot(of: ReplicaID(UInt64(7 + number)))
      return Stamp(dot: dot, time: HybridTime(ticks: ticks, replica: dot.replica))
    }
    return delta
  }

  /// What all of them together make.
  func merged() throws -> Value {
    var all = Value()
    for replica in replicas { try all.merge(replica.value) }
    return all
  }
}

extension LatticeReplica {
  /// - Parameter index: of its salts.
  static func forTests(_ value: Value = Value(), index: UInt32 = 0) -> LatticeReplica {
    LatticeReplica(
      value, symbols: 128,
      salts: RandomStream(seed: 1, consumer: RandomConsumer(.test, index: index)))
  }

  var root: Hash256 { view().summary.root }

  /// Whether the records are those of the value decomposed anew.
  var followsItsValue: Bool {
    let anew = LatticeReplica.forTests(value).view()
    let view = view()
    guard anew.summary.root == view.summary.root, anew.summary.count == view.summary.count,
      let symbols = view.probe(symbols: 128)
    else { return false }
    return symbols == anew.probe(symbols: 128)
  }

  /// The pieces as a session sends them.
  var entries: [SyncEntry] {
    value.decomposed().compactMap { piece in
      let bytes = piece.wireBytes
      guard let name = Value.name(of: piece),
        let record = Record(key: name.key, version: name.rank, value: bytes)
      else { return nil }
      return SyncEntry(record: record, value: bytes)
    }
  }
}

/// One session against a server, step by step, over a line that loses, repeats and reorders.
struct ConflictLine<Value: ReplicatedType> {
  let local: LatticeReplica<Value>
  let remote: LatticeReplica<Value>
  var session: SyncSession
  var penalties: [ReconciliationError] = []
  var requests = 0
  var random: SeededGenerator
  var lossPercent = 0
  var onStep: (inout ConflictLine) throws -> Void = { _ in }
  private var server: SyncServer
  private var now = Moment.start

  static var peer: PeerID { PeerID(identity: .simulated(7), number: 7) }

  init(
    _ local: LatticeReplica<Value>, _ remote: LatticeReplica<Value>, seed: UInt64 = 1,
    configuration: SyncConfiguration = SyncConfiguration(), policy: any SyncPolicy
  ) {
    self.local = local
    self.remote = remote
    random = SeededGenerator(seed: seed)
    session = SyncSession(
      id: SyncSessionID(1), peer: Self.peer, view: local.view(), policy: policy,
      configuration: configuration, at: now)
    server = SyncServer(
      policy: policy, limits: RateLimits(perType: [SyncRequest.type: 1_000_000]))
  }

  /// Runs to the end, or as many steps as honest sessions never take.
  mutating func run(stepsMax: Int = 20_000) async throws {
    var wire: [SyncOutgoing] = []
    for _ in 0..<stepsMax where !session.isComplete {
      now = now.advanced(by: .milliseconds(10))
      try onStep(&self)
      while let outgoing = session.nextRequest(at: now) { wire.append(outgoing) }
      guard !wire.isEmpty else { continue }
      let outgoing = wire.remove(at: random.below(wire.count))
      requests += 1
      if random.chance(lossPercent) {
        await act(session.lost(outgoing.number, .timeout, at: now))
        continue
      }
      let request = try SyncRequest(wireBytes: outgoing.request.wireBytes)
      var answer: SyncAnswer
      switch server.answer(request, of: Self.peer, view: remote.view(), at: now) {
      case .answer(let given): answer = given
      case .fault(let error):
        penalties.append(error)
        await act(session.lost(outgoing.number, .refused, at: now))
        continue
      case .store(let entries):
        do { answer = .stored(try await remote.apply(entries, dropping: []).summary) } catch {
          answer = .refused(.busy)
        }
      }
      let bytes = answer.wireBytes
      answer = try SyncAnswer(wireBytes: bytes)
      await act(session.receive(answer, bytes: bytes.count, to: outgoing.number, at: now))
    }
  }

  private mutating func act(_ actions: [SyncSession.Action]) async {
    for action in actions {
      switch action {
      case .penalise(let error): penalties.append(error)
      case .apply(let entries, let dropping):
        do {
          await act(session.applied(try await local.apply(entries, dropping: dropping), at: now))
        } catch {
          await act(session.notApplied("\(error)", at: now))
        }
      case .finished: break
      }
    }
  }
}

/// Takes what is offered in a fixed order.
struct ConflictPolicy: SyncPolicy {
  var order: [StrategyID]

  func choose(_ situation: SyncSituation) -> SyncChoice? {
    if let current = situation.current { return SyncChoice(current, reason: "as before") }
    return order.first(where: situation.offered.contains).map { SyncChoice($0, reason: "first") }
  }
}
