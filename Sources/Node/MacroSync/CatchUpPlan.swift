import LiveSync
import Runtime

/// What is known when a node finds itself behind with a state that it holds in whole or in part.
public struct CatchUpFacts: Sendable, Hashable {
  /// Blocks between the head and the network's last macro block.
  public var blocks: Int
  /// Bytes that following one block takes: its diff, or its body if the state is complete.
  public var bytesPerBlock: Double
  /// Blocks whose diffs or bodies can be asked for at a time.
  public var blocksAtOnce: Int
  /// Blocks for which peers are expected to have diffs.
  public var blocksKept: Int
  /// Items of the state that are held.
  public var heldItems: Int
  /// Bytes of a chunk for each of its items.
  public var bytesPerItem: Double
  /// Bytes a second from all peers together.
  public var bytesPerSecond: Double
  /// Time from a request to its answer.
  public var roundTrip: Duration

  public init(
    blocks: Int, bytesPerBlock: Double, blocksAtOnce: Int = LiveSyncLimits.diffRequestsMin,
    blocksKept: Int, heldItems: Int, bytesPerItem: Double = Double(LiveSyncLimits.itemBytesFirst),
    bytesPerSecond: Double = Double(NodeLimits.bytesPerSecondFirst), roundTrip: Duration
  ) {
    self.blocks = blocks
    self.bytesPerBlock = bytesPerBlock
    self.blocksAtOnce = blocksAtOnce
    self.blocksKept = blocksKept
    self.heldItems = heldItems
    self.bytesPerItem = bytesPerItem
    self.bytesPerSecond = bytesPerSecond
    self.roundTrip = roundTrip
  }
}

/// How an old state is brought to the present: by what the blocks since have changed, or by giving
/// it up and fetching it anew.
///
/// What is missing is fetched in chunks either way, so only the held ranges are weighed. A block's
/// diff holds the changes of all ranges and cannot be had in part: once it is paid for one range it
/// serves all others. So the ranges are weighed together, never one against another.
public struct CatchUpPlan: Sendable, Hashable {
  public enum Way: Sendable, Hashable {
    /// Keep the held ranges and follow the blocks.
    case blocks
    /// Jump to the macro block and fetch the held ranges anew.
    case chunks
  }

  public var way: Way
  /// Time that following the blocks is expected to take.
  public var blocksTime: Duration
  /// Time that fetching the held ranges anew is expected to take.
  public var chunksTime: Duration

  public init(_ facts: CatchUpFacts) {
    let blocks = Double(max(0, facts.blocks))
    let rate = max(1, facts.bytesPerSecond)
    let roundTrip = Double(max(0, facts.roundTrip.wholeNanoseconds)) / 1e9
    // Either the line is full, or the round trips of so many requests at a time set the pace.
    let following = max(
      blocks * facts.bytesPerBlock / rate,
      blocks * roundTrip / Double(max(1, facts.blocksAtOnce)))
    let fetching = roundTrip + Double(max(0, facts.heldItems)) * facts.bytesPerItem / rate
    blocksTime = Self.duration(following)
    chunksTime = Self.duration(fetching)
    // With nothing held there is nothing to keep.
    let isPossible = facts.blocks <= facts.blocksKept && facts.heldItems > 0
    way = isPossible && following <= fetching ? .blocks : .chunks
  }

  private static func duration(_ seconds: Double) -> Duration {
    .nanoseconds(Int64(min(seconds * 1e9, 9e18)))
  }
}
