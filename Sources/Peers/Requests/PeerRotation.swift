import Networking

/// Whose turn it is among the peers, for one kind of request: round robin in peer order.
///
/// The list of peers may change between two turns; the next one is the first peer after the last.
package struct PeerRotation: Sendable {
  /// The peer that had the last turn.
  private var last: PeerID?

  package init() {}

  /// The next of `peers` (sorted) in turn that `isAllowed` lets through, or nil if there is none.
  package mutating func next(of peers: [PeerID], where isAllowed: (PeerID) -> Bool) -> PeerID? {
    let allowed = peers.filter(isAllowed)
    guard let first = allowed.first else { return nil }
    let chosen = last.flatMap { last in allowed.first { $0 > last } } ?? first
    last = chosen
    return chosen
  }
}

/// Which peers one request asks, in which order, and when it gives up.
///
/// The peer that told us is asked first, then the others in turn, each once a round, and those that
/// lately let requests time out come last, the ones that never answered after the others: one
/// prompt peer is enough. With few peers rounds repeat until `triesMin`, and never are there more
/// than `triesMax` tries.
package struct RequestTries: Sendable {
  /// Asked before everybody else, if it is among the prompt peers.
  private let first: PeerID?
  /// Asked in this round.
  private var asked: Set<PeerID> = []
  /// Tries so far that were lost rather than denied.
  private var lost = 0
  /// Tries so far, over all rounds.
  package private(set) var count = 0
  /// With fewer tries than this, a new round is begun.
  private let triesMin: Int
  /// Tries allowed.
  private let triesMax: Int

  package init(
    first: PeerID?, triesMin: Int = PeerLimits.requestTriesMin,
    triesMax: Int = PeerLimits.requestTriesMax
  ) {
    precondition(triesMin >= 1 && triesMin <= triesMax, "tries \(triesMin)...\(triesMax)")
    self.first = first
    self.triesMin = triesMin
    self.triesMax = triesMax
  }

  /// The peer to ask next, or nil if the request has failed for good (or there is no peer).
  /// - Parameter mayRepeat: whether a new round may be begun.
  package mutating func next(
    of peers: RankedPeers, rotation: inout PeerRotation, mayRepeat: Bool = true
  ) -> PeerID? {
    guard count < triesMax else { return nil }
    if count == 0, let first, peers.prompt.contains(first) { return take(first) }
    if let peer = turn(of: peers, rotation: &rotation) { return take(peer) }
    guard mayRepeat, count - lost < triesMin else { return nil }
    asked = []
    return turn(of: peers, rotation: &rotation).map { take($0) }
  }

  /// One more try at a peer that was asked already; false if there were `triesMax`.
  package mutating func takeAgain() -> Bool {
    guard count < triesMax else { return false }
    count += 1
    return true
  }

  /// A try brought nothing, from a peer that may well answer another: it does not count as one of
  /// those that are made at least.
  package mutating func wasLost() { lost += 1 }

  /// The peer was late, and may be asked again in this round.
  package mutating func allowAgain(_ peer: PeerID) { asked.remove(peer) }

  /// True if one of `peers` has not been asked in this round, and may be.
  package func canAsk(_ peers: some Sequence<PeerID>) -> Bool {
    count < triesMax && peers.contains { !asked.contains($0) }
  }

  private func turn(of peers: RankedPeers, rotation: inout PeerRotation) -> PeerID? {
    rotation.next(of: peers.prompt) { !asked.contains($0) && peers.preferred.contains($0) }
      ?? rotation.next(of: peers.prompt) { !asked.contains($0) }
      ?? rotation.next(of: peers.slow) { !asked.contains($0) && !peers.silent.contains($0) }
      ?? rotation.next(of: peers.slow) { !asked.contains($0) }
  }

  private mutating func take(_ peer: PeerID) -> PeerID {
    asked.insert(peer)
    count += 1
    return peer
  }
}
