import CRDT

/// How a replica stands with all others: who has judged whose claim.
///
/// It writes under an id, and sends changes numbered under it, only if it has made it itself since
/// it was opened, or if all others have said since then that nobody else has used it.
struct PeerBook: Sendable {
  /// How it stands with another replica.
  struct Session: Sendable {
    /// The other one's claim, if it was judged here: changes are taken.
    var claim: ReplicaClaim?
    /// The other one's claim when it last judged this one: changes are sent.
    var host: ReplicaClaim?
  }

  let place: ReplicaPlace
  var sessions: [Session]
  private var witness = ReplicaWitness()
  private(set) var claims: [ReplicaID: ReplicaClaim] = [:]
  /// Others that have confirmed the id since it was opened.
  private var confirmed: EventSet
  /// Whether the id was made by this process.
  private var isFresh: Bool

  init(at place: ReplicaPlace, isFresh: Bool) {
    self.place = place
    self.isFresh = isFresh
    sessions = Array(repeating: Session(), count: place.count)
    confirmed = EventSet([place.number])
  }

  var isConfirmed: Bool { isFresh || place.others.allSatisfy(confirmed.contains) }
  /// The processes that changes are sent to.
  var peers: [UInt64] { sessions.compactMap(\.host?.nonce) }

  /// What was stored of claims.
  mutating func remember(_ claims: [ReplicaClaim]) {
    for claim in claims {
      _ = witness.judge(claim)
      self.claims[claim.replica] = claim
    }
  }

  mutating func confirm(_ number: Int, by host: ReplicaClaim) {
    sessions[number].host = host
    confirmed.insert(number)
  }

  /// Another id was taken: nobody has judged it, and nobody else has it.
  mutating func renew() {
    isFresh = true
    confirmed = EventSet([place.number])
    for number in place.others { sessions[number].host = nil }
  }

  /// Whether the id is another one's to use, and its last change one that it has given.
  mutating func isCurrent(
    _ claim: ReplicaClaim, ownCounter: UInt64, last: UInt64, knownCounter: UInt64, had: UInt64,
    own: ReplicaID
  ) -> Bool {
    // The same process as before: no copy has its nonce, and a delayed claim knows less.
    if claims[claim.replica] == claim { return true }
    guard claim.replica != own, had <= last else { return false }
    return witness.judge(claim, knownCounter: knownCounter, ownCounter: ownCounter) == .current
  }

  /// Notes a claim that was judged; false if it is the one that was known.
  mutating func accept(_ claim: ReplicaClaim) -> Bool {
    if claims[claim.replica] == claim { return false }
    claims[claim.replica] = claim
    return true
  }
}
