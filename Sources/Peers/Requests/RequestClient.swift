import Locking
import Networking
import Primitives
import Runtime

/// Asks peers, one after another, until one gives a usable answer. One client serves one kind of
/// request: it has its own turn among the shared peers.
///
/// `run()` must run beside it. Every try goes on until its answer is here or its time is over, even
/// if another peer's answer was used meanwhile: what comes second is judged like what came first,
/// so that no lie goes unseen, and is paid for anyway.
package final class RequestClient: Sendable {
  /// What an answer is worth.
  package enum Verdict<Value: Sendable>: Sendable {
    /// It is what was asked for.
    case use(Value)
    /// The peer does not have it yet, which is no offence: it is asked again soon.
    case notYet(reason: String)
    /// The peer does not have it, which is no offence: ask the next one.
    case next(reason: String)
    /// The peer's state or chain is too far from ours: it leaves the peer set.
    case unfit(reason: String)
    /// The answer is provably wrong: the peer is banned.
    case refuse(reason: String, evidence: Evidence?)

    /// Why the answer is not used; nil if it is.
    package var reason: String? {
      switch self {
      case .use: nil
      case .notYet(let reason), .next(let reason), .unfit(let reason), .refuse(let reason, _):
        reason
      }
    }
  }

  /// How a request ended.
  package enum Answer<Value: Sendable>: Sendable {
    /// A peer gave it.
    case value(Value, from: PeerID)
    /// All tries are used up; the reason is that of the last one.
    /// - isSoon: true if somebody may have it soon.
    case failed(reason: String, isSoon: Bool)
    /// There is nobody to ask.
    case noPeers
    /// The task was cancelled.
    case cancelled
  }

  /// What becomes of answers, whether somebody still waits for them or not.
  package struct Handling<Response: Sendable, Value: Sendable>: Sendable {
    /// What an answer is worth.
    var judge: @Sendable (Response, PeerID) -> Verdict<Value>
    /// Called for each answer that is not used.
    var didFail: @Sendable (PeerID, Verdict<Value>) -> Void
    /// Called for a good answer that comes after the request has ended.
    var cameLate: @Sendable (Value, PeerID) async -> Void

    package init(
      judge: @escaping @Sendable (Response, PeerID) -> Verdict<Value>,
      didFail: @escaping @Sendable (PeerID, Verdict<Value>) -> Void = { _, _ in },
      cameLate: @escaping @Sendable (Value, PeerID) async -> Void = { _, _ in }
    ) {
      self.judge = judge
      self.didFail = didFail
      self.cameLate = cameLate
    }
  }

  let context: SyncContext
  let type: RequestType
  private let isUrgent: Bool
  private let memory = Lock(RequestMemory())
  /// Tries to be started by the task group of `run()`.
  private let tries = Mailbox<@Sendable () async -> Void>(capacity: PeerLimits.ordersMax)

  /// - Parameters:
  ///   - type: of the requests.
  ///   - isUrgent: true if chunks must not hold it up.
  package init(context: SyncContext, type: RequestType, isUrgent: Bool) {
    self.context = context
    self.type = type
    self.isUrgent = isUrgent
  }

  /// Works until the task is cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      for await body in tries { group.addTask { await body() } }
    }
    tries.finish()
    // What nobody starts any more holds this client, as its closure.
    while tries.poll() != nil {}
  }

  /// Time after which an answer is overdue; never less than it takes to come and go.
  package var hedgeDelay: Duration {
    let roundTrip = context.network.pace.roundTrip ?? .zero
    return max(memory.withLock { $0.hedgeDelay }, roundTrip * 3 / 2)
  }

  /// Asks until an answer is usable or the tries are used up. Another peer is asked as well once an
  /// answer is overdue: if it takes longer than 95 of 100 did, or `PeerLimits.hedgeDelayFirst`
  /// before that is known.
  /// - Parameters:
  ///   - bytes: that the answer may have; 0 if it is small.
  ///   - isPatient: whether peers that are known to be late are awaited when all others said no.
  ///   - isWanted: false once nobody needs the answer any more: nobody else is asked for it.
  ///   - willAsk: called before each try with the peer and the number of the try, from 1.
  ///   - wasDenied: called for each peer that does not have it yet, while somebody waits for it.
  package func ask<R: Request, Value: Sendable>(
    _ request: R, tries: RequestTries, expecting bytes: Int = 0, isPatient: Bool = true,
    isolation: isolated (any Actor)? = #isolation, isWanted: () -> Bool = { true },
    willAsk: (PeerID, Int) -> Void = { _, _ in }, wasDenied: () async -> Void = {},
    handling: Handling<R.Response, Value>
  ) async -> Answer<Value> {
    let attempts = RequestAttempts(request, client: self, handling: handling)
    let urgent = isUrgent ? context.urgent.begin(at: context.runtime.now) : nil
    var core = HedgedRequest(
      tries: tries, hedgeDelay: hedgeDelay, isPatient: isPatient)
    let answer = await withDiscardingTaskGroup(returning: Answer<Value>.self) { group in
      _ = isolation
      defer { group.cancelAll() }
      var reason = "no_peers"
      perform(
        decide { core.start($0, &$1) }, attempts, expecting: bytes, in: &group, willAsk: willAsk)
      while isWanted(), !core.isOver(ranked), let incident = await attempts.incidents.next() {
        var actions: [HedgedRequest.Action] = []
        switch incident {
        case .pauseOver: actions = decide { core.pauseOver($0, &$1) }
        case .againDue: actions = core.againDue(ranked)
        case .lookDue(let attempt):
          // That it waits on is not the fault of a line that chunks fill.
          if context.network.pace.losses.areMany { endUrgency(urgent) }
          actions = decide { core.lookDue(attempt, $0, &$1) }
        case .judged(let attempt, let peer, .use(let value), let time, _):
          // Only an answer that was found good makes good for a late one; those who were overtaken
          // come after the others for a while.
          context.peers.promote(peer, for: type)
          for late in memory.withLock({ core.answered(attempt, after: time, &$0) }) { demote(late) }
          return .value(value, from: peer)
        case .judged(let attempt, _, let verdict, _, _):
          reason = verdict.reason ?? reason
          endUrgency(urgent)
          actions = decide { core.failed(attempt, HedgedRequest.Failure(verdict), $0, &$1) }
          if case .notYet = verdict { await wasDenied() }
        case .failed(let attempt, let failure, let why):
          reason = why
          actions = decide { core.failed(attempt, failure, $0, &$1) }
        }
        perform(actions, attempts, expecting: bytes, in: &group, willAsk: willAsk)
      }
      if Task.isCancelled || !isWanted() { return .cancelled }
      return core.count == 0 ? .noPeers : .failed(reason: reason, isSoon: core.isLacking)
    }
    endUrgency(urgent)
    return attempts.end(answer)
  }

  private var ranked: RankedPeers { context.peers.ranked(at: context.runtime.now, for: type) }

  private func endUrgency(_ id: UInt64?) {
    if let id { context.urgent.end(id) }
  }

  private func decide(
    _ step: (RankedPeers, inout RequestMemory) -> [HedgedRequest.Action]
  ) -> [HedgedRequest.Action] {
    let peers = ranked
    let losses = context.network.pace.losses
    return memory.withLock {
      $0.losses = losses
      return step(peers, &$0)
    }
  }

  private func perform<R: Request, Value: Sendable>(
    _ actions: [HedgedRequest.Action], _ attempts: RequestAttempts<R, Value>,
    expecting bytes: Int, in group: inout DiscardingTaskGroup, willAsk: (PeerID, Int) -> Void
  ) {
    let runtime = context.runtime
    func tell(_ incident: RequestAttempts<R, Value>.Incident, after delay: Duration) {
      group.addTask {
        guard (try? await runtime.sleep(for: delay)) != nil else { return }
        attempts.incidents.offer(incident)
      }
    }
    for action in actions {
      switch action {
      case .ask(let peer, let attempt):
        willAsk(peer, attempt)
        let pace = context.network.pace
        let start = runtime.now
        let usual = memory.withLock {
          $0.asked()
          return $0.longTime
        }
        let patience = pace.patience(type, bytes: bytes, usual: usual, at: start)
        let isTaken = tries.offer {
          await attempts.run(attempt, at: peer, since: start, patience: patience)
        }
        if !isTaken { attempts.incidents.offer(.failed(attempt, .notSent, "too_many_pending")) }
      case .look(let delay, let attempt): tell(.lookDue(attempt), after: delay)
      case .again(let delay): tell(.againDue, after: delay)
      case .pause: tell(.pauseOver, after: PeerLimits.noPeerPause)
      }
    }
  }

  /// The peer answered, whatever it said.
  func noteAnswer(of peer: PeerID) {
    let now = context.runtime.now
    memory.withLock { $0.heard(peer, at: now) }
  }

  /// True if the peer has answered since `moment`.
  func hasHeard(_ peer: PeerID, since moment: Moment) -> Bool {
    memory.withLock { $0.hasHeard(peer, since: moment) }
  }

  /// What an answer says of its peer, whoever waits for it.
  func punish<Value: Sendable>(_ peer: PeerID, _ verdict: Verdict<Value>) {
    #if MUTANTS
      if Mutant.isOn(.banHonestPeer), case .notYet(let why) = verdict {
        return context.ban(peer, reason: why)
      }
    #endif
    switch verdict {
    case .use, .notYet, .next: break
    case .unfit(let why): context.leave(peer, reason: why)
    case .refuse(let why, let evidence): context.ban(peer, reason: why, evidence: evidence)
    }
  }

  /// The peer did not answer in time, or later than another: for a while the others come first.
  func demote(_ peer: PeerID) {
    let end = context.runtime.now.advanced(by: PeerLimits.demotionTime)
    // Who is silent is asked last already.
    let wasSilent = ranked.silent.contains(peer)
    guard context.peers.demote(peer, for: type, until: end), !wasSilent else { return }
    context.recorder.record(
      .peer(.demoted(peer: peer.number, reason: RequestError.timeout.reason)))
  }

  /// Waits until there is somebody to ask, or for `PeerLimits.noPeerPause`.
  package func waitForPeers() async {
    let end = context.runtime.now.advanced(by: PeerLimits.noPeerPause)
    while context.peers.count == 0, context.runtime.now < end, !Task.isCancelled {
      await pause(PeerLimits.peerLookInterval)
    }
  }

  /// Waits a moment; a cancelled wait ends at once.
  package func pause(_ duration: Duration = PeerLimits.noPeerPause) async {
    try? await context.runtime.sleep(for: duration)
  }
}

extension HedgedRequest.Failure {
  fileprivate init<Value: Sendable>(_ verdict: RequestClient.Verdict<Value>) {
    switch verdict {
    case .notYet: self = .notYet
    case .use, .next, .unfit, .refuse: self = .noAnswer
    }
  }
}
