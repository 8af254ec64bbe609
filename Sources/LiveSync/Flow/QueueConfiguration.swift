/// How far a queue looks and how much it keeps; all counts are blocks.
public struct QueueConfiguration: Sendable, Hashable {
  /// Most blocks buffered because an ancestor is missing.
  public var bufferMax: Int
  /// How far above our head an announced block may be.
  public var windowAheadMax: UInt32
  /// How far below our head an announced block may be before its sender counts as behind.
  public var tolerancePastMax: UInt32
  /// True if blocks are wanted with their bodies.
  public var includeBody: Bool

  public init(
    bufferMax: Int, windowAheadMax: UInt32, tolerancePastMax: UInt32, includeBody: Bool
  ) {
    precondition(bufferMax > 0 && windowAheadMax > 0, "a queue needs room")
    self.bufferMax = bufferMax
    self.windowAheadMax = windowAheadMax
    self.tolerancePastMax = tolerancePastMax
    self.includeBody = includeBody
  }

  /// The reference's values for a chain with `blocksPerBatch` blocks in a batch.
  public init(blocksPerBatch: UInt32, includeBody: Bool) {
    self.init(
      bufferMax: LiveSyncLimits.bufferBatchesMax * Int(blocksPerBatch),
      windowAheadMax: UInt32(LiveSyncLimits.windowAheadBatchesMax) * blocksPerBatch,
      tolerancePastMax: UInt32(LiveSyncLimits.tolerancePastBatchesMax) * blocksPerBatch,
      includeBody: includeBody)
  }

  /// The same for a line on which the chain makes `blocks` blocks in a round trip. A node is so
  /// many blocks behind for each round trip that it takes to fetch a block and what belongs to it,
  /// and its peers are not too far ahead for that. What is buffered bounds it.
  package func widened(by blocks: Int) -> QueueConfiguration {
    var wide = self
    let lag = blocks.multipliedReportingOverflow(by: LiveSyncLimits.windowRoundTrips)
    let ahead = UInt32(clamping: min(bufferMax, lag.overflow ? .max : max(0, lag.partialValue)))
    wide.windowAheadMax = max(windowAheadMax, ahead)
    return wide
  }
}
