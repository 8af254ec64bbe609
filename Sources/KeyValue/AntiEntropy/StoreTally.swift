import Reconciliation

/// What became of records that another replica sent.
public struct StoreTally: Sendable, Hashable {
  /// Keys that hold something else now.
  public internal(set) var changed = 0
  /// Records of which a newer one is held.
  public internal(set) var outdated = 0
  /// Records that were held already, and the keys of some (`KeyValueLimits.suspectsMax`).
  public internal(set) var known = 0
  public internal(set) var knownKeys: [[UInt8]] = []
  /// Records not above the floor whose keys are not held: they were deleted long ago.
  public internal(set) var dead = 0
  /// Records that were not taken, and the first reason.
  public internal(set) var refused = 0
  public internal(set) var refusal: KeyValueCore.Refusal?

  /// Records in all.
  public var count: Int { changed + outdated + known + dead + refused }

  /// Whether indexes may be wrong: nothing was news although something was to differ.
  var isSuspect: Bool { changed == 0 && known > 0 }

  package mutating func add(_ other: StoreTally) {
    changed += other.changed
    outdated += other.outdated
    known += other.known
    knownKeys += other.knownKeys.prefix(KeyValueLimits.suspectsMax - knownKeys.count)
    dead += other.dead
    refused += other.refused
    refusal = refusal ?? other.refusal
  }

  mutating func add(known key: [UInt8]) {
    known += 1
    if knownKeys.count < KeyValueLimits.suspectsMax { knownKeys.append(key) }
  }

  mutating func add(_ refusal: KeyValueCore.Refusal) {
    refused += 1
    self.refusal = self.refusal ?? refusal
  }
}

/// Records of another replica that are stored, and what became of each key.
public struct TakenRecords: Sendable {
  public internal(set) var tally = StoreTally()
  /// In the order in which they came, but for those that were refused.
  public internal(set) var outcomes: [(key: [UInt8], outcome: ApplyOutcome)] = []
  /// Those that are dead here: whoever sent them is to be told.
  public internal(set) var dead: [DeadRecord] = []

  package init() {}
}

/// Why records of another replica could not be stored; none of them is.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was sent is not what its record says.
  case content(ContentError)
  /// The log does not take it.
  case notCommitted(String)
  /// Sessions only add: a key goes by a tombstone.
  case droppingIsNotSupported

  public var description: String {
    switch self {
    case .content(let error): "\(error)"
    case .notCommitted(let reason): reason
    case .droppingIsNotSupported: "records are not dropped; a deletion is a record too"
    }
  }
}
