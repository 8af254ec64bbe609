import EventLog
import Ledger
import Locking
import Peers

/// Tells the log when a node comes into consensus with the network, and when it loses it. The shell
/// over `ConsensusCore` that all services of a node share.
final class ConsensusJudge: Sendable {
  private let context: SyncContext
  private let core = Lock(ConsensusCore())

  init(context: SyncContext) { self.context = context }

  /// True while consensus is established.
  var isEstablished: Bool { core.withLock { $0.isEstablished } }

  /// An announced block became head.
  func acceptedAnnouncement() {
    core.withLock { $0.acceptedAnnouncement() }
    look()
  }

  /// A round of head requests ended.
  func headRound(asked: Int, agreeing: Int) {
    core.withLock { $0.headRound(asked: asked, agreeing: agreeing) }
    look()
  }

  /// Looks at everything anew.
  func look() {
    let view = context.chain.view
    let peers = context.peers.count
    let hasFailed = context.chain.storeFailure != nil
    let change = core.withLock {
      $0.judge(
        peers: peers, stateIsComplete: view.stateComplete || !view.holdsState,
        storeHasFailed: hasFailed)
    }
    let head = view.head
    switch change {
    case .established:
      context.recorder.record(
        .consensus(.established(block: head.number, hash: head.hash, peers: peers)))
    case .lost(let reason):
      context.recorder.record(
        .consensus(.lost(block: head.number, hash: head.hash, reason: reason)))
    case nil:
      break
    }
  }
}
