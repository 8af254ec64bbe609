import Networking
import Reconciliation

/// What is known of a session beside what it knows itself.
package struct RunningSession {
  let peer: PeerID
  let view: KeyValueView
  package var outcome = AntiEntropyOutcome(end: .incomplete(.failed(.cancelled)))
  var ended: CheckedContinuation<RunningSession, Never>?
  var isDisconnected = false
  /// Records that are too long for the session: those that the other side has, and those that this
  /// side has.
  private(set) var wanted: [Record] = []
  private(set) var offered: [Record] = []
  private var rounds = 1
  /// The present comparison ended early, since the other side does not keep its view.
  private var hasMoved = false
  /// All that the present comparison found was asked for and given.
  private var isTransferred = false
  /// It was looked for values that are too long.
  private var hasLooked = false
  /// Records that were named and are not held any more.
  private var overwritten = 0
  /// The exchange is what ended the session.
  private var isExchanged = false

  package init(peer: PeerID, view: KeyValueView) {
    self.peer = peer
    self.view = view
    outcome.keysCompared = Int(view.summary.count)
  }

  /// An answer came; gives what the session is to get.
  package mutating func take(_ answer: SyncAnswer, bytes: Int) -> SyncAnswer {
    outcome.receivedBytes += bytes
    switch answer {
    case .opened(let summary, _, _):
      outcome.keysCompared = max(outcome.keysCompared, Int(clamping: summary.count))
    case .moved: hasMoved = true
    case .records(let answers, _): return take(answers)
    case .values(let values): overwritten += values.count { $0 == .unheld }
    default: break
    }
    return answer
  }

  /// Takes out records whose values no session carries, so that it goes on without them. Without a
  /// revision the session does not think that the names were wrong.
  private mutating func take(_ answers: [RecordAnswer]) -> SyncAnswer {
    overwritten += answers.count { $0 == .unheld }
    let rest = answers.map { answer -> RecordAnswer in
      guard case .record(let record) = answer, record.size > ReconciliationLimits.valueBytesMax
      else { return answer }
      wanted.append(record)
      return .unheld
    }
    return .records(rest, revision: 0)
  }

  /// Sees how far the session is; false if it is to be ended, since it has done what it is for.
  package mutating func follows(_ session: SyncSession) -> Bool {
    if let strategy = session.choice?.strategy, outcome.strategies.last != strategy {
      outcome.strategies.append(strategy)
    }
    if session.rounds > rounds {
      if isTransferred, !hasMoved {
        isExchanged = true
        return false
      }
      (rounds, hasMoved, isTransferred, hasLooked) = (session.rounds, false, false, false)
    }
    switch session.phase {
    case .stateTransfer: look(forLargeIn: session)
    case .verification: isTransferred = true
    default: break
    }
    return true
  }

  /// What the session would leave out, since it is too long.
  private mutating func look(forLargeIn session: SyncSession) {
    guard !hasLooked else { return }
    hasLooked = true
    for id in session.available.sorted() {
      guard let size = view.size(of: id) else {
        overwritten += 1
        continue
      }
      if size > ReconciliationLimits.valueBytesMax, let record = view.record(id) {
        offered.append(record)
      }
    }
  }

  /// The session has ended.
  package func end(_ session: SyncSession) -> RunningSession {
    var ended = self
    switch session.phase {
    case .complete: ended.outcome.end = .equal
    case _ where isDisconnected: ended.outcome.end = .incomplete(.disconnected)
    case _ where isExchanged:
      ended.outcome.end =
        overwritten > 0 ? .incomplete(.overwritten(overwritten)) : .exchanged
    case .failed(let failure):
      ended.outcome.end = .incomplete(view.isGivenUp ? .viewGivenUp : .failed(failure))
    default: break
    }
    return ended
  }
}
