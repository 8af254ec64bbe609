import CRDT
import Primitives

/// What causes and the order of a delta's body refer to by number: first the replicas that there
/// are operations of, in order, then others that causes name, in order.
struct BodyTable {
  let replicas: [ReplicaID]
  /// How many of them there are operations of.
  let own: Int
  /// Operations of each of these.
  let counts: [Int]
  /// Of each replica the number before its first operation; of the others the last one that a cause
  /// names.
  let bases: [UInt64]

  var total: Int { counts.reduce(0, +) }

  /// The last operation of one that there are operations of.
  func end(of place: Int) -> UInt64 { bases[place] + UInt64(counts[place]) }

  /// The others, with what is said of them.
  var others: VersionVector {
    var others = VersionVector()
    for place in own..<replicas.count { others.raise(replicas[place], to: bases[place]) }
    return others
  }

  init(_ delta: Delta) {
    let senders = delta.to.replicas
    let named = Self.named(by: delta.operations, beside: delta.to)
    own = senders.count
    replicas = senders + named.replicas
    counts = senders.map { Int(delta.to[$0] - delta.from[$0]) }
    bases = senders.map { delta.from[$0] } + named.replicas.map { named[$0] }
  }

  /// The last operations that causes name of replicas without operations.
  static func named(
    by operations: [LoggedOperation], beside to: VersionVector
  ) -> VersionVector {
    var named = VersionVector()
    for operation in operations {
      for cause in operation.causes where to[cause.replica] == 0 {
        named.raise(cause.replica, to: cause.counter)
      }
    }
    return named
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(count: own)
    for place in 0..<own {
      encoder.append(replicas[place])
      encoder.append(bases[place])
      encoder.append(count: counts[place])
    }
    encoder.append(count: replicas.count - own)
    for place in own..<replicas.count {
      encoder.append(replicas[place])
      encoder.append(bases[place])
    }
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    var replicas: [ReplicaID] = []
    var bases: [UInt64] = []
    var counts: [Int] = []
    own = try decoder.count(elementBytes: 10, limit: CRDTLimits.replicasMax)
    var left = DeltaLimits.deltaOperationsMax
    for _ in 0..<own {
      replicas.append(try decoder.replica(after: replicas.last))
      let start = decoder.offset
      bases.append(try decoder.uint64())
      // Each operation has one byte at least that says how long it is.
      counts.append(try decoder.count(limit: left))
      left -= counts[counts.count - 1]
      guard counts[counts.count - 1] > 0 else {
        throw .invalidValue("a replica without operations", at: start)
      }
      // The largest counter is left free, so that there is always a next one.
      guard bases[bases.count - 1] < .max - 1 - UInt64(counts[counts.count - 1]) else {
        throw .invalidValue("a counter is above 64 bits", at: start)
      }
    }
    let others = try decoder.count(
      elementBytes: 9, limit: CRDTLimits.replicasMax - own)
    for number in 0..<others {
      replicas.append(try decoder.replica(after: number == 0 ? nil : replicas.last))
      bases.append(try decoder.uint64())
    }
    self.replicas = replicas
    self.bases = bases
    self.counts = counts
  }
}

extension WireEncoder {
  /// Values as runs: each value and, less one, how often it follows itself, both as varints.
  mutating func append(runs values: [UInt64]) {
    var start = 0
    for place in values.indices
    where place + 1 == values.count || values[place + 1] != values[place] {
      append(values[place])
      append(count: place - start)
      start = place + 1
    }
  }
}

extension WireDecoder {
  /// `total` values below `bound`, as runs.
  mutating func runs(
    _ total: Int, below bound: UInt64, _ what: String
  ) throws(WireError) -> [UInt64] {
    var values: [UInt64] = []
    values.reserveCapacity(total)
    while values.count < total {
      let start = offset
      let value = try uint64()
      let more = try uint64()
      guard value < bound, value != values.last else {
        throw .invalidValue("no next \(what)", at: start)
      }
      guard more < UInt64(total - values.count) else {
        throw .lengthTooLarge(more, limit: total - values.count - 1, at: start)
      }
      values += repeatElement(value, count: Int(more) + 1)
    }
    return values
  }

  /// A replica after the last one of a list.
  mutating func replica(after last: ReplicaID?) throws(WireError) -> ReplicaID {
    let start = offset
    let replica = try value(ReplicaID.self)
    if let last, last >= replica { throw .keysNotIncreasing(at: start) }
    return replica
  }
}
