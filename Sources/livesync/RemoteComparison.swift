import Foundation
import Locking
import Networking
import Primitives
import Reconciliation
import Runtime
import Transport

/// Finds what a set of records differs in from that of another process, over a connection to it.
///
/// It is the asking side of a session until the difference is known; nothing is exchanged then.
struct RemoteComparison {
  /// What a comparison found and took.
  struct Outcome: Sendable {
    var difference = RecordDifference(missing: [], extra: [])
    /// The records of `difference.missing`.
    var missing: [Record] = []
    /// Records of the other side.
    var remoteCount: UInt64 = 0
    /// Those that were used, first one first; none if the roots were equal.
    var strategies: [StrategyID] = []
    var reason = ""
    /// Requests that waited for one another's answers.
    var rounds = 0
    /// Bytes of requests, and of answers.
    var sentBytes = 0
    var receivedBytes = 0
    var time: Duration = .zero
    /// What a request and its answer took at best, and what was measured or given of the rate.
    var roundTrip: Duration = .zero
    var bytesPerSecond: Double?

    /// What the line takes for so many bytes and rounds; nil if its rate is not known.
    var predicted: Duration? {
      bytesPerSecond.map { rate in
        roundTrip * rounds
          + .nanoseconds(Int64(min(Double(sentBytes + receivedBytes) * 1e9 / max(1, rate), 1e18)))
      }
    }
  }

  /// How the connection ended, if it did.
  private final class Ending: Sendable {
    private let end = Lock<PeerLinkEnd?>(nil)

    var first: PeerLinkEnd? { end.withLock { $0 } }

    func note(_ end: PeerLinkEnd) { self.end.withLock { $0 = $0 ?? end } }
  }

  private typealias Reply = (sent: SyncOutgoing, flight: Int, Result<SyncAnswer, RequestError>)

  private let peer: KeptPeer
  private let runtime: EventLoopRuntime
  private let network: TransportNetwork
  private let events: AsyncStream<TransportEvent>
  private let ending: Ending
  private static let session = SyncSessionID(1)

  /// Requests to learn the round trip by.
  private static let pings = 3

  private init(
    with peer: KeptPeer, as identity: KeyPair, at addresses: [SocketAddress],
    _ runtime: EventLoopRuntime
  ) {
    self.peer = peer
    self.runtime = runtime
    var configuration = ReconcileLink.configuration(identity)
    configuration.peers = addresses.map {
      KeptPeer(PeerAddress($0.host, port: $0.port, identity: peer.identity))
    }
    let (events, continuation) = AsyncStream.makeStream(of: TransportEvent.self)
    self.events = events
    let ending = Ending()
    self.ending = ending
    network = TransportNetwork(
      configuration, runtime: runtime, links: SocketMaker(runtime: runtime)
    ) { event in
      if case .disconnected(_, let end) = event { ending.note(end) }
      continuation.yield(event)
    }
  }

  /// Connects, compares and ends the connection.
  /// - Parameter line: what is known of the line; it is measured if nil.
  static func run(
    _ view: any ReplicaView, with peer: KeptPeer, as identity: KeyPair, by policy: any SyncPolicy,
    line: (bytesPerSecond: Double, roundTrip: Duration)?
  ) async throws -> Outcome {
    let addresses: [SocketAddress]
    do throws(NameFailure) { addresses = try peer.place.addresses() } catch {
      throw RemoteError.unresolved(peer, error)
    }
    let runtime = try EventLoopRuntime()
    defer { runtime.shutdown() }
    let comparison = RemoteComparison(with: peer, as: identity, at: addresses, runtime)
    _ = try await comparison.network.start()
    let result: Result<Outcome, any Error>
    do {
      let id = try await comparison.connect(addresses.count)
      result = .success(try await comparison.compare(view, with: id, by: policy, line))
    } catch { result = .failure(error) }
    await comparison.network.stop()
    return try result.get()
  }

  /// Waits for the connection, or for the last address to fail.
  private func connect(_ addresses: Int) async throws(RemoteError) -> PeerID {
    var failures = 0
    for await event in events {
      switch event {
      case .connected(let id, _, _): return id
      case .failed(.outbound, _, .handshake(.otherIdentity(let found, _))):
        throw .otherKey(peer, found: found)
      case .failed(.outbound, _, let end):
        failures += 1
        if failures >= addresses { throw .unreachable(peer, end) }
      default: continue
      }
    }
    throw .closed(peer, nil)
  }

  private func compare(
    _ view: any ReplicaView, with id: PeerID, by policy: any SyncPolicy,
    _ line: (bytesPerSecond: Double, roundTrip: Duration)?
  ) async throws(RemoteError) -> Outcome {
    var outcome = Outcome()
    (outcome.roundTrip, outcome.remoteCount) = try await ping(id)
    let link =
      line.map { LinkMonitor(bytesPerSecond: $0.bytesPerSecond, roundTrip: $0.roundTrip) }
      ?? LinkMonitor()
    let start = runtime.now
    var session = SyncSession(
      id: Self.session, peer: id, view: view, policy: policy, link: link, at: start)
    try await play(&session, id, from: start, &outcome)
    switch session.phase {
    case .failed(.peerFault(let error)): throw .fault(peer, error)
    case .failed(let failure): throw .failed(peer, failure)
    case .comparison: throw .closed(peer, ending.first)
    default: break
    }
    outcome.difference = RecordDifference(missing: session.needed, extra: session.available)
    if let line {
      (outcome.bytesPerSecond, outcome.roundTrip) = (line.bytesPerSecond, line.roundTrip)
    } else {
      outcome.bytesPerSecond = session.link.bytesPerSecond
    }
    outcome.missing = try await fetch(session.needed.sorted(), of: id)
    return outcome
  }

  /// The least time that an answer takes, and how many records the other side has.
  private func ping(_ id: PeerID) async throws(RemoteError) -> (Duration, UInt64) {
    var least: Duration?
    var count: UInt64 = 0
    for _ in 0..<Self.pings {
      let asked = runtime.now
      guard case .summary(let summary) = try await ask(.summary, id) else {
        throw .fault(peer, .malformed("no summary came"))
      }
      let taken = asked.duration(to: runtime.now)
      least = min(least ?? taken, taken)
      count = summary.count
    }
    return (least ?? .zero, count)
  }

  /// Sends what the session wants sent until the difference is known. What was asked for ahead and
  /// is not needed any more still comes, and is counted in bytes.
  private func play(
    _ session: inout SyncSession, _ id: PeerID, from start: Moment, _ outcome: inout Outcome
  ) async throws(RemoteError) {
    var (state, found, flight) = (session, outcome, 0)
    let failure = await withTaskGroup(of: Reply.self) { group -> RemoteError? in
      while true {
        while case .comparison = state.phase, let next = state.nextRequest(at: runtime.now) {
          let (network, place) = (network, flight + 1)
          found.sentBytes += next.request.wireBytes.count
          group.addTask {
            do throws(RequestError) {
              let answer = try await network.request(next.request, to: id, timeout: next.timeout)
              return (next, place, .success(answer))
            } catch { return (next, place, .failure(error)) }
          }
        }
        guard let (sent, place, result) = await group.next() else { return nil }
        let now = runtime.now
        flight = max(flight, place)
        var actions: [SyncSession.Action] = []
        switch result {
        case .success(let answer):
          let bytes = answer.wireBytes.count
          found.receivedBytes += bytes
          guard case .comparison = state.phase else { continue }
          actions = state.receive(answer, bytes: bytes, to: sent.number, at: now)
          (found.time, found.rounds) = (start.duration(to: now), flight)
        case .failure(let error):
          guard case .comparison = state.phase else { continue }
          actions = state.lost(sent.number, error, at: now)
        }
        for case .penalise(let error) in actions { return .fault(peer, error) }
        if let choice = state.choice {
          if found.strategies.last != choice.strategy { found.strategies.append(choice.strategy) }
          found.reason = choice.reason
        }
      }
    }
    (session, outcome) = (state, found)
    if session.needed.isEmpty, session.available.isEmpty { outcome.strategies = [] }
    if let failure { throw failure }
  }

  /// The records of these names, so that those of one key can be told.
  private func fetch(_ ids: [RecordID], of peer: PeerID) async throws(RemoteError) -> [Record] {
    var records: [Record] = []
    var rest = ids[...]
    while !rest.isEmpty {
      let wanted = Array(rest.prefix(ReconciliationLimits.batchItemsMax))
      guard case .records(let answers, _) = try await ask(.records(wanted), peer),
        (1...wanted.count).contains(answers.count)
      else { throw .fault(self.peer, .malformed("no records came")) }
      for (answer, id) in zip(answers, wanted) {
        let record: Record
        switch answer {
        case .record(let given): record = given
        case .entry(let entry): record = entry.record
        case .unheld:
          throw .fault(self.peer, .contradiction("the record \(id) that it named is not there"))
        }
        guard record.id == id else {
          throw .fault(self.peer, .contradiction("the record for \(id) is another"))
        }
        records.append(record)
      }
      rest = rest.dropFirst(answers.count)
    }
    return records
  }

  private func ask(_ body: SyncRequest.Body, _ id: PeerID) async throws(RemoteError) -> SyncAnswer {
    do throws(RequestError) {
      return try await network.request(
        SyncRequest(session: Self.session, body: body), to: id,
        timeout: ReconciliationLimits.patienceMax)
    } catch {
      if error.isMisbehaviour { throw .fault(peer, .malformed("\(error)")) }
      if error == .disconnected { throw .closed(peer, ending.first) }
      throw .failed(peer, error == .timeout ? .timedOut : .refused)
    }
  }
}
