import EventLog
import LiveSync
import Primitives
import StateTrie

/// Where a node stands, and why it waits if it does.
public struct SyncProgress: Sendable, Hashable {
  /// Height of the head.
  public var headNumber: UInt32
  /// Hash of the head.
  public var headHash: Hash256
  /// Height of the last macro block.
  public var macroNumber: UInt32
  /// Held share of the key space in parts per million; 1,000,000 only if nothing is missing.
  public var heldPartsPerMillion: Int
  /// Number of missing key ranges.
  public var missingRanges: Int
  /// Peers in live sync.
  public var peers: Int
  /// Blocks that wait for their ancestors.
  public var bufferedBlocks: Int
  /// Chunks that wait for their blocks.
  public var bufferedChunks: Int
  /// Chunk requests on their way.
  public var requests: Int
  /// Bytes of chunks that came, by what became of them.
  public var traffic: ChunkTraffic
  /// How often the state was found to have another root than the head, and given up.
  public var wrongRoots: Int
  /// True while consensus is established.
  public var isEstablished: Bool
  /// What the state waits for; nil if it is complete or answers are on their way.
  public var blocker: Event.StallBlocker?
  /// When the sync will end, by the latest sample; nil before the first.
  public var forecast: SyncForecast?
}

extension KeyRangeSet {
  /// The share of the key space that is not in the set, in parts per million. Key space is measured
  /// by the first 32 bits of keys, which are spread evenly for addresses.
  public var absentPartsPerMillion: Int {
    let whole = UInt64(1) << 32
    let held = ranges.reduce(whole) { held, range in
      held - ((range.end.map(\.position) ?? whole) - range.start.position)
    }
    let parts = Int(held * 1_000_000 / whole)
    return isEmpty ? 1_000_000 : min(parts, 999_999)
  }
}

extension KeyNibbles {
  /// The first 32 bits, missing ones zero.
  fileprivate var position: UInt64 {
    let bytes = bytes.prefix(4)
    return bytes.reduce(0) { $0 << 8 | UInt64($1) } << UInt64(8 * (4 - bytes.count))
  }
}
