/// What a peer remembers of the claims of others, to tell a store that was restored or copied.
public struct ReplicaWitness: Sendable, Equatable {
  /// What a claim is.
  public enum Verdict: Sendable, Hashable {
    /// Newer than all that were seen of this id, or the newest itself.
    case current
    /// Another store, or a later state of this one, has used the id since: a new id is needed.
    case superseded
  }

  private struct Seen: Sendable, Equatable {
    var claim: ReplicaClaim
    /// The number of the last claim; the one with the smallest is forgotten first.
    var turn: UInt64
  }

  private var seen: [ReplicaID: Seen] = [:]
  private var turn: UInt64 = 0

  public init() {}

  /// Judges a claim and remembers it. `knownCounter` is the largest counter of this replica that is
  /// known here from anybody, `ownCounter` the largest that the claimant knows of itself: a copy
  /// lacks what it has written since.
  public mutating func judge(
    _ claim: ReplicaClaim, knownCounter: UInt64 = 0, ownCounter: UInt64 = .max
  ) -> Verdict {
    turn += 1
    if ownCounter < knownCounter { return .superseded }
    if let known = seen[claim.replica]?.claim {
      if claim.incarnation < known.incarnation { return .superseded }
      if claim.incarnation == known.incarnation, claim.nonce != known.nonce {
        return .superseded
      }
    } else if seen.count >= CRDTLimits.witnessedReplicasMax,
      let oldest = seen.min(by: { $0.value.turn < $1.value.turn })
    {
      seen[oldest.key] = nil
    }
    seen[claim.replica] = Seen(claim: claim, turn: turn)
    return .current
  }
}
