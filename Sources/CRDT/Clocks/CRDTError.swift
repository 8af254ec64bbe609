/// Why a change, a delta or a state is refused. What refuses is left as it was.
///
/// A struct over a private enum, so that cases can be added without breaking callers.
public struct CRDTError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    case unknownBase(Dot)
    case gap(ReplicaID, expected: UInt64, found: UInt64)
    case wrongType(expected: String, found: String)
    case reusedDot(Dot)
    case impossibleOrigins(Dot)
    case clockAhead(milliseconds: UInt64, allowed: UInt64)
    case clockExhausted
    case counterExhausted(ReplicaID)
    case tooLarge(String, limit: Int)
    case outside(position: Int, length: Int)
  }

  private let kind: Kind

  /// It stands on `dot`, which is not here: ask for what comes before, or for the full state.
  public static func unknownBase(_ dot: Dot) -> Self { .init(kind: .unknownBase(dot)) }
  /// Of `replica`, number `expected` comes next, but `found` came: ask for what lies between, or
  /// for the full state.
  public static func gap(_ replica: ReplicaID, expected: UInt64, found: UInt64) -> Self {
    .init(kind: .gap(replica, expected: expected, found: found))
  }
  /// It is of the type `found`, where only `expected` can be.
  public static func wrongType(expected: String, found: String) -> Self {
    .init(kind: .wrongType(expected: expected, found: found))
  }
  /// The event `dot` is here already: its replica has lost its memory and must take a new id.
  public static func reusedDot(_ dot: Dot) -> Self { .init(kind: .reusedDot(dot)) }
  /// No replica that follows the protocol can have written `dot` between its two neighbours.
  public static func impossibleOrigins(_ dot: Dot) -> Self { .init(kind: .impossibleOrigins(dot)) }
  /// A time lies `milliseconds` after this replica's clock: one of both clocks is wrong.
  public static func clockAhead(milliseconds: UInt64, allowed: UInt64) -> Self {
    .init(kind: .clockAhead(milliseconds: milliseconds, allowed: allowed))
  }
  /// A time does not fit 48 bits of milliseconds.
  public static let clockExhausted = CRDTError(kind: .clockExhausted)
  /// A counter of `replica` cannot be larger: it must take a new id.
  public static func counterExhausted(_ replica: ReplicaID) -> Self {
    .init(kind: .counterExhausted(replica))
  }
  /// There is more of `what` than `limit`.
  public static func tooLarge(_ what: String, limit: Int) -> Self {
    .init(kind: .tooLarge(what, limit: limit))
  }
  /// A position is not within a text of `length` characters.
  public static func outside(position: Int, length: Int) -> Self {
    .init(kind: .outside(position: position, length: length))
  }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .unknownBase: "crdt_unknown_base"
    case .gap: "crdt_gap"
    case .wrongType: "crdt_wrong_type"
    case .reusedDot: "crdt_reused_dot"
    case .impossibleOrigins: "crdt_impossible_origins"
    case .clockAhead: "crdt_clock_ahead"
    case .clockExhausted: "crdt_clock_exhausted"
    case .counterExhausted: "crdt_counter_exhausted"
    case .tooLarge: "crdt_too_large"
    case .outside: "crdt_outside"
    }
  }

  public var description: String {
    switch kind {
    case .unknownBase(let dot): "it stands on \(dot), which is not here"
    case .gap(let replica, let expected, let found):
      "of \(replica) comes \(expected) next, not \(found)"
    case .wrongType(let expected, let found): "\(found) cannot be merged into \(expected)"
    case .reusedDot(let dot): "\(dot) is here already: its replica must take a new id"
    case .impossibleOrigins(let dot): "\(dot) cannot have been written between its neighbours"
    case .clockAhead(let milliseconds, let allowed):
      "a time is \(milliseconds) ms after the clock here, at most \(allowed) are allowed"
    case .clockExhausted: "a time does not fit 48 bits of milliseconds"
    case .counterExhausted(let replica): "the counter of \(replica) is used up: take a new id"
    case .tooLarge(let what, let limit): "more than \(limit) \(what)"
    case .outside(let position, let length):
      "position \(position) is not within a text of \(length) characters"
    }
  }
}
