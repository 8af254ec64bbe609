import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport

/// One session against a server, step by step, over a line that loses, repeats and reorders.
struct SessionWorld {
  let local: ModelReplica
  let remote: ModelReplica
  var session: SyncSession
  var server: SyncServer
  var random: SeededGenerator
  var now = Moment.start
  var lossPercent = 0
  /// Changes an answer before it is given.
  var lie: (SyncRequest, SyncAnswer) -> SyncAnswer = { $1 }
  var onStep: (inout SessionWorld) -> Void = { _ in }
  var penalties: [ReconciliationError] = []
  var requests = 0
  private var wire: [SyncOutgoing] = []
  private var given: [(number: UInt64, answer: SyncAnswer)] = []

  static let peer = PeerID(identity: .simulated(7), number: 7)

  init(
    _ local: ModelReplica, _ remote: ModelReplica, seed: UInt64,
    order: [StrategyID] = [.full, .ranges],
    configuration: SyncConfiguration = SyncConfiguration(batchItems: 5),
    transfer: any ValueTransfer = WholeValues(), policy: (any SyncPolicy)? = nil,
    link: LinkMonitor = LinkMonitor()
  ) {
    let policy = policy ?? FixedPolicy(order: order)
    self.local = local
    self.remote = remote
    random = SeededGenerator(seed: seed)
    session = SyncSession(
      id: SyncSessionID(1), peer: Self.peer, view: local.view(), policy: policy,
      configuration: configuration, transfer: transfer, link: link, at: now)
    server = SyncServer(
      policy: policy, transfer: transfer, limits: RateLimits(perType: [SyncRequest.type: 1_000_000])
    )
  }

  /// Runs to the end, or as many steps as honest sessions never take.
  mutating func run(stepsMax: Int = 20_000) async {
    for _ in 0..<stepsMax where !session.isComplete {
      now = now.advanced(by: .milliseconds(10))
      onStep(&self)
      while let outgoing = session.nextRequest(at: now) { wire.append(outgoing) }
      guard !wire.isEmpty else {
        if session.isInterrupted { session.resume() }
        continue
      }
      let outgoing = wire.remove(at: random.below(wire.count))
      requests += 1
      if random.chance(lossPercent) {
        await act(session.lost(outgoing.number, .timeout, at: now))
        continue
      }
      await answer(outgoing)
    }
  }

  private mutating func answer(_ outgoing: SyncOutgoing) async {
    let request = try! SyncRequest(wireBytes: outgoing.request.wireBytes)
    var answer: SyncAnswer
    switch server.answer(request, of: Self.peer, view: remote.view(), at: now) {
    case .answer(let given): answer = given
    case .fault(let error):
      penalties.append(error)
      await act(session.lost(outgoing.number, .refused, at: now))
      return
    case .store(let entries):
      let view = try! await remote.apply(entries, dropping: [])
      answer = .stored(view.summary)
    }
    answer = lie(request, answer)
    let bytes = answer.wireBytes
    let received = try! SyncAnswer(wireBytes: bytes)
    await act(session.receive(received, bytes: bytes.count, to: outgoing.number, at: now))
    given.append((outgoing.number, received))
    if random.chance(lossPercent) {
      // An answer that comes again, late.
      let old = given[random.below(given.count)]
      await act(session.receive(old.answer, bytes: 1, to: old.number, at: now))
    }
  }

  private mutating func act(_ actions: [SyncSession.Action]) async {
    for action in actions {
      switch action {
      case .penalise(let error): penalties.append(error)
      case .apply(let entries, let dropping):
        let view = try! await local.apply(entries, dropping: dropping)
        await act(session.applied(view, at: now))
      case .finished: break
      }
    }
  }
}

extension ModelReplica {
  /// Two replicas with some entries in common, some of one side only and some in two versions.
  static func pair(
    seed: UInt64, common: Int, apart: Int, strategies: [StrategyID] = [.full, .ranges]
  ) -> (ModelReplica, ModelReplica) {
    var random = SeededGenerator(seed: seed)
    let (a, b) = (ModelReplica(strategies), ModelReplica(strategies))
    for index in 0..<common + apart {
      let key = Array("key \(index)".utf8)
      let value = random.bytes(random.below(10) == 0 ? 3_000 : 40)
      if index < common {
        a.write(key, version: 5, value)
        b.write(key, version: 5, value)
        continue
      }
      switch random.below(3) {
      case 0: a.write(key, version: 5, value)
      case 1: b.write(key, version: 5, value)
      default:
        a.write(key, version: UInt64(random.below(4)), value)
        b.write(key, version: UInt64(4 + random.below(4)), value + [1])
      }
    }
    return (a, b)
  }
}
