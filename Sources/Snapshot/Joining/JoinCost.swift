import LiveSync
import Runtime

/// What it takes to get the state by a snapshot and by chunks of the peers' heads.
public struct JoinCost: Sendable, Hashable {
  /// Bytes of the snapshot and of the diffs from its block to the network's last macro block.
  public var snapshotBytes: UInt64
  /// Bytes of the same state in chunks.
  public var chunkBytes: UInt64
  /// Time that the snapshot is expected to take.
  public var snapshotTime: Duration
  /// Time that chunks are expected to take.
  public var chunkTime: Duration

  /// True if the snapshot is expected to be there sooner.
  public var isWorth: Bool { snapshotTime < chunkTime }

  /// - Parameters:
  ///   - summary: what peers claim of the snapshot.
  ///   - rawBytes: uncompressed bytes of it by its manifest.
  ///   - blocks: blocks from the snapshot's to the network's last macro block.
  ///   - bytesPerSecond: what the line carries.
  ///   - roundTrip: time from a request to its answer.
  public init(
    _ summary: SnapshotSummary, rawBytes: UInt64, blocks: UInt32, bytesPerSecond: Double,
    roundTrip: Duration
  ) {
    let stored = min(max(summary.storedBytes, rawBytes / 64), rawBytes)
    let diffs = UInt64(blocks) * UInt64(summary.diffBytes)
    snapshotBytes = stored + diffs
    chunkBytes = rawBytes
    let rate = max(1, bytesPerSecond)
    // Diffs come in the order of the blocks, so many at a time.
    let trips =
      Double(blocks) / Double(LiveSyncLimits.diffRequestsMin)
      * Double(max(0, roundTrip.wholeNanoseconds)) / 1e9
    let following = max(Double(diffs) / rate, trips)
    snapshotTime = .nanoseconds(Int64(min((Double(stored) / rate + following) * 1e9, 9e18)))
    chunkTime = .nanoseconds(Int64(min(Double(rawBytes) / rate * 1e9, 9e18)))
  }
}

extension JoinCost: CustomStringConvertible {
  /// The figures, for the log.
  public var description: String {
    "snapshot \(snapshotBytes) bytes in \(Self.milliseconds(snapshotTime)) ms, "
      + "chunks \(chunkBytes) bytes in \(Self.milliseconds(chunkTime)) ms"
  }

  private static func milliseconds(_ time: Duration) -> Int64 {
    time.wholeNanoseconds / 1_000_000
  }
}
