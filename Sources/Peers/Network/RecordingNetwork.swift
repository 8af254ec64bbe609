import EventLog
import Locking
import Messages
import Networking
import Runtime
import Synchronization

/// A network that writes each request to the event log: `request.sent` and exactly one
/// `request.ended` for ours, `request.served` or `request.refused` for those of others.
///
/// It wraps whatever network a node is given, so that no part of the node can forget to.
public struct RecordingNetwork: Network {
  /// Numbers the requests of one node.
  private final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)
    func next() -> UInt64 { value.add(1, ordering: .relaxed).newValue }
  }

  private final class SizeMemory: Sendable {
    let sizes = Lock(AnswerSizes())
  }

  private let base: any Network
  private let runtime: any Runtime
  private let recorder: EventRecorder
  private let counter = Counter()
  private let room = AnswerRoom()
  private let sizes = SizeMemory()
  /// What all requests of the node have shown of its lines.
  private let paceMeter = PaceMeter()

  private final class PaceMeter: Sendable {
    let pace = Lock(AnswerPace())
  }

  public init(_ base: any Network, runtime: any Runtime, recorder: EventRecorder) {
    self.base = base
    self.runtime = runtime
    self.recorder = recorder.actor("network")
  }

  /// How long answers take and how fast they come, read at one moment.
  package var pace: AnswerPace { paceMeter.pace.withLock { $0 } }

  /// One thing that the pace tells, without a copy of all of it.
  package func pace<Value: Sendable>(_ told: (AnswerPace) -> Value) -> Value {
    paceMeter.pace.withLock { told($0) }
  }

  /// Sends a single request and waits for its answer as long as answers take.
  /// - Parameter bytes: What the answer is expected to have at most.
  package func ask<R: Request>(
    _ request: R, to peer: PeerID, expecting bytes: Int = 0
  ) async throws(RequestError) -> HeldAnswer<R.Response> {
    try await ask(request, to: peer, timeout: pace.patience(R.type, bytes: bytes, at: runtime.now))
  }

  public var local: PeerID { base.local }
  public func connectedPeers() -> [PeerID] { base.connectedPeers() }
  public func peerEvents() -> AsyncStream<PeerEvent> { base.peerEvents() }
  public func subscribe(_ topic: Topic) -> GossipSubscription {
    let subscription = base.subscribe(topic)
    let limit = NetworkingLimits.gossipBytes.total
    let recorder = recorder
    subscription.whenFull {
      recorder.record(.queue(.limitReached(queue: "gossip.\(topic)", limit: limit)))
    }
    return subscription
  }
  public func publish(_ topic: Topic, _ payload: [UInt8]) async {
    await base.publish(topic, payload)
  }
  public func report(_ id: GossipID, _ acceptance: Acceptance) { base.report(id, acceptance) }
  public func disconnect(_ peer: PeerID, reason: String) { base.disconnect(peer, reason: reason) }

  public func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8] {
    let number = counter.next()
    let name = type.description
    let start = runtime.now
    let sent = recorder.record(
      .request(.sent(type: name, peer: peer.number, bytes: payload.count)), request: number)
    paceMeter.pace.withLock { $0.asked(type) }
    func end(_ outcome: Event.RequestOutcome, bytes: Int) {
      paceMeter.pace.withLock { $0.ended(type) }
      let duration = start.duration(to: runtime.now).wholeNanoseconds
      recorder.record(
        .request(
          .ended(
            type: name, peer: peer.number, outcome: outcome, bytes: bytes, durationNs: duration)),
        cause: sent, request: number)
    }
    do throws(RequestError) {
      let answer = try await base.send(
        type, payload, to: peer, timeout: timeout, answerBytesMax: answerBytesMax)
      sizes.sizes.withLock { $0.add(answer.count, type) }
      let now = runtime.now
      paceMeter.pace.withLock {
        $0.answered(type, of: peer, bytes: answer.count, after: start.duration(to: now), at: now)
      }
      end(.answered, bytes: answer.count)
      return answer
    } catch {
      if error == .timeout {
        let now = runtime.now
        paceMeter.pace.withLock { $0.timedOut(type, of: peer, asked: start, at: now) }
      }
      end(Event.RequestOutcome(error), bytes: 0)
      throw error
    }
  }

  public func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?
  ) {
    let recorder = recorder
    base.serve(type) { peer, payload in
      let answer = await handler(peer, payload)
      let name = type.description
      if let answer {
        recorder.record(
          .request(.served(type: name, peer: peer.number, bytes: answer.count)))
      } else {
        recorder.record(
          .request(.refused(type: name, peer: peer.number, reason: "not_served")))
      }
      return answer
    }
  }
}

extension Event.RequestOutcome {
  /// How a request ended that brought this error and no bytes.
  package init(_ error: RequestError) {
    // Bytes are decoded further up, so all that a network can hold against an answer is its size.
    self = Self(rawValue: error.reason) ?? .tooLarge
  }
}

/// An answer, and the room that it takes until it is let go.
package struct HeldAnswer<Response: Sendable>: Sendable {
  package let response: Response
  package let claim: AnswerClaim
}

extension RecordingNetwork {
  /// Sends `request` and waits for its response, as `Network.request` does. Whoever asks keeps
  /// account of the chunk.
  package func chunk(
    _ request: RequestChunk, of peer: PeerID, timeout: Duration
  ) async throws(RequestError) -> ChunkResponse {
    try await self.request(request, to: peer, timeout: timeout)
  }

  /// Sends `request` when there is room for its response, which lasts until the answer is let go.
  package func ask<R: Request>(
    _ request: R, to peer: PeerID, timeout: Duration
  ) async throws(RequestError) -> HeldAnswer<R.Response> {
    let limit = min(request.answerBytesMax ?? .max, R.type.responseBytesMax)
    let most = sizes.sizes.withLock { $0.most(of: request) }
    do throws(RequestError) {
      return try await ask(request, to: peer, timeout: timeout, answerBytesMax: most)
    } catch {
      guard error.isTooLarge, most < limit else { throw error }
      return try await ask(request, to: peer, timeout: timeout, answerBytesMax: limit)
    }
  }

  private func ask<R: Request>(
    _ request: R, to peer: PeerID, timeout: Duration, answerBytesMax: Int
  ) async throws(RequestError) -> HeldAnswer<R.Response> {
    let room = PeerLimits.answerRoom(R.type, answerBytes: answerBytesMax)
    let claim = try await self.room.claim(room, of: peer) {
      recorder.record(
        .queue(
          .limitReached(queue: "answers", limit: NetworkingLimits.answersBytes.total)))
    }
    let response = try await self.request(
      request, to: peer, timeout: timeout, answerBytesMax: answerBytesMax)
    return HeldAnswer(response: response, claim: claim)
  }
}
