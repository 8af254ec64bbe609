import CRDT
import Networking
import Primitives
import Reconciliation
import Runtime

/// A session between two replicas that are both at hand, and what it took: for tools, figures and
/// to try policies. Both have the same value afterwards.
public struct LatticeExchange: Sendable {
  /// How the session ended.
  public let phase: SyncPhase
  /// The strategies that were used, first one first; none if the roots were equal.
  public let strategies: [StrategyID]
  /// Bytes of requests and answers until it was known what differs, and of all.
  public let comparisonBytes: Int
  public let bytes: Int
  /// Pieces that were sent, either way.
  public let pieces: Int
  /// Times that all requests that could be sent together were answered.
  public let flights: Int

  /// Runs the session.
  /// - Parameter line: what the policy is told of the line.
  public init<Value: ReplicatedType>(
    _ local: LatticeReplica<Value>, with remote: LatticeReplica<Value>,
    by policy: some SyncPolicy, on line: PathFigures,
    configuration: SyncConfiguration = SyncConfiguration()
  ) throws {
    let roundTrip = Duration.nanoseconds(Int64(line.roundTrip * 1e9))
    let peer = PeerID(identity: NodeIdentity(key: PublicKey(raw: .zero)), number: 0)
    var session = SyncSession(
      id: SyncSessionID(0), peer: peer, view: local.view(), policy: policy,
      configuration: configuration,
      link: LinkMonitor(bytesPerSecond: line.bytesPerSecond, roundTrip: roundTrip), at: .start)
    var server = SyncServer(
      policy: policy, limits: RateLimits(perType: [SyncRequest.type: .max]))
    var (now, flights, comparisonBytes) = (Moment.start, 0, 0)
    var strategies: [StrategyID] = []
    while !session.isComplete {
      var requests: [SyncOutgoing] = []
      while let request = session.nextRequest(at: now) { requests.append(request) }
      guard !requests.isEmpty else { break }
      flights += 1
      now = now.advanced(by: roundTrip)
      for request in requests {
        let answer: SyncAnswer
        switch server.answer(request.request, of: peer, view: remote.view(), at: now) {
        case .answer(let given): answer = given
        case .store(let entries):
          try remote.join(entries)
          answer = .stored(remote.view().summary)
        case .fault(let error): throw error
        }
        let bytes = answer.wireBytes.count
        for action in session.receive(answer, bytes: bytes, to: request.number, at: now) {
          switch action {
          case .apply(let entries, let dropping):
            try local.join(entries, dropping: dropping)
            _ = session.applied(local.view(), at: now)
          case .penalise(let error): throw error
          case .finished: break
          }
        }
        if comparisonBytes == 0, !session.phase.isComparison {
          comparisonBytes = session.statistics.bytes
        }
      }
      if let choice = session.choice, strategies.last != choice.strategy {
        strategies.append(choice.strategy)
      }
    }
    phase = session.phase
    self.strategies = strategies
    self.comparisonBytes = comparisonBytes
    bytes = session.statistics.bytes
    pieces = session.statistics.items
    self.flights = flights
  }
}

extension SyncPhase {
  fileprivate var isComparison: Bool {
    if case .comparison = self { return true }
    return false
  }
}
