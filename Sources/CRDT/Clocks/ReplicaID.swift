import Primitives

/// The name of one replica: 64 random bits. No two stores that write may have the same one; see
/// `ReplicaIdentity`.
public struct ReplicaID: Sendable, Hashable, Comparable, WireCodable, CustomStringConvertible {
  public let bits: UInt64

  public init(_ bits: UInt64) {
    self.bits = bits
  }

  /// Eight bytes, the most significant first.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    bits = try decoder.raw(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  public func encode(to encoder: inout WireEncoder) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      encoder.append(byte: UInt8(truncatingIfNeeded: bits >> shift))
    }
  }

  public static func < (a: ReplicaID, b: ReplicaID) -> Bool { a.bits < b.bits }

  public var description: String { "r" + String(bits, radix: 16) }
}

/// One event of one replica: its counter counts from 1.
public struct Dot: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let replica: ReplicaID
  public let counter: UInt64

  public init(_ replica: ReplicaID, _ counter: UInt64) {
    self.replica = replica
    self.counter = counter
  }

  public static func < (a: Dot, b: Dot) -> Bool {
    a.replica == b.replica ? a.counter < b.counter : a.replica < b.replica
  }

  public var description: String { "\(replica):\(counter)" }
}
