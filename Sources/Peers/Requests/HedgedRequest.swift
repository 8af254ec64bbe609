import Networking
import Runtime

/// One request that is asked of one peer after another until an answer is good.
///
/// - If an answer takes longer than answers usually do, a second and a third peer are asked
///   meanwhile (Dean and Barroso, The Tail at Scale, 2013). The first good answer counts.
/// - A peer that does not have it yet is asked again after a moment, as long as others are awaited;
///   a patient request goes on with it a little longer.
/// - If there is nobody else to ask, the request is sent again after a few such times: a message
///   may be lost.
/// - A peer that is known to be late holds nobody up: while only such peers are awaited, the next
///   one is asked, and a request that all others have denied ends.
///
/// A value: it is told what happened and says whom to ask.
package struct HedgedRequest: Sendable {
  /// What is to be done.
  package enum Action: Sendable, Hashable {
    /// Ask the peer; tell how the try ended.
    case ask(PeerID, attempt: Int)
    /// Tell (`lookDue`) after this time, so that it can be seen whether an answer is overdue.
    case look(after: Duration, attempt: Int)
    /// Tell (`againDue`) after this time, so that a peer can be asked again.
    case again(after: Duration)
    /// Tell (`pauseOver`) after `PeerLimits.noPeerPause`.
    case pause
  }

  /// How a try ended without a good answer.
  package enum Failure: Sendable, Hashable {
    /// The peer answered, but not with what was asked for, or cannot answer.
    case noAnswer
    /// It does not have it yet.
    case notYet
    /// It did not answer in time.
    case late
    /// The request was not sent: too many of ours are pending.
    case notSent
  }

  private var tries: RequestTries
  /// Time after which an answer is overdue.
  private let hedgeDelay: Duration
  /// True if every answer is waited for, even one of a peer that is known to be late, and those who
  /// do not have it yet are asked again, when all others have said no.
  private let isPatient: Bool
  /// Tries that took a second request from the stock.
  private var hedges: Set<Int> = []
  /// Tries on their way, by their numbers.
  private var open: [Int: PeerID] = [:]
  /// Tries whose `look` is still to come.
  private var looking: Set<Int> = []
  /// Tries whose answer was overdue at a look.
  private var overdue: Set<Int> = []
  /// Peers that do not have it yet; the one that said so longest ago first.
  private var lacking: [PeerID] = []
  /// How often in a row an answer was overdue and nobody else could be asked.
  private var idleLooks = 0
  /// How often one of them was asked again.
  private var repeats = 0
  private var isAgainPending = false
  private var isPausing = false
  /// How often a peer has said no, in whatever way.
  private var denials = 0
  /// Tries so far.
  package private(set) var count = 0

  package init(tries: RequestTries, hedgeDelay: Duration, isPatient: Bool = true) {
    self.tries = tries
    self.hedgeDelay = hedgeDelay
    self.isPatient = isPatient
  }

  /// Tries on their way.
  package var openCount: Int { open.count }

  /// True if nothing that is on its way, or will be, is worth waiting for: the request has failed.
  package func isOver(_ peers: RankedPeers) -> Bool {
    if isPausing { return false }
    if open.isEmpty { return !isWorthRepeating }
    if isPatient || denials == 0 { return false }
    return denials + unheard(peers) >= PeerLimits.diffDenialsMax
      || (awaitsOnlyLate(peers) && !tries.canAsk(peers.prompt))
  }

  /// Overdue tries at peers that never answered, while others do: they are as good as denied, or a
  /// request for what nobody has would wait for each of many silent peers.
  private func unheard(_ peers: RankedPeers) -> Int {
    if peers.preferred.isEmpty, peers.silent.isEmpty { return 0 }
    return open.count { overdue.contains($0.key) && !peers.preferred.contains($0.value) }
  }

  /// True if somebody does not have it yet.
  package var isLacking: Bool { !lacking.isEmpty }

  private var isWorthRepeating: Bool {
    isPatient && isLacking && repeats < PeerLimits.notYetRepeatsMin
  }

  /// Asks the first peer; nothing if there is none.
  package mutating func start(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] { askNext(peers, &memory) }

  /// The answer to `attempt` may be overdue: if so, another peer is asked as well.
  package mutating func lookDue(
    _ attempt: Int, _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    looking.remove(attempt)
    guard open[attempt] != nil else { return [] }
    overdue.insert(attempt)
    return hedge(peers, &memory) + lookOn()
  }

  /// A try ended without a good answer: the next peer is asked.
  package mutating func failed(
    _ attempt: Int, _ failure: Failure, _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    guard let peer = open.removeValue(forKey: attempt) else { return [] }
    switch failure {
    case .notSent:
      guard open.isEmpty else { return lookOn() }
      isPausing = true
      return [.pause]
    case .noAnswer:
      denials += 1
    case .notYet:
      denials += 1
      lacking.append(peer)
    case .late:
      memory.timedOut()
      // Who answers gave no answer to this, if it was lost.
      if isPatient, !peers.silent.contains(peer) { tries.wasLost() }
      // It is a better choice than who never answered.
      if peers.preferred.contains(peer) { tries.allowAgain(peer) }
    }
    return askNext(peers, &memory) + askAgainLater() + lookOn()
  }

  /// The pause is over.
  package mutating func pauseOver(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    isPausing = false
    return askNext(peers, &memory)
  }

  /// The time to ask again has come: a peer that did not have it may have it now.
  package mutating func againDue(_ peers: RankedPeers) -> [Action] {
    isAgainPending = false
    let awaited = Set(open.values)
    lacking.removeAll { !peers.contains($0) }
    guard let index = lacking.firstIndex(where: { !awaited.contains($0) }) else { return lookOn() }
    repeats += 1
    return ask(lacking.remove(at: index))
  }

  /// The answer to `attempt` is good and took `time`.
  /// - Returns: The peers that were asked before and have not answered: they are late.
  package func answered(
    _ attempt: Int, after time: Duration, _ memory: inout RequestMemory
  ) -> [PeerID] {
    let earlier = open.filter { $0.key < attempt }
    memory.answered(after: time, isHedge: hedges.contains(attempt) && !earlier.isEmpty)
    // Who was asked twice may have lost the first request.
    return Set(earlier.values).subtracting(open[attempt].map { [$0] } ?? []).sorted()
  }

  private func awaitsOnlyLate(_ peers: RankedPeers) -> Bool {
    open.values.allSatisfy { peers.slow.contains($0) }
  }

  /// Asks one more peer while others are awaited. It is taken from the stock, unless those are
  /// known to be late: what they do says nothing of the line.
  private mutating func hedge(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    let isPromptLeft = tries.canAsk(peers.prompt)
    if isPromptLeft, awaitsOnlyLate(peers) { return askNext(peers, &memory) }
    if !peers.preferred.isEmpty, !tries.canAsk(peers.preferred) {
      // Those who answer have all been asked: a lost message is likelier than that another answers.
      let again = resend(peers, &memory)
      if !again.isEmpty { return again }
    }
    let late = isPromptLeft ? open.values.count { peers.slow.contains($0) } : 0
    guard memory.mayAwait(oneMoreThan: open.count - late) else { return [] }
    guard isPromptLeft || tries.canAsk(peers.slow) else { return resend(peers, &memory) }
    guard memory.takeHedge() else { return [] }
    idleLooks = 0
    let actions = askNext(peers, &memory)
    hedges.insert(count)
    return actions
  }

  /// Sends the request again to the peer that was asked first and is not known to be late.
  private mutating func resend(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    idleLooks += 1
    let awaited = open.sorted { $0.key < $1.key }.map(\.value).filter { peers.contains($0) }
    let peer =
      awaited.first { peers.preferred.contains($0) }
      ?? awaited.first { !peers.slow.contains($0) } ?? awaited.first
    guard idleLooks >= memory.looksBeforeResend, let peer,
      memory.mayAwait(oneMoreThan: awaited.count { $0 == peer }), memory.takeHedge(),
      tries.takeAgain()
    else { return [] }
    idleLooks = 0
    let actions = ask(peer)
    hedges.insert(count)
    return actions
  }

  private mutating func askNext(
    _ peers: RankedPeers, _ memory: inout RequestMemory
  ) -> [Action] {
    // Nobody is asked a second time while somebody else may still answer.
    let mayRepeat = open.isEmpty && lacking.isEmpty
    return tries.next(of: peers, rotation: &memory.rotation, mayRepeat: mayRepeat).map { ask($0) }
      ?? []
  }

  private mutating func ask(_ peer: PeerID) -> [Action] {
    count += 1
    open[count] = peer
    looking.insert(count)
    return [.ask(peer, attempt: count), .look(after: hedgeDelay, attempt: count)]
  }

  /// The pause before somebody is asked again doubles from the time that an answer takes. It goes
  /// on for as long as anybody is awaited.
  private mutating func askAgainLater() -> [Action] {
    guard isLacking, !isAgainPending, isWorthRepeating || !open.isEmpty else { return [] }
    isAgainPending = true
    let pause = hedgeDelay * (1 << min(repeats, 8))
    return [.again(after: min(pause, PeerLimits.notYetPauseMax))]
  }

  /// Goes on looking at what is on its way, if no other look is still to come.
  private mutating func lookOn() -> [Action] {
    guard let newest = open.keys.max(), looking.isDisjoint(with: open.keys) else { return [] }
    looking.insert(newest)
    return [.look(after: hedgeDelay, attempt: newest)]
  }
}
