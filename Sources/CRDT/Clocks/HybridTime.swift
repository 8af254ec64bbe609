import Primitives

/// A time of a hybrid logical clock (Kulkarni et al. 2014): 48 bits of milliseconds since 1970, a
/// counter of 16 bits, and the replica, so that no two are equal. Ordered in this order; what is
/// causally later is always larger.
public struct HybridTime: Sendable, Hashable, Comparable, WireCodable, CustomStringConvertible {
  /// Milliseconds in the upper 48 bits, the counter in the lower 16.
  public let ticks: UInt64
  public let replica: ReplicaID

  /// Before all that a clock gives.
  public static let zero = HybridTime(ticks: 0, replica: ReplicaID(0))

  public init(ticks: UInt64, replica: ReplicaID) {
    self.ticks = ticks
    self.replica = replica
  }

  public var milliseconds: UInt64 { ticks >> 16 }
  public var counter: UInt16 { UInt16(truncatingIfNeeded: ticks) }

  public static func < (a: HybridTime, b: HybridTime) -> Bool {
    a.ticks == b.ticks ? a.replica < b.replica : a.ticks < b.ticks
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    ticks = try decoder.uint64()
    replica = try decoder.value()
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(ticks)
    encoder.append(replica)
  }

  public var description: String { "\(milliseconds) ms + \(counter) of \(replica)" }
}

/// The hybrid logical clock of one replica. It reads no clock: the time comes in as an argument, in
/// milliseconds since 1970, and may jump in both directions.
public struct HybridClock: Sendable, Equatable {
  public let replica: ReplicaID
  /// How far ahead of the clock here another replica's time may be, in milliseconds.
  public let aheadMax: UInt64
  /// The largest ticks given or seen. To be stored, and given to `init` after a restart.
  public private(set) var last: UInt64

  public init(
    replica: ReplicaID, last: UInt64 = 0,
    aheadMax: UInt64 = CRDTLimits.clockAheadMillisecondsMax
  ) {
    self.replica = replica
    self.last = last
    self.aheadMax = aheadMax
  }

  /// A time for a change made now: larger than all that were given or seen. When the clock stands
  /// or goes back, the counter goes on, and after 65,535 the milliseconds.
  public mutating func now(at milliseconds: UInt64) throws(CRDTError) -> HybridTime {
    let next = max(try Self.ticks(milliseconds), try successor)
    last = next
    return HybridTime(ticks: next, replica: replica)
  }

  /// Takes note of another replica's time, so that what follows here is larger. Refuses one that
  /// lies more than `aheadMax` after `milliseconds`; the clock is then as before.
  public mutating func observe(_ time: HybridTime, at milliseconds: UInt64) throws(CRDTError) {
    _ = try Self.ticks(milliseconds)
    if time.milliseconds > milliseconds, time.milliseconds - milliseconds > aheadMax {
      throw .clockAhead(milliseconds: time.milliseconds - milliseconds, allowed: aheadMax)
    }
    last = max(last, time.ticks)
  }

  private var successor: UInt64 {
    get throws(CRDTError) {
      guard last < .max else { throw .clockExhausted }
      return last + 1
    }
  }

  private static func ticks(_ milliseconds: UInt64) throws(CRDTError) -> UInt64 {
    guard milliseconds < 1 << 48 else { throw .clockExhausted }
    return milliseconds << 16
  }
}
