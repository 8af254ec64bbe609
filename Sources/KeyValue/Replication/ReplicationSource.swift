import CRDT
import Primitives
import Runtime

/// What time it is.
public struct ReplicationTime: Sendable, Hashable {
  /// By a clock that never goes back.
  public var moment: Moment
  /// By the wall clock: milliseconds since 1970.
  public var milliseconds: UInt64

  public init(moment: Moment, milliseconds: UInt64) {
    self.moment = moment
    self.milliseconds = milliseconds
  }
}

/// What replication reads of a store. It changes nothing but the clock.
///
/// Replication is only called between batches, and after `ReplicationCore.wrote` was told what the
/// last one wrote: what the clock shows is then no more than what was told.
public protocol ReplicationSource: ~Copyable {
  /// The ticks of the store's clock, brought up to `milliseconds`: no later write of this store
  /// has these or less.
  mutating func clock(at milliseconds: UInt64) -> UInt64
  /// The ticks up to which deletions are not kept.
  var floor: UInt64 { get }
  /// Whether writes are refused now.
  var refusesWrites: Bool { get }
  /// Names all records; equal for equal sets only.
  mutating func root() -> Hash256
  /// The version that is held of a key, be it a value, a deletion or expired; nil if nothing is.
  func version(of key: [UInt8]) -> HybridTime?
  /// What a key holds now, as a push has it; nil if nothing is held.
  func pushItem(of key: [UInt8]) -> PushItem?
  /// Bytes of a value, if it is that of this version.
  func slice(of key: [UInt8], _ version: HybridTime, from offset: UInt64, count: Int) -> [UInt8]?
}
