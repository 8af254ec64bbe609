/// Who draws from a random stream. Each consumer has its own stream, so that a new draw in one
/// place does not move the draws of another.
public struct RandomConsumer: Hashable, Sendable {
  /// The purposes that draw random numbers. Append only: raw values are part of what a seed means.
  public enum Stream: UInt32, Sendable, CaseIterable {
    /// Latency, loss, duplication and order on links.
    case network = 1
    /// Which peers exist and how they behave.
    case peers = 2
    /// Blocks, forks and validators.
    case chain = 3
    /// Transactions and accounts.
    case workload = 4
    /// Which ready job runs next.
    case schedule = 5
    /// Which faults strike when.
    case faults = 6
    /// Jitter of the protocol itself, such as backoff and the choice among equal peers.
    case protocolJitter = 7
    /// The choices of peers that lie.
    case adversaries = 8
    /// Which fault classes a run has at all.
    case swarm = 9
    /// Losses and bit flips of simulated disks.
    case storage = 10
    /// Keys of validators and peers.
    case identities = 11
    /// Tests.
    case test = 12
  }

  /// The purpose.
  public let stream: Stream
  /// Tells consumers of one purpose apart, such as the number of a node.
  public let index: UInt32

  @inlinable
  public init(_ stream: Stream, index: UInt32 = 0) {
    self.stream = stream
    self.index = index
  }
}
