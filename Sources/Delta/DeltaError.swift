import CRDT
import Compression
import Primitives

/// Names a dictionary: the first eight bytes of BLAKE2b-256 of it.
public struct DictionaryID: Sendable, Hashable, CustomStringConvertible {
  public let bits: UInt64

  public init(_ bits: UInt64) { self.bits = bits }

  /// The name of a dictionary with these bytes.
  public init(of bytes: [UInt8]) { self.init(Blake2b256.hash(bytes).words.0) }

  public var description: String { String(bits, radix: 16) }
}

/// Why a delta, an acknowledgement or a change of the log is refused. What refuses is left as it
/// was.
///
/// A struct over a private enum, so that cases can be added without breaking callers.
public struct DeltaError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case gap(ReplicaID, expected: UInt64, found: UInt64)
    case unknownBase(Dot, of: Dot)
    case unknownKind(UInt8, of: Dot)
    case reusedDot(Dot)
    case tooFarAhead(Dot, known: UInt64)
    case counterExhausted(ReplicaID)
    case tooOld(reach: VersionVector)
    case notHeld(Dot)
    case unknownDictionary(DictionaryID)
    case badDictionary(DictionaryID)
    case tooLarge(String, limit: Int)
    case malformed(WireError)
    case compression(CompressionError)
    case noProgress(attempts: Int)
  }

  private let kind: Kind

  /// Of `replica`, number `expected` comes next, but `found` came.
  public static func gap(_ replica: ReplicaID, expected: UInt64, found: UInt64) -> Self {
    .init(kind: .gap(replica, expected: expected, found: found))
  }
  /// The operation `dot` stands on `base`, which is not here.
  public static func unknownBase(_ base: Dot, of dot: Dot) -> Self {
    .init(kind: .unknownBase(base, of: dot))
  }
  /// The operation `dot` is of a type of values that is not known here.
  public static func unknownKind(_ kind: UInt8, of dot: Dot) -> Self {
    .init(kind: .unknownKind(kind, of: dot))
  }
  /// The operation `dot` is here with other content: its replica must take a new id.
  public static func reusedDot(_ dot: Dot) -> Self { .init(kind: .reusedDot(dot)) }
  /// No replica has counted from `known` to `dot` since.
  public static func tooFarAhead(_ dot: Dot, known: UInt64) -> Self {
    .init(kind: .tooFarAhead(dot, known: known))
  }
  /// The counter of `replica` cannot be larger: it must take a new id.
  public static func counterExhausted(_ replica: ReplicaID) -> Self {
    .init(kind: .counterExhausted(replica))
  }
  /// The log has let go what was asked for: of each replica it holds what comes after `reach`.
  /// Compare all that is held instead.
  public static func tooOld(reach: VersionVector) -> Self { .init(kind: .tooOld(reach: reach)) }
  /// The operation `dot`, up to which a delta was asked for, is not in the log.
  public static func notHeld(_ dot: Dot) -> Self { .init(kind: .notHeld(dot)) }
  /// A delta was made with a dictionary that is not here: ask for it, or for plain zstd.
  public static func unknownDictionary(_ id: DictionaryID) -> Self {
    .init(kind: .unknownDictionary(id))
  }
  /// What came as a dictionary is none, or has another name.
  public static func badDictionary(_ id: DictionaryID) -> Self { .init(kind: .badDictionary(id)) }
  /// There is more of `what` than `limit`.
  public static func tooLarge(_ what: String, limit: Int) -> Self {
    .init(kind: .tooLarge(what, limit: limit))
  }
  /// Bytes that are not in their wire form.
  public static func malformed(_ error: WireError) -> Self { .init(kind: .malformed(error)) }
  /// Compressed bytes that are damaged, or have more content than is allowed.
  public static func compression(_ error: CompressionError) -> Self {
    .init(kind: .compression(error))
  }
  /// So many deltas were sent to the peer without progress: it has refused them, or said each time
  /// that it has less than before.
  public static func noProgress(attempts: Int) -> Self {
    .init(kind: .noProgress(attempts: attempts))
  }

  /// From where the log reaches, if that is what is wrong.
  public var reach: VersionVector? {
    if case .tooOld(let reach) = kind { reach } else { nil }
  }

  /// The dictionary that is asked for, if that is what is wrong.
  public var dictionary: DictionaryID? {
    if case .unknownDictionary(let id) = kind { id } else { nil }
  }

  /// Whether what lies before it may still come: on a line that loses and reorders the sender has
  /// only to begin earlier.
  public var isEarly: Bool {
    switch kind {
    case .gap, .unknownBase: true
    default: false
    }
  }

  /// Whether no honest peer sends this.
  public var isMisbehaviour: Bool {
    switch kind {
    case .malformed, .compression, .badDictionary: true
    default: false
    }
  }

  /// Stable snake_case name of the case.
  public var reason: String {
    switch kind {
    case .gap: "delta_gap"
    case .unknownBase: "delta_unknown_base"
    case .unknownKind: "delta_unknown_kind"
    case .reusedDot: "delta_reused_dot"
    case .tooFarAhead: "delta_too_far_ahead"
    case .counterExhausted: "delta_counter_exhausted"
    case .tooOld: "delta_too_old"
    case .notHeld: "delta_not_held"
    case .unknownDictionary: "delta_unknown_dictionary"
    case .badDictionary: "delta_bad_dictionary"
    case .tooLarge: "delta_too_large"
    case .malformed: "delta_malformed"
    case .compression: "delta_compression"
    case .noProgress: "delta_no_progress"
    }
  }

  public var description: String {
    switch kind {
    case .gap(let replica, let expected, let found):
      "of \(replica) comes \(expected) next, not \(found)"
    case .unknownBase(let base, let dot): "\(dot) stands on \(base), which is not here"
    case .unknownKind(let kind, let dot): "\(dot) is of the kind \(kind), which is not known"
    case .reusedDot(let dot):
      "\(dot) is here with other content: its replica must take a new id"
    case .tooFarAhead(let dot, let known): "\(dot) cannot be after \(known)"
    case .counterExhausted(let replica): "the counter of \(replica) is used up: take a new id"
    case .tooOld(let reach):
      "the log reaches back to "
        + (reach.replicas.map { "\(Dot($0, reach[$0]))" }.joined(separator: ", "))
    case .notHeld(let dot): "\(dot) is not in the log"
    case .unknownDictionary(let id): "the dictionary \(id) is not here"
    case .badDictionary(let id): "what came as \(id) is no dictionary of that name"
    case .tooLarge(let what, let limit): "more than \(limit) \(what)"
    case .malformed(let error): "\(error)"
    case .compression(let error): "\(error)"
    case .noProgress(let attempts): "\(attempts) deltas made no progress"
    }
  }
}
