import EventLog
import Locking
import Networking
import Primitives
import Runtime

/// Keeps one replica equal to those of others over any network: begins sessions, answers those of
/// others, and keeps the statistics. The shell around `SessionManager` and `SyncServer`.
public final class Reconciler: Sendable {
  private struct State {
    var manager: SessionManager
    var server: SyncServer
    var waiters: [SyncSessionID: CheckedContinuation<SyncSession, Never>] = [:]
    /// Ended before anyone waited.
    var ended: [SyncSessionID: SyncSession] = [:]
    var logged: [SyncSessionID: (phase: SyncPhase, choice: SyncChoice?)] = [:]
  }

  private let network: any Network
  private let runtime: any Runtime
  private let replica: any Replica
  private let policy: any SyncPolicy
  private let transfer: any ValueTransfer
  private let recorder: EventRecorder
  private let slowness: Double
  private let onFault: @Sendable (PeerID, ReconciliationError) -> Void
  private let state: Lock<State>

  /// - Parameters:
  ///   - slowness: how many times as long this processor takes as that of the cost model.
  ///   - random: from which sessions get their names.
  ///   - onFault: told of peers that lie provably or break the protocol.
  public init(
    network: any Network, runtime: any Runtime, replica: any Replica, policy: any SyncPolicy,
    transfer: any ValueTransfer = PatchTransfer(), slowness: Double = 1,
    limits: RateLimits = RateLimits(), random: RandomStream, recorder: EventRecorder = .none,
    onFault: @escaping @Sendable (PeerID, ReconciliationError) -> Void = { _, _ in }
  ) {
    self.network = network
    self.runtime = runtime
    self.replica = replica
    self.policy = policy
    self.transfer = transfer
    self.recorder = recorder
    self.slowness = slowness
    self.onFault = onFault
    var random = random
    state = Lock(
      State(
        manager: SessionManager(firstID: random.next() >> 32),
        server: SyncServer(
          policy: policy, transfer: transfer, slowness: slowness, limits: limits)))
  }

  /// What all sessions that ended cost and brought.
  public var statistics: SyncStatistics { state.withLock { $0.manager.total } }

  /// Answers the sessions of others from now on, and lets own ones go on when peers come back.
  public func serve() {
    let undecodable: @Sendable (PeerID, RequestError) -> Void = { [weak self] peer, error in
      self?.fault(of: peer, .malformed("a request of \(peer): \(error)"))
    }
    network.serve(SyncRequest.self, undecodable: undecodable) { [weak self] peer, request in
      await self?.answer(request, of: peer)
    }
    let events = network.peerEvents()
    runtime.spawn("reconciliation peers") { [weak self] in
      for await event in events { self?.happened(event) }
    }
  }

  /// Begins a session with a peer.
  public func start(
    with peer: PeerID, configuration: SyncConfiguration = SyncConfiguration()
  ) throws(SyncStartError) -> SyncSessionID {
    let view = replica.view()
    let now = runtime.now
    let result = state.withLock { state -> Result<SyncSessionID, SyncStartError> in
      Result { () throws(SyncStartError) in
        try state.manager.start(
          with: peer, view: view, policy: policy, configuration: configuration,
          transfer: transfer, slowness: slowness, at: now)
      }
    }
    do throws(SyncStartError) {
      let id = try result.get()
      recorder.record(.reconciliation(.started(peer: peer.number, session: id.rawValue)))
      go(on: id, [])
      return id
    } catch {
      recorder.record(.reconciliation(.refused(peer: peer.number, reason: error.name)))
      throw error
    }
  }

  /// Waits until a session has ended, and gives it. One that nobody waits for is to be cancelled or
  /// waited for at some time.
  public func end(of id: SyncSessionID) async -> SyncSession? {
    let isKnown = state.withLock {
      $0.ended[id] != nil || ($0.manager.sessions[id] != nil && $0.waiters[id] == nil)
    }
    guard isKnown else { return nil }
    return await withCheckedContinuation { continuation in
      let session = state.withLock { state -> SyncSession? in
        if let session = state.ended.removeValue(forKey: id) { return session }
        state.waiters[id] = continuation
        return nil
      }
      if let session { continuation.resume(returning: session) }
    }
  }

  /// The session as it is now, if it is under way.
  public func session(_ id: SyncSessionID) -> SyncSession? {
    state.withLock { $0.manager.sessions[id] }
  }

  /// Ends a session.
  public func cancel(_ id: SyncSessionID) {
    let now = runtime.now
    go(on: id, state.withLock { $0.manager.with(id) { $0.cancel(at: now) } })
  }

  private func happened(_ event: PeerEvent) {
    let now = runtime.now
    switch event {
    case .joined(let peer):
      state.withLock { $0.manager.joined(peer) }
      pump()
    case .left(let peer):
      for (id, actions) in state.withLock({ $0.manager.left(peer, at: now) }) {
        go(on: id, actions)
      }
    }
  }

  private func answer(_ request: SyncRequest, of peer: PeerID) async -> SyncAnswer? {
    let view = replica.view()
    let now = runtime.now
    let reply = state.withLock { $0.server.answer(request, of: peer, view: view, at: now) }
    switch reply {
    case .answer(let answer): return answer
    case .fault(let error):
      fault(of: peer, error)
      return nil
    case .store(let entries):
      do { return .stored(try await replica.apply(entries, dropping: []).summary) } catch {
        recorder.record(.reconciliation(.notStored(peer: peer.number, reason: "\(error)")))
        return .refused(.busy)
      }
    }
  }

  private func fault(of peer: PeerID, _ error: ReconciliationError) {
    recorder.record(.reconciliation(.penalised(peer: peer.number, reason: "\(error)")))
    onFault(peer, error)
  }

  /// Does what a session wants done, then sends what can be sent.
  private func go(on id: SyncSessionID, _ actions: [SyncSession.Action]) {
    for action in actions {
      switch action {
      case .penalise(let error):
        if let peer = session(id)?.peer { fault(of: peer, error) }
      case .apply(let entries, let dropping): apply(entries, dropping: dropping, for: id)
      case .finished: break
      }
    }
    log(id)
    if let session = state.withLock({ $0.manager.remove(id) }) { finish(session) }
    pump()
  }

  private func apply(_ entries: [SyncEntry], dropping: [RecordID], for id: SyncSessionID) {
    runtime.spawn("reconciliation store") { [self] in
      let result: Result<any ReplicaView, any Error>
      do { result = .success(try await replica.apply(entries, dropping: dropping)) } catch {
        result = .failure(error)
      }
      let now = runtime.now
      let actions = state.withLock { state in
        state.manager.with(id) { session in
          switch result {
          case .success(let view): session.applied(view, at: now)
          case .failure(let error): session.notApplied("\(error)", at: now)
          }
        }
      }
      go(on: id, actions)
    }
  }

  private func pump() {
    let now = runtime.now
    while let next = state.withLock({ $0.manager.nextRequest(at: now) }) {
      runtime.spawn("reconciliation request") { [self] in
        let outgoing = next.outgoing
        let actions: [SyncSession.Action]
        do throws(RequestError) {
          let answer = try await network.request(
            outgoing.request, to: next.peer, timeout: outgoing.timeout)
          let (bytes, now) = (answer.wireBytes.count, runtime.now)
          actions = state.withLock { state in
            state.manager.with(next.session) {
              $0.receive(answer, bytes: bytes, to: outgoing.number, at: now)
            }
          }
        } catch {
          let now = runtime.now
          actions = state.withLock { state in
            state.manager.with(next.session) { $0.lost(outgoing.number, error, at: now) }
          }
        }
        go(on: next.session, actions)
      }
    }
  }

  private func finish(_ session: SyncSession) {
    let waiter = state.withLock { state -> CheckedContinuation<SyncSession, Never>? in
      state.logged[session.id] = nil
      if let waiter = state.waiters.removeValue(forKey: session.id) { return waiter }
      if state.ended.count >= ReconciliationLimits.endedSessionsMax { state.ended = [:] }
      state.ended[session.id] = session
      return nil
    }
    let duration = session.started.duration(to: runtime.now)
    recorder.record(.reconciliation(.ended(session, after: duration)))
    recorder.record(.reconciliation(.totals(statistics)))
    waiter?.resume(returning: session)
  }

  /// Writes what is new of a session.
  private func log(_ id: SyncSessionID) {
    let news = state.withLock { state -> [Event.Reconciliation] in
      guard let session = state.manager.sessions[id] else { return [] }
      let before = state.logged[id]
      state.logged[id] = (session.phase, session.choice)
      var news: [Event.Reconciliation] = []
      if let choice = session.choice, choice != before?.choice {
        news.append(
          .chosen(
            peer: session.peer.number, session: id.rawValue, strategy: choice.strategy.name,
            detail: choice.reason))
      }
      if session.phase != before?.phase {
        news.append(
          .phase(peer: session.peer.number, session: id.rawValue, phase: "\(session.phase)"))
      }
      return news
    }
    for event in news { recorder.record(.reconciliation(event)) }
  }
}
