import Networking
import Primitives
import Runtime

/// The asking side of one session: a value that gives requests when there is room for one, takes
/// answers, and says what is to be done.
///
/// The other side's records may change meanwhile. Answers to a comparison are of one view; what was
/// found by then is fetched, and a session ends as complete only when both roots were equal at one
/// time, whatever the comparison said.
public struct SyncSession: Sendable {
  /// What its owner does.
  public enum Action: Sendable, Hashable {
    /// Store these and remove those, then call `applied`.
    case apply([SyncEntry], dropping: [RecordID])
    /// The peer lies provably or broke the protocol.
    case penalise(ReconciliationError)
    /// Nothing follows: `phase` is final.
    case finished
  }

  /// A request's place in a comparison; the opening has no number.
  struct Place: Sendable {
    let round: Int
    let strategy: StrategyID
    let number: UInt32?
  }

  /// A request that is under way.
  struct Sent: Sendable {
    var body: SyncRequest.Body
    /// The comparison that it belongs to.
    var comparison: Place?
    var attempts = 0
    var at = Moment.start
    /// How long it is waited for.
    var patience: Duration = .zero
    var bytes = 0

    /// Whether it asks for symbols before the opening is answered.
    var isAhead: Bool {
      if case .compare(0, StrategyID.rateless.rawValue, _) = body { true } else { false }
    }
  }

  /// A way to compare that is offered, and its first requests.
  struct Candidate: Sendable {
    let plan: SyncPlan
    var initiator: any ComparisonInitiator
    let requests: [ComparisonRequest]
  }

  /// A comparison that was made by one strategy from beginning to end.
  struct Observation: Sendable {
    let plan: SyncPlan
    let seconds: Double
    let difference: RecordDifference
    let situation: SyncSituation
  }

  /// A comparison that was left, and the request of it that was not sent.
  struct Paused: Sendable {
    var initiator: any ComparisonInitiator
    var next: ComparisonRequest?
  }

  public let id: SyncSessionID
  public let peer: PeerID
  public let configuration: SyncConfiguration
  public let started: Moment
  public internal(set) var phase: SyncPhase
  /// Whether the peer is away; `resume` lets it go on.
  public internal(set) var isInterrupted = false
  public internal(set) var statistics = SyncStatistics()
  /// Records that this side lacks and has not been given yet.
  public internal(set) var needed: Set<RecordID> = []
  /// Records that the other side lacks and has not been given yet.
  public internal(set) var available: Set<RecordID> = []
  /// What was measured of the line.
  public internal(set) var link: LinkMonitor
  /// What this side holds.
  public internal(set) var view: any ReplicaView
  /// Comparisons so far, and strategies that failed.
  public internal(set) var rounds = 0
  public internal(set) var failedStrategies: Set<StrategyID> = []
  /// How the latest comparison is made, and why so.
  public internal(set) var choice: SyncChoice?

  var policy: any SyncPolicy
  let transfer: any ValueTransfer
  /// Records that differed in the last session with this peer.
  let lastDifference: Int?
  /// How many times as long this processor takes as that of the cost model.
  let slowness: Double
  var comparison: (any ComparisonInitiator)?
  /// What the other side may take, until it has.
  var candidates: [Candidate] = []
  var probeSymbols = 0
  /// Coded symbols that are still to be asked for before the opening is answered.
  var ahead = 0
  var hasOpened = false
  /// Whether symbols that were asked for ahead were not given, since they were of no use.
  var isAheadSettled = false
  /// Comparisons that were begun and left for others, with the same view of the other side, and
  /// what they told of the difference.
  var paused: [StrategyID: Paused] = [:]
  var changes = 0
  var estimate: SyncEstimate?
  /// How the difference lies, once somebody has looked, and bytes of the second request by ranges.
  var look: PartsLook?
  var secondBytes: Int?
  var hasLooked = false
  /// Coded symbols that may still be asked for while a look is under way; nil if none is.
  var symbolsMeanwhile: Int?
  /// When the latest strategy was begun, and by what plan; nil if what it took does not tell.
  var begun: (plan: SyncPlan, at: Moment)?
  /// What the first comparison took, to be judged when the line is known better.
  var observation: Observation?
  /// The time of the latest event.
  var latest: Moment
  /// What earlier sessions with the peer have shown of its processor and of predictions, and what
  /// this one adds.
  public internal(set) var experience: PeerExperience
  /// The next request of the comparison, looked at already.
  var pending: ComparisonRequest?
  var remote: ReplicaSummary?
  var remoteStrategies: Set<StrategyID>?
  /// Whether the opening was answered, so that the comparison has a view.
  var isOpened = false
  var sent: [UInt64: Sent] = [:]
  /// To be sent again, first one first.
  var again: [Sent] = []
  var nextNumber: UInt64 = 0
  /// Names to ask for, records whose values are to be asked for, names to send.
  var wantedIDs: [RecordID] = []
  var wantedValues: [Record] = []
  var offeredIDs: [RecordID] = []
  /// Records whose values were asked for, each with the older value that was offered.
  var asked: [RecordID: (record: Record, base: [UInt8]?)] = [:]
  /// Records whose patch made another value, so that they are asked for whole.
  var wholeOnly: Set<RecordID> = []
  /// Keys whose newer record came, so that the older one need not be sent.
  var outdated: Set<RecordID> = []
  /// The other side's revision that the present comparison began with.
  var comparedRevision: UInt64?
  /// Names of this round that the other side does not hold, though it has not changed.
  var unheld = 0
  var isVerifying = false
  /// Entries given to the owner and not stored yet.
  var unstored: [(count: Int, bytes: Int)] = []
  var itemsDone = 0
  var itemsKnown = 0
  private var furthest = 0.0

  /// - Parameters:
  ///   - view: what this side holds.
  ///   - link: what is known of the line from earlier sessions.
  ///   - experience: what is known of the peer and of predictions.
  public init(
    id: SyncSessionID, peer: PeerID, view: any ReplicaView, policy: any SyncPolicy,
    configuration: SyncConfiguration = SyncConfiguration(),
    transfer: any ValueTransfer = PatchTransfer(), link: LinkMonitor = LinkMonitor(),
    lastDifference: Int? = nil, experience: PeerExperience = PeerExperience(),
    slowness: Double = 1, at now: Moment
  ) {
    self.id = id
    self.peer = peer
    self.view = view
    self.policy = policy.corrected(by: experience.corrections)
    self.experience = experience
    latest = now
    self.configuration = configuration
    self.transfer = transfer
    self.link = link
    self.lastDifference = lastDifference
    self.slowness = slowness
    started = now
    phase = .comparison(.full)
    compare()
  }

  /// Whether nothing follows, be it complete or failed.
  public var isComplete: Bool { phase.isFinal }

  /// Whether this side holds what the other one said last that it holds.
  public var isEqual: Bool { remote?.root == view.summary.root }

  /// Bytes of requests and answers so far.
  public var bytesTransferred: Int { statistics.bytes }

  /// The share of the session that is done, 0…1; never falls.
  public mutating func progress() -> Double {
    let share: Double
    switch phase {
    case .complete: share = 1
    case .failed: share = furthest
    case .comparison: share = 0
    case .stateRequest, .stateTransfer:
      share = 0.1 + 0.8 * Double(itemsDone) / Double(max(1, itemsKnown))
    case .verification: share = 0.95
    }
    furthest = max(furthest, min(1, share))
    return furthest
  }

  /// Requests under way.
  public var requestsUnderWay: Int { sent.count }

  /// An answer came.
  /// - Parameter bytes: what it has on the wire.
  /// - Returns: what is to be done now. An answer to a request that it does not know is ignored.
  public mutating func receive(
    _ answer: SyncAnswer, bytes: Int, to number: UInt64, at now: Moment
  ) -> [Action] {
    guard !isComplete, let request = sent.removeValue(forKey: number) else { return [] }
    latest = now
    statistics.bytes += bytes
    link.answered(bytes: bytes + request.bytes, after: request.at.duration(to: now), at: now)
    do throws(ReconciliationError) {
      return try take(answer, to: request) + advance(at: now)
    } catch {
      return fault(error, at: now)
    }
  }

  /// A request ended without an answer.
  public mutating func lost(
    _ number: UInt64, _ error: RequestError, at now: Moment
  ) -> [Action] {
    guard !isComplete, var request = sent.removeValue(forKey: number) else { return [] }
    if error.isMisbehaviour {
      return fault(.malformed("the answer of \(peer): \(error)"), at: now)
    }
    if error == .disconnected {
      interrupt()
      again.append(request)
      return []
    }
    if error == .timeout {
      link.timedOut(after: request.at.duration(to: now), patience: request.patience)
    }
    request.attempts += 1
    guard request.attempts < ReconciliationLimits.attemptsMax else {
      return end(.failed(error == .timeout ? .timedOut : .refused), at: now)
    }
    again.append(request)
    return []
  }

  /// The peer went away. What was under way is asked for again after `resume`.
  public mutating func interrupt() {
    guard !isComplete else { return }
    isInterrupted = true
    again += sent.sorted { $0.key < $1.key }.map(\.value)
    sent = [:]
  }

  /// The peer is there again: the session goes on where it stopped. If the peer keeps the view of
  /// the comparison no longer, that is begun anew with what is left.
  public mutating func resume() { isInterrupted = false }

  /// Whoever started it wants it no longer.
  public mutating func cancel(at now: Moment) -> [Action] {
    isComplete ? [] : end(.failed(.cancelled), at: now)
  }

  /// The oldest entries given out with `apply` are stored, and `view` is what is held now.
  public mutating func applied(_ view: any ReplicaView, at now: Moment) -> [Action] {
    guard !isComplete, !unstored.isEmpty else { return [] }
    unstored.removeFirst()
    if view.summary.revision >= self.view.summary.revision { self.view = view }
    return advance(at: now)
  }

  /// They could not be stored.
  public mutating func notApplied(_ reason: String, at now: Moment) -> [Action] {
    isComplete ? [] : end(.failed(.notStored(reason)), at: now)
  }

  mutating func end(_ phase: SyncPhase, at now: Moment) -> [Action] {
    self.phase = phase
    learn()
    sent = [:]
    again = []
    comparison = nil
    statistics.ended(after: started.duration(to: now))
    return [.finished]
  }

  /// An error of what the peer sent. Limits of this side can be an honest peer's doing, and so can
  /// what it does not have; the strategy is not tried again.
  mutating func fault(_ error: ReconciliationError, at now: Moment) -> [Action] {
    switch error.kind {
    case .malformed, .contradiction:
      return [.penalise(error)] + end(.failed(.peerFault(error)), at: now)
    case .limitReached, .unavailable:
      guard case .comparison = phase else { return end(.failed(.tooLarge(error)), at: now) }
      // What is not there any longer is no fault of the strategy.
      if error.kind == .unavailable { compare() } else { strategyFailed() }
      return advance(at: now)
    }
  }
}
