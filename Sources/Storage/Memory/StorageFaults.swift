/// What goes wrong on a disk in memory, as plain data: the same faults at the same points give the
/// same run.
///
/// A write point is a single put, a single removal of a key that is there, or a commit; a read
/// point is one record that is read. Both are numbered from 1 over the life of the disk.
public struct StorageFaults: Sendable, Hashable {
  /// What happens at a write point.
  public enum Write: Sendable, Hashable, CaseIterable {
    /// The write is refused; nothing of its transaction is stored.
    case failed
    /// The disk is full; nothing of its transaction is stored.
    case fullDisk
    /// The process crashes before the write has any effect.
    case crashBefore
    /// The process crashes when the write is done. At a commit: it is stored, but nobody was told.
    case crashAfter
    /// At a commit: it seems to succeed, but is only partly on the disk. If the process crashes
    /// before the next commit or `synchronize`, the commit before it is what is found.
    case torn
  }

  /// By write point.
  public var writes: [UInt64: Write]
  /// Bits that are read wrongly: by read point, the number of the bit in the stored record, taken
  /// modulo its length. What is stored stays as it is.
  public var bitFlips: [UInt64: UInt64]
  /// Bytes of keys and stored records that the disk holds; nil = any number.
  public var capacity: Int?

  public init(
    writes: [UInt64: Write] = [:], bitFlips: [UInt64: UInt64] = [:], capacity: Int? = nil
  ) {
    self.writes = writes
    self.bitFlips = bitFlips
    self.capacity = capacity
  }

  /// A disk that does what it is told.
  public static let none = StorageFaults()
}
