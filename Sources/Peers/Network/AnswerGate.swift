import Locking
import Messages
import Networking
import Runtime

/// Answers the requests of others within rate limits for each peer and type, one answer at a time;
/// one for all parts of a node. What a peer has asked for counts on if it leaves and comes back.
package final class AnswerGate: Sendable {
  private let limiter: Lock<RateLimiter>
  /// Held while an answer is made.
  private let turn = Lock(())

  init(limits: RateLimits) { limiter = Lock(RateLimiter(limits: limits)) }

  func allow(_ type: RequestType, from peer: PeerID, at now: Moment) -> Bool {
    limiter.withLock { $0.allow(type, from: peer, at: now) }
  }

  /// Makes an answer when no other is being made, so that at most one is held that is not sent.
  func making<Answer>(_ make: () -> sending Answer) -> sending Answer {
    turn.withLock { _ in make() }
  }
}

extension SyncContext {
  /// Answers requests of type `R` from now on, within the node's rate limits. `answer` returns nil
  /// to refuse. A peer whose request cannot be decoded is banned: our own always can.
  package func serve<R: Request>(
    _ type: R.Type, _ answer: @escaping @Sendable (R) -> R.Response?
  ) {
    serveWithinRates(type) { [gate] request in gate.making { answer(request) } }
  }

  /// The same with answers that wait for something, such as a disk: `worker` makes one after
  /// another, beside those of other types.
  package func serve<R: Request>(
    _ type: R.Type, on worker: any Worker, _ answer: @escaping @Sendable (R) -> R.Response?
  ) {
    serveWithinRates(type) { request in
      await worker.run { answer(request) }
    }
  }

  private func serveWithinRates<R: Request>(
    _ type: R.Type, _ answer: @escaping @Sendable (R) async -> R.Response?
  ) {
    network.serve(
      type,
      undecodable: { peer, error in self.ban(peer, reason: error.reason) },
      { peer, request in
        guard gate.allow(R.type, from: peer, at: runtime.now) else { return nil }
        return await answer(request)
      })
  }
}
