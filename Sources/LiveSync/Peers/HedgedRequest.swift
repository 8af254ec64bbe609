import Networking
import Runtime

/// One request that is asked of one peer after another until an answer is good, with a second and
/// a third peer asked meanwhile if an answer takes longer than answers usually do (Dean and
/// Barroso, The Tail at Scale, 2013). The first good answer counts, the others are not waited for.
///
/// A value: it is told what happened and says whom to ask.
package struct HedgedRequest: Sendable {
  /// What is to be done.
  package enum Action: Sendable, Hashable {
    /// Ask the peer; tell how the try ended.
    case ask(PeerID, attempt: Int)
    /// Tell (`lookDue`) after this time, so that it can be seen whether an answer is overdue.
    case look(after: Duration, attempt: Int)
    /// Tell (`pauseOver`) after `LiveSyncLimits.noPeerPause`.
    case pause
  }

  /// How a try ended without a good answer.
  package enum Failure: Sendable, Hashable {
    /// The peer answered, but not with what was asked for, or cannot answer.
    case noAnswer
    /// It did not answer in time.
    case late
    /// The request was not sent: too many of ours are pending.
    case notSent
  }

  private var tries: RequestTries
  /// Time after which an answer is overdue; nil: it is waited for.
  private let hedgeDelay: Duration?
  /// Tries that were made since another's answer was overdue.
  private var hedges: Set<Int> = []
  /// Tries on their way, by their numbers.
  private var open: [Int: PeerID] = [:]
  private var isPausing = false

  package init(tries: RequestTries, hedgeDelay: Duration?) {
    self.tries = tries
    self.hedgeDelay = hedgeDelay
  }

  /// Tries so far.
  package var count: Int { tries.count }
  /// Tries on their way.
  package var openCount: Int { open.count }
  /// True if nothing is on its way and nothing will be: the request has failed.
  package var isOver: Bool { open.isEmpty && !isPausing }

  /// Asks the first peer; nothing if there is none.
  package mutating func start(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] { askNext(peers, &memory) }

  /// The answer to `attempt` may be overdue: if so, another peer is asked as well.
  package mutating func lookDue(
    _ attempt: Int, _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    guard open[attempt] != nil, open.count < LiveSyncLimits.openTriesMax, let hedgeDelay else {
      return []
    }
    guard memory.takeHedge() else { return [.look(after: hedgeDelay, attempt: attempt)] }
    let actions = askNext(peers, &memory)
    if !actions.isEmpty { hedges.insert(tries.count) }
    return actions
  }

  /// A try ended without a good answer: the next peer is asked.
  package mutating func failed(
    _ attempt: Int, _ failure: Failure, _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    guard open.removeValue(forKey: attempt) != nil else { return [] }
    if failure == .notSent {
      guard open.isEmpty else { return [] }
      isPausing = true
      return [.pause]
    }
    if failure == .late { memory.timedOut() }
    return askNext(peers, &memory)
  }

  /// The pause is over.
  package mutating func pauseOver(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    isPausing = false
    return askNext(peers, &memory)
  }

  /// The answer to `attempt` is good and took `time`.
  /// - Returns: The peers that were asked before and have not answered: they are late.
  package func answered(
    _ attempt: Int, after time: Duration, _ memory: inout RequestMemory
  ) -> [PeerID] {
    let late = open.filter { $0.key < attempt }.values.sorted()
    memory.answered(after: time, isHedge: hedges.contains(attempt) && !late.isEmpty)
    return late
  }

  private mutating func askNext(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    // Nobody is asked a second time while somebody else may still answer.
    guard let peer = tries.next(of: peers, rotation: &memory.rotation, mayRepeat: open.isEmpty)
    else {
      return []
    }
    let attempt = tries.count
    open[attempt] = peer
    let look = hedgeDelay.map { Action.look(after: $0, attempt: attempt) }
    return [.ask(peer, attempt: attempt)] + (look.map { [$0] } ?? [])
  }
}
