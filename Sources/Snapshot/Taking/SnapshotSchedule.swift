import Ledger
import Primitives

/// How a node takes snapshots.
public struct SnapshotOptions: Sendable, Hashable {
  /// Blocks between two snapshots; 0 takes none.
  public var interval: UInt32
  /// Snapshots that are kept, the highest; 0 keeps all.
  public var keep: Int
  /// Uncompressed bytes of a chunk that are aimed at.
  public var chunkBytes: Int
  /// Level of zstd.
  public var level: Int

  public init(
    interval: UInt32 = SnapshotLimits.defaultInterval, keep: Int = SnapshotLimits.defaultKeep,
    chunkBytes: Int = SnapshotLimits.defaultChunkBytes, level: Int = SnapshotLimits.defaultLevel
  ) {
    self.interval = interval
    self.keep = keep
    self.chunkBytes = chunkBytes
    self.level = level
  }
}

/// Which snapshots a node takes and which it removes: rules without files, clock or chain.
///
/// A snapshot is due at the first macro block at or above each multiple of the interval, so nodes
/// with one interval have the same ones. One is taken at a time. What is being taken or served is
/// never removed, whatever the options become meanwhile.
public struct SnapshotSchedule: Sendable {
  /// What is to be done, in this order.
  public enum Action: Sendable, Hashable {
    case take(BlockID)
    /// One was due and is not taken.
    case skip(UInt32, SnapshotSkip)
    case remove(SnapshotName)
  }

  public private(set) var options: SnapshotOptions
  /// Blocks between two macro blocks.
  private let batch: UInt32
  /// Snapshots that are there.
  public private(set) var kept: Set<SnapshotName>
  /// How often each is being served.
  private var pins: [SnapshotName: Int] = [:]
  /// What is being taken.
  public private(set) var taking: BlockID?

  public init(options: SnapshotOptions, blocksPerBatch: UInt32, kept: [SnapshotName] = []) {
    self.options = options
    batch = max(1, blocksPerBatch)
    self.kept = Set(kept)
  }

  /// True if a snapshot is due at the macro block `number`.
  public func isDue(_ number: UInt32) -> Bool {
    guard options.interval > 0, number > 0 else { return false }
    let before = number - min(number, batch)
    return number / options.interval > before / options.interval
  }

  /// A macro block has become final.
  public mutating func finalized(_ block: BlockID) -> [Action] {
    guard isDue(block.number), !kept.contains(SnapshotName(height: block.number)) else { return [] }
    guard taking == nil else { return [.skip(block.number, .busy)] }
    taking = block
    return [.take(block)]
  }

  /// What was to be taken has been, or not.
  public mutating func ended(isTaken: Bool) -> [Action] {
    guard let block = taking else { return [] }
    taking = nil
    if isTaken { kept.insert(SnapshotName(height: block.number)) }
    return surplus()
  }

  /// Other options count from now on.
  public mutating func change(_ options: SnapshotOptions) -> [Action] {
    self.options = options
    return surplus()
  }

  /// Keeps a snapshot that is there until `unpin` was called as often; false if it is not there.
  public mutating func pin(_ name: SnapshotName) -> Bool {
    guard kept.contains(name) else { return false }
    pins[name, default: 0] += 1
    return true
  }

  public mutating func unpin(_ name: SnapshotName) -> [Action] {
    guard let count = pins[name] else { return [] }
    pins[name] = count > 1 ? count - 1 : nil
    return count > 1 ? [] : surplus()
  }

  /// The lowest that are too many, but for those that are served.
  private mutating func surplus() -> [Action] {
    guard options.keep > 0 else { return [] }
    let own = kept.filter { $0.format == SnapshotName.provable }.sorted()
    let removed = own.dropLast(options.keep).filter { pins[$0] == nil }
    kept.subtract(removed)
    return removed.map { .remove($0) }
  }
}

/// Why a snapshot that was due is not taken.
public enum SnapshotSkip: String, Sendable, Hashable, CaseIterable {
  /// The one before is still being taken.
  case busy
  /// The head had moved on before the state could be read.
  case otherHead = "other_head"
  /// The node does not hold the whole state.
  case incomplete
  /// The node lacks the election block or history that others would need.
  case unanchored
  /// The store had to grow, and growing waits for whoever reads.
  case gaveWay = "gave_way"
}
