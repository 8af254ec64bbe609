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

  private let context: SyncContext
  private let timeout: Duration
  private let rotation = Mutex(PeerRotation())

  /// - Parameter timeout: longest wait for one peer's answer.
  init(context: SyncContext, timeout: Duration) {
    self.context = context
    self.timeout = timeout
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
    var tries = tries
    var reason = "no_peers"
    while !Task.isCancelled {
      let peers = context.peers.ranked(at: context.runtime.now)
      guard let peer = rotation.withLock({ tries.next(of: peers, rotation: &$0) }) else {
        return tries.count == 0 ? .noPeers : .failed(reason: reason)
      }
      willAsk(peer, tries.count)
      do throws(RequestError) {
        let response = try await context.network.request(request, to: peer, timeout: timeout)
        let verdict = judge(response, peer)
        switch verdict {
        case .use(let value):
          // Only an answer that was found good makes good for a late one.
          context.peers.promote(peer)
          return .value(value, from: peer)
        case .next(let why):
          reason = why
        case .unfit(let why):
          reason = why
          context.peers.remove(peer)
        case .refuse(let why, let evidence):
          reason = why
          context.ban(peer, reason: why, evidence: evidence)
        }
        didFail(peer, verdict)
      } catch {
        if error == .cancelled { return .cancelled }
        reason = error.reason
        if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
        if error == .timeout { demote(peer) }
        if error == .tooManyPending { await pause() }
      }
    }
    return .cancelled
  }

  /// The peer did not answer in time: for a while the others come before it.
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
