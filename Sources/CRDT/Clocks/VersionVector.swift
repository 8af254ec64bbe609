import Primitives

/// How far one knows each replica: all its events up to a counter.
public struct VersionVector: Sendable, Hashable, WireCodable {
  private(set) var counters: [ReplicaID: UInt64] = [:]

  public init() {}

  /// The replicas of which there is an event, in their order.
  public var replicas: [ReplicaID] { counters.keys.sorted() }
  public var isEmpty: Bool { counters.isEmpty }

  /// The last known counter of a replica, 0 if there is none.
  public subscript(replica: ReplicaID) -> UInt64 { counters[replica] ?? 0 }

  public func contains(_ dot: Dot) -> Bool { dot.counter <= self[dot.replica] }

  /// Notes that the events of a replica up to `counter` are known.
  public mutating func raise(_ replica: ReplicaID, to counter: UInt64) {
    if counter > self[replica] { counters[replica] = counter }
  }

  /// Takes in what another one knows.
  public mutating func merge(_ other: VersionVector) {
    for (replica, counter) in other.counters { raise(replica, to: counter) }
  }

  /// Whether it knows all that `other` knows.
  public func covers(_ other: VersionVector) -> Bool {
    other.counters.allSatisfy { $0.value <= self[$0.key] }
  }

  /// How one stands to another one in time.
  public enum Order: Sendable, Hashable {
    case equal, before, after, concurrent
  }

  public func order(to other: VersionVector) -> Order {
    switch (covers(other), other.covers(self)) {
    case (true, true): .equal
    case (true, false): .after
    case (false, true): .before
    case (false, false): .concurrent
    }
  }

  /// A varint count, then each replica (8 bytes, ascending) and its counter (varint, from 1).
  public init(from decoder: inout WireDecoder) throws(WireError) {
    let count = try decoder.count(elementBytes: 9, limit: CRDTLimits.replicasMax)
    var last: ReplicaID?
    for _ in 0..<count {
      let start = decoder.offset
      let replica = try decoder.value(ReplicaID.self)
      if let last, last >= replica { throw .keysNotIncreasing(at: start) }
      let counter = try decoder.uint64()
      guard counter > 0 else { throw .invalidValue("a counter is 0", at: start) }
      counters[replica] = counter
      last = replica
    }
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(count: counters.count)
    for replica in replicas {
      encoder.append(replica)
      encoder.append(self[replica])
    }
  }
}
