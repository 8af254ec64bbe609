import CRDT
import Delta
import Primitives
import Storage
import TestSupport

enum DeltaSamples {
  static let a = ReplicaID(0x1111_2222_3333_4444)
  static let b = ReplicaID(0x5555_6666_7777_8888)
  static let c = ReplicaID(0x9999_aaaa_bbbb_cccc)
  static let replicas = [a, b, c]

  static let owner = StoreOwner(kind: "delta-tests", version: 1)

  /// What a key-value store would log: a key of one of many users, and a small value.
  static func operation(_ generator: inout SeededGenerator) -> [UInt8] {
    let key = "user:\(generator.below(100_000))"
    let value: String
    switch generator.below(4) {
    case 0: value = "\(generator.below(1_000_000))"
    case 1: value = ["active", "away", "banned", "invited"][generator.below(4)]
    case 2: value = "{\"visits\":\(generator.below(1_000)),\"score\":\(generator.below(100))}"
    default: value = "name-\(generator.below(5_000))"
    }
    return [UInt8(key.utf8.count)] + Array(key.utf8) + Array(value.utf8)
  }

  /// Bytes that nothing makes smaller, between 1 and 40.
  static func noise(_ generator: inout SeededGenerator) -> [UInt8] {
    generator.bytes(1 + generator.below(40))
  }

  static func vector(_ counters: [(ReplicaID, UInt64)]) -> VersionVector {
    var vector = VersionVector()
    for (replica, counter) in counters { vector.raise(replica, to: counter) }
    return vector
  }

  /// The log of `a`, into which operations of all three replicas came, in random order.
  static func log(
    _ count: Int, seed: UInt64, replicas: Int = 3, causes: OperationCauses = .everything,
    bounds: LogBounds = LogBounds(), hearing: Int = 50,
    _ operation: (inout SeededGenerator) -> [UInt8] = DeltaSamples.operation
  ) throws -> OperationLog {
    var generator = SeededGenerator(seed: seed)
    var logs = DeltaSamples.replicas.map { OperationLog(author: $0, bounds: bounds) }
    for _ in 0..<count {
      let number = generator.below(replicas)
      try logs[number].append(kind: 1, operation(&generator), causes: causes)
      // Others hear of it at once or later.
      for other in 0..<replicas where generator.chance(hearing) {
        let delta = try logs[number].generateDelta(from: logs[other].version)
        try logs[other].take(delta.operations)
      }
    }
    for other in logs.dropFirst() {
      try logs[0].take(other.generateDelta(from: logs[0].version).operations)
    }
    return logs[0]
  }

  /// A delta that names one operation of `a` and ten of `b`, of which `more` are said to be of `a`.
  static func overfull(base: UInt64, more: UInt64) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(byte: 0)
    encoder.append(count: 2)
    for (replica, base, count) in [(a, base, 1), (b, 0, 10)] {
      encoder.append(replica)
      encoder.append(base)
      encoder.append(count: count)
    }
    encoder.append(count: 0)
    // Runs of replicas, of kinds, lengths, and no causes.
    for (value, follows) in [(UInt64(0), more), (1, 9 - more)] {
      encoder.append(value)
      encoder.append(follows)
    }
    encoder.append(UInt64(1))
    encoder.append(UInt64(10))
    for _ in 0..<11 { encoder.append(count: 0) }
    encoder.append(false)
    return encoder.bytes
  }
}
