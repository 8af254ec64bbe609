import Networking
import Primitives
import Runtime
import Synchronization

/// Asks peers, one after another, until one gives a usable answer. One client serves one kind of
/// request: it has its own turn among the shared peers.
final class RequestClient: Sendable {
  /// What an answer is worth.
  enum Verdict<Value: Sendable>: Sendable {
    /// It is what was asked for.
    case use(Value)
    /// The peer does not have it, which is no offence: ask the next one.
    case next(reason: String)
    /// The peer's state or chain is too far from ours: it leaves the peer set.
    case unfit(reason: String)
    /// The answer is provably wrong: the peer is banned.
    case refuse(reason: String, evidence: Evidence?)

    /// Why the answer is not used; nil if it is.
    var reason: String? {
      switch self {
      case .use: nil
      case .next(let reason), .unfit(let reason), .refuse(let reason, _): reason
      }
    }
  }

  /// How a request ended.
  enum Answer<Value: Sendable>: Sendable {
    /// A peer gave it.
    case value(Value, from: PeerID)
    /// All tries are used up; the reason is that of the last one.
    case failed(reason: String)
    /// There is nobody to ask.
    case noPeers
    /// The task was cancelled.
    case cancelled
  }

  /// Something that a request waits for happened.
  private enum Incident<Response: Sendable>: Sendable {
    case ended(attempt: Int, PeerID, Result<HeldAnswer<Response>, RequestError>, after: Duration)
    case lookDue(attempt: Int)
    case pauseOver
    /// The task was cancelled while it waited.
    case nothing
  }

  private let context: SyncContext
  private let timeout: Duration
  private let isUrgent: Bool
  private let memory = Mutex(RequestMemory())

  /// - Parameters:
  ///   - timeout: longest wait for one peer's answer.
  ///   - isUrgent: true if chunks must not hold it up. Another peer is asked as well once an answer
  ///     is overdue: if it takes longer than 95 of 100 did, or `LiveSyncLimits.hedgeDelayFirst`
  ///     before that is known.
  init(context: SyncContext, timeout: Duration, isUrgent: Bool) {
    self.context = context
    self.timeout = timeout
    self.isUrgent = isUrgent
  }

  /// Asks until an answer is usable or the tries are used up.
  /// - Parameters:
  ///   - willAsk: called before each try with the peer and the number of the try, from 1.
  ///   - didFail: called for each answer that is not used.
  ///   - judge: what an answer is worth.
  func ask<R: Request, Value: Sendable>(
    _ request: R, tries: RequestTries, isolation: isolated (any Actor)? = #isolation,
    willAsk: (PeerID, Int) -> Void = { _, _ in },
    didFail: (PeerID, Verdict<Value>) -> Void = { _, _ in },
    judge: (R.Response, PeerID) -> Verdict<Value>
  ) async -> Answer<Value> {
    await withTaskGroup(of: Incident<R.Response>.self) { group in
      _ = isolation
      var core = HedgedRequest(
        tries: tries, hedgeDelay: isUrgent ? memory.withLock { $0.hedgeDelay } : nil)
      var reason = "no_peers"
      let urgent = isUrgent ? context.urgent.begin(at: context.runtime.now) : nil
      defer { endUrgency(urgent) }
      perform(decide { core.start($0, &$1) }, request, in: &group, willAsk: willAsk)
      while !Task.isCancelled, !core.isOver, let incident = await group.next() {
        var actions: [HedgedRequest.Action] = []
        switch incident {
        case .nothing: break
        case .pauseOver: actions = decide { core.pauseOver($0, &$1) }
        case .lookDue(let attempt):
          actions = decide { core.lookDue(attempt, $0, &$1) }
        case .ended(let attempt, let peer, .success(let response), let time):
          let verdict = judge(response.response, peer)
          if case .use(let value) = verdict {
            // Only an answer that was found good makes good for a late one; those who were
            // overtaken come after the others for a while.
            context.peers.promote(peer)
            memory.withLock { core.answered(attempt, after: time, &$0) }.forEach(demote)
            group.cancelAll()
            return .value(value, from: peer)
          }
          reason = verdict.reason ?? reason
          endUrgency(urgent)
          punish(peer, verdict)
          didFail(peer, verdict)
          actions = decide { core.failed(attempt, .noAnswer, $0, &$1) }
        case .ended(let attempt, let peer, .failure(let error), _):
          if error == .cancelled { break }
          reason = error.reason
          if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
          if error == .timeout { demote(peer) }
          actions = decide { core.failed(attempt, HedgedRequest.Failure(error), $0, &$1) }
        }
        perform(actions, request, in: &group, willAsk: willAsk)
      }
      group.cancelAll()
      if Task.isCancelled { return .cancelled }
      return core.count == 0 ? .noPeers : .failed(reason: reason)
    }
  }

  private func endUrgency(_ id: UInt64?) {
    if let id { context.urgent.end(id) }
  }

  private func decide(
    _ step: (RankedPeers, inout RequestMemory) -> [HedgedRequest.Action]
  ) -> [HedgedRequest.Action] {
    let peers = context.peers.ranked(at: context.runtime.now)
    return memory.withLock { step(peers, &$0) }
  }

  private func perform<R: Request>(
    _ actions: [HedgedRequest.Action], _ request: R,
    in group: inout TaskGroup<Incident<R.Response>>, willAsk: (PeerID, Int) -> Void
  ) {
    let (network, runtime) = (context.network, context.runtime)
    for action in actions {
      switch action {
      case .ask(let peer, let attempt):
        let patience = memory.withLock { $0.timeout(timeout) }
        willAsk(peer, attempt)
        let start = runtime.now
        group.addTask {
          let result: Result<HeldAnswer<R.Response>, RequestError>
          do throws(RequestError) {
            result = .success(try await network.ask(request, to: peer, timeout: patience))
          } catch { result = .failure(error) }
          return .ended(attempt: attempt, peer, result, after: start.duration(to: runtime.now))
        }
      case .look(let delay, let attempt):
        group.addTask {
          guard (try? await runtime.sleep(for: delay)) != nil else { return .nothing }
          return .lookDue(attempt: attempt)
        }
      case .pause:
        group.addTask {
          guard (try? await runtime.sleep(for: LiveSyncLimits.noPeerPause)) != nil else {
            return .nothing
          }
          return .pauseOver
        }
      }
    }
  }

  private func punish<Value: Sendable>(_ peer: PeerID, _ verdict: Verdict<Value>) {
    switch verdict {
    case .use, .next: break
    case .unfit: context.peers.remove(peer)
    case .refuse(let why, let evidence): context.ban(peer, reason: why, evidence: evidence)
    }
  }

  /// The peer did not answer in time, or later than another: for a while the others come first.
  private func demote(_ peer: PeerID) {
    let end = context.runtime.now.advanced(by: LiveSyncLimits.demotionTime)
    if context.peers.demote(peer, until: end) {
      context.recorder.record(
        .peer(.demoted(peer: peer.number, reason: RequestError.timeout.reason)))
    }
  }

  /// Waits until there is somebody to ask, or for `LiveSyncLimits.noPeerPause`.
  func waitForPeers() async {
    let end = context.runtime.now.advanced(by: LiveSyncLimits.noPeerPause)
    while context.peers.count == 0, context.runtime.now < end, !Task.isCancelled {
      await pause(LiveSyncLimits.peerLookInterval)
    }
  }

  /// Waits a moment; a cancelled wait ends at once.
  func pause(_ duration: Duration = LiveSyncLimits.noPeerPause) async {
    try? await context.runtime.sleep(for: duration)
  }
}

extension HedgedRequest.Failure {
  fileprivate init(_ error: RequestError) {
    switch error {
    case .tooManyPending: self = .notSent
    case .timeout: self = .late
    default: self = .noAnswer
    }
  }
}
