import Primitives

/// What two replicas compare first and last.
public struct ReplicaSummary: Sendable, Hashable {
  /// Names all records: equal for equal sets only.
  public var root: Hash256
  /// Records.
  public var count: UInt64
  /// Raised by every change. Names an immutable view while the replica keeps it.
  public var revision: UInt64

  public init(root: Hash256, count: UInt64, revision: UInt64) {
    self.root = root
    self.count = count
    self.revision = revision
  }
}

extension ReplicaSummary: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(root)
    encoder.append(count)
    encoder.append(revision)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    root = try decoder.hash()
    count = try decoder.uint64()
    revision = try decoder.uint64()
  }
}

/// A record with its value.
public struct SyncEntry: Sendable, Hashable {
  public var record: Record
  public var value: [UInt8]

  public init(record: Record, value: [UInt8]) {
    self.record = record
    self.value = value
  }
}

/// What a probe tells.
public enum ProbeFinding: Sendable, Hashable {
  /// Nothing, or too little.
  case unclear
  /// How many records differ, about.
  case estimate(SyncEstimate)
  /// Which they are, as the side sees it that was asked.
  case solved(RecordDifference)
}

/// One immutable view of a replica's records: whatever happens to the replica, it stays as it is.
public protocol ReplicaView: Sendable {
  var summary: ReplicaSummary { get }
  /// The strategies that it can take part in.
  var strategies: [StrategyID] { get }
  /// The asking side of a comparison with a replica of `remote`; nil if it has not that strategy.
  func initiator(
    of plan: SyncPlan, remote: ReplicaSummary?, configuration: SyncConfiguration
  ) -> (any ComparisonInitiator)?
  /// The first coded symbols of this side, as another side estimates the difference by; nil if it
  /// keeps none.
  func probe(symbols: Int) -> [UInt8]?
  /// What the first symbols of an asking side tell.
  func answer(toProbe symbols: [UInt8]) throws(ReconciliationError) -> ProbeFinding
  /// The answering side.
  func responder(of strategy: StrategyID) -> (any ComparisonResponder)?
  /// The record of this name.
  func record(_ id: RecordID) -> Record?
  /// Whether it has the record of this name, also if what was replaced since cannot be given.
  func holds(_ id: RecordID) -> Bool
  /// The record of this key, whatever its version.
  func record(of key: [UInt8]) -> Record?
  /// The value of a record that it holds; nil if it was lost.
  func value(of record: Record) -> [UInt8]?
}

extension ReplicaView {
  public func holds(_ id: RecordID) -> Bool { record(id) != nil }
}

/// A set of records that changes.
public protocol Replica: Sendable {
  /// What it holds now.
  func view() -> any ReplicaView
  /// Stores entries and removes records, all or nothing, and gives what it holds then. Of two
  /// versions of one key the later one stays.
  func apply(
    _ entries: [SyncEntry], dropping: [RecordID]
  ) async throws -> any ReplicaView
}
