/// A fault that is built into the replicas of a run, to show that the checks find it.
public enum PlantedFault: String, Sendable, Hashable, CaseIterable {
  /// Merging two counters adds what it should take the maximum of.
  case mergeAdds = "merge_adds"
  /// A replica goes on with its id and its counters whatever others say, also from an old copy.
  case reusedID = "reused_id"
  /// A delta says that its author's whole past is known, which deletes what it does not hold.
  case boastingContext = "boasting_context"
  /// A change without effect is counted, but never sent.
  case emptyWithoutNumber = "empty_without_number"
  /// A replica acknowledges the largest number that came, whatever is missing before it.
  case acknowledgedHole = "acknowledged_hole"
  /// The clock of a replica is its wall clock, also when that goes back.
  case wallClock = "wall_clock"
  /// A removal takes additions that it has not seen.
  case removeWins = "remove_wins"
  /// A replica acknowledges deltas that it has refused, and so what lies in the hole before them.
  case holeTrims = "hole_trims"
  /// What does not fit is dropped in silence: nothing is compared.
  case droppedDelta = "dropped_delta"
  /// The answer of a session is waited for as long as it takes.
  case endlessWait = "endless_wait"

  /// The type that it is planted in.
  public var kind: ModelKind {
    switch self {
    case .mergeAdds: .gcounter
    case .reusedID: .pncounter
    case .boastingContext, .emptyWithoutNumber, .acknowledgedHole, .removeWins: .orset
    case .holeTrims, .droppedDelta, .endlessWait: .orset
    case .wallClock: .lwwregister
    }
  }

  /// The protocol that it is planted in.
  public var exchange: ReplicaProtocol {
    switch self {
    case .holeTrims, .droppedDelta, .endlessWait: .log
    default: .deltas
    }
  }
}
