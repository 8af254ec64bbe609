import Networking
import Primitives
import Runtime

/// Compares two replicas that are both at hand, as a session over a given line would, and counts
/// what it would cost: for tools, and to try policies.
public struct DirectSession: Sendable {
  /// What a comparison took.
  public struct Outcome: Sendable {
    /// Records that only the other side has, and that only this one has.
    public let difference: RecordDifference
    /// The strategies that were used, first one first; none if the roots were equal.
    public let strategies: [StrategyID]
    /// Why the last of them was chosen, with figures.
    public let reason: String
    /// Round trips.
    public let flights: Int
    /// Bytes of requests and of answers.
    public let sentBytes: Int
    public let receivedBytes: Int
    /// What the line takes for them, without the processors.
    public let time: Duration
  }

  private let line: PathFigures
  private let configuration: SyncConfiguration
  private static let peer = PeerID(
    identity: NodeIdentity(key: PublicKey(raw: .zero)), number: 0)

  public init(on line: PathFigures, configuration: SyncConfiguration = SyncConfiguration()) {
    self.line = line
    self.configuration = configuration
  }

  /// Finds what `local` and `remote` differ in. Nothing is exchanged.
  public func compare(
    _ local: any ReplicaView, with remote: any ReplicaView, by policy: some SyncPolicy
  ) throws(ReconciliationError) -> Outcome {
    let roundTrip = Duration.nanoseconds((line.roundTrip * 1e9).boundedWhole)
    var session = SyncSession(
      id: SyncSessionID(0), peer: Self.peer, view: local, policy: policy,
      configuration: configuration,
      link: LinkMonitor(bytesPerSecond: line.bytesPerSecond, roundTrip: roundTrip), at: .start)
    var server = SyncServer(
      policy: policy, limits: RateLimits(perType: [SyncRequest.type: .max]))
    var (now, flights, sent, received) = (Moment.start, 0, 0, 0)
    var strategies: [StrategyID] = []
    var reason = ""
    while case .comparison = session.phase {
      var requests: [SyncOutgoing] = []
      while let request = session.nextRequest(at: now) { requests.append(request) }
      guard !requests.isEmpty else { throw .unavailable("the comparison stands still") }
      var answers: [(number: UInt64, answer: SyncAnswer, bytes: Int)] = []
      var bytes = (up: 0, down: 0)
      for request in requests {
        let reply = server.answer(request.request, of: Self.peer, view: remote, at: now)
        guard case .answer(let answer) = reply else {
          if case .fault(let error) = reply { throw error }
          throw .malformed("a comparison wants something stored")
        }
        answers.append((request.number, answer, answer.wireBytes.count))
        bytes.up += request.request.wireBytes.count
        bytes.down += answers[answers.count - 1].bytes
      }
      flights += 1
      sent += bytes.up
      received += bytes.down
      let carried = Double(bytes.up + bytes.down) / line.bytesPerSecond
      now = now.advanced(by: roundTrip + .nanoseconds((carried * 1e9).boundedWhole))
      for (number, answer, bytes) in answers {
        for case .penalise(let error) in session.receive(answer, bytes: bytes, to: number, at: now)
        {
          throw error
        }
      }
      if let choice = session.choice {
        if strategies.last != choice.strategy { strategies.append(choice.strategy) }
        reason = choice.reason
      }
    }
    if case .failed(let failure) = session.phase { throw .unavailable("\(failure)") }
    return Outcome(
      difference: RecordDifference(missing: session.needed, extra: session.available),
      strategies: local.summary.root == remote.summary.root ? [] : strategies, reason: reason,
      flights: flights, sentBytes: sent, receivedBytes: received,
      time: Moment.start.duration(to: now))
  }
}
