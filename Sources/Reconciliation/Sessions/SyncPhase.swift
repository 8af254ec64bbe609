/// Where a session is.
public enum SyncPhase: Sendable, Hashable, CustomStringConvertible {
  /// It finds out what the two differ in.
  case comparison(StrategyID)
  /// It asks for the records that it lacks.
  case stateRequest
  /// Values go both ways.
  case stateTransfer
  /// The roots are compared once more.
  case verification
  /// Both sides have one root.
  case complete
  /// It ended without that, for this reason.
  case failed(SyncFailure)

  /// The comparison by Bloom filters.
  public static let bloomFilterExchange = SyncPhase.comparison(.bloom)
  /// The comparison by Merkle trees.
  public static let merkleTreeComparison = SyncPhase.comparison(.merkle)

  /// Whether nothing follows.
  public var isFinal: Bool {
    switch self {
    case .complete, .failed: true
    case .comparison, .stateRequest, .stateTransfer, .verification: false
    }
  }

  public var description: String {
    switch self {
    case .bloomFilterExchange: "bloomFilterExchange"
    case .merkleTreeComparison: "merkleTreeComparison"
    case .comparison(let strategy): "\(strategy)Comparison"
    case .stateRequest: "stateRequest"
    case .stateTransfer: "stateTransfer"
    case .verification: "verification"
    case .complete: "complete"
    case .failed(let failure): "failed(\(failure.name))"
    }
  }
}

/// Why a session ended without equal roots.
public enum SyncFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// Who started it wants it no longer.
  case cancelled
  /// A request was not answered in time, nor when it was sent again.
  case timedOut
  /// The peer does not serve, or not now.
  case refused
  /// The peer broke the protocol or answered against its own proof.
  case peerFault(ReconciliationError)
  /// No strategy is left that both sides have and that has not failed.
  case noStrategy
  /// The roots differ after as many rounds as one session may have: one side changes too fast, or
  /// the two do not agree what one value is.
  case rootsDiffer(rounds: Int)
  /// More records differ than one session may hold.
  case tooLarge(ReconciliationError)
  /// This side could not store what it was given.
  case notStored(String)

  /// A stable name for the event log.
  public var name: String {
    switch self {
    case .cancelled: "cancelled"
    case .timedOut: "timed_out"
    case .refused: "refused"
    case .peerFault: "peer_fault"
    case .noStrategy: "no_strategy"
    case .rootsDiffer: "roots_differ"
    case .tooLarge: "too_large"
    case .notStored: "not_stored"
    }
  }

  public var description: String {
    switch self {
    case .cancelled: "the session was cancelled"
    case .timedOut: "no answer in time"
    case .refused: "the peer refused"
    case .peerFault(let error): "the peer's fault: \(error)"
    case .noStrategy: "no strategy is left"
    case .rootsDiffer(let rounds): "the roots differ after \(rounds) rounds"
    case .tooLarge(let error): "\(error)"
    case .notStored(let reason): "not stored: \(reason)"
    }
  }
}
