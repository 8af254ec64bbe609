import CRDT
import Primitives
import Reconciliation
import Runtime

/// What two replicas send to become equal by their pieces, beside what their whole states take.
public struct ConflictFigures: Sendable {
  /// One way and what it took.
  public struct Way: Sendable {
    /// The strategy, or `adaptive`.
    public let name: String
    /// Bytes in both directions, and those of them that found out what differs.
    public let bytes: Int
    public let comparisonBytes: Int
    public let flights: Int
  }

  /// Of hundred pieces of each side, how many the other side has, too.
  public let similarity: Int
  /// Bytes of both whole states: each side sends its own.
  public let wholeBytes: Int
  /// Pieces that one side has and the other has not.
  public let differences: Int
  public let ways: [Way]

  /// A pair of sets that each have `count` elements.
  public static func sets(
    count: Int = 10_000, elementBytes: Int = 32, similarity: Int, random: RandomStream
  ) throws -> ConflictFigures {
    var random = random
    var common = ORSet()
    let shared = count * similarity / 100
    try common.add(shared, of: elementBytes, by: ReplicaID(1), &random)
    var (a, b) = (common, common)
    try a.add(count - shared, of: elementBytes, by: ReplicaID(2), &random)
    try b.add(count - shared, of: elementBytes, by: ReplicaID(3), &random)
    return try ConflictFigures(a, b, similarity: similarity, random: random)
  }

  /// A pair of counters of `count` replicas, at most `CRDTLimits.replicasMax`. Where they differ
  /// one of both has heard more of a replica.
  public static func counters(
    count: Int = 4_000, similarity: Int, random: RandomStream
  ) throws -> ConflictFigures {
    var random = random
    var (a, b) = (GCounter(), GCounter())
    for number in 0..<count {
      let dot = Dot(ReplicaID(random.next()), 1)
      let stamp = Stamp(dot: dot, time: HybridTime(ticks: 0, replica: dot.replica))
      let first = try a.apply(.add(1_000 + random.next() % 100_000), at: stamp)
      try b.merge(first)
      guard number * 100 >= count * similarity else { continue }
      if number % 2 == 0 {
        _ = try a.apply(.add(1 + random.next() % 100), at: stamp)
      } else {
        _ = try b.apply(.add(1 + random.next() % 100), at: stamp)
      }
    }
    return try ConflictFigures(a, b, similarity: similarity, random: random)
  }

  private init<Value: ReplicatedType>(
    _ a: Value, _ b: Value, similarity: Int, random: RandomStream
  ) throws {
    self.similarity = similarity
    wholeBytes = a.wireBytes.count + b.wireBytes.count
    let replicas = [a, b].map { LatticeReplica($0, salts: random) }
    differences = replicas[0].recordIDs.symmetricDifference(replicas[1].recordIDs).count
    let line = PathFigures(bytesPerSecond: 1e6, roundTrip: 0.05)
    func way(_ name: String, _ policy: some SyncPolicy) throws -> Way {
      // A session makes both equal, so each begins anew.
      let exchange = try LatticeExchange(
        LatticeReplica(a, salts: random), with: LatticeReplica(b, salts: random), by: policy,
        on: line)
      guard exchange.phase == .complete else {
        throw ReconciliationError.unavailable("\(name): \(exchange.phase)")
      }
      return Way(
        name: name, bytes: exchange.bytes, comparisonBytes: exchange.comparisonBytes,
        flights: exchange.flights)
    }
    ways =
      try [StrategyID.rateless, .bloom].map { try way($0.name, OneStrategy($0)) }
      + [way("adaptive", AdaptivePolicy())]
  }
}

/// Takes one strategy, and no other.
private struct OneStrategy: SyncPolicy {
  let strategy: StrategyID

  init(_ strategy: StrategyID) { self.strategy = strategy }

  func choose(_ situation: SyncSituation) -> SyncChoice? {
    situation.offered.contains(strategy) ? SyncChoice(strategy, reason: "the only one") : nil
  }
}

extension ORSet {
  fileprivate mutating func add(
    _ count: Int, of bytes: Int, by replica: ReplicaID, _ random: inout RandomStream
  ) throws {
    for _ in 0..<count {
      let element = (0..<bytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let stamp = Stamp(
        dot: nextDot(of: replica), time: HybridTime(ticks: 0, replica: replica))
      _ = try apply(.add(element), at: stamp)
    }
  }
}
