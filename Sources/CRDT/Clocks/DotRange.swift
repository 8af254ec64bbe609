/// Dots of one replica, one after another.
public struct DotRange: Sendable, Hashable {
  public let replica: ReplicaID
  public let counters: ClosedRange<UInt64>

  public init(_ replica: ReplicaID, _ counters: ClosedRange<UInt64>) {
    self.replica = replica
    self.counters = counters
  }
}
