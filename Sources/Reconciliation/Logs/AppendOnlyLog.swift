import MerkleTree
import Primitives

/// A log that is only ever appended to, with the nodes that prove what it holds. Its root is that
/// of RFC 6962 over BLAKE2b-256.
public struct AppendOnlyLog: Sendable {
  private var entries: [[UInt8]] = []
  private var range = MountainRange()

  public init() {}

  public init(_ entries: some Sequence<[UInt8]>) {
    for entry in entries { append(entry) }
  }

  /// Adds an entry of at most `ReconciliationLimits.logEntryBytesMax` bytes; false if it is longer,
  /// and then nothing is added.
  @discardableResult
  public mutating func append(_ entry: [UInt8]) -> Bool {
    guard entry.count <= ReconciliationLimits.logEntryBytesMax else { return false }
    entries.append(entry)
    range.append(leaf: entry)
    return true
  }

  /// Drops entries from the end until `count` are left, which must be 0…`count`: where a fork is
  /// given up for another one.
  public mutating func truncate(to count: Int) {
    entries.removeSubrange(count...)
    range.truncate(to: count)
  }
}

/// Reading one state of a log, in memory or in a store. What is held no longer, or is damaged,
/// throws `.unavailable`.
public protocol LogReading: Sendable {
  /// Number of entries.
  var count: Int { get }
  /// The entry at an index below `count`.
  func entry(at index: Int) throws(ReconciliationError) -> [UInt8]
  /// Entries from an index on, as many as have room in a page of about so many bytes.
  func entries(from start: Int, bytes: Int) throws(ReconciliationError) -> [[UInt8]]
  /// The root when the log had so many entries, at most `count`.
  func root(ofFirst count: Int) throws(ReconciliationError) -> Hash256
  /// The right edge when the log had so many entries, at most `count`.
  func frontier(ofFirst count: Int) throws(ReconciliationError) -> MountainFrontier
  /// The proof that the log begins with its first `count` entries.
  func consistencyProof(from count: Int) throws(ReconciliationError) -> ConsistencyProof?
}

/// Entries of an answer: one in any case, then as many as have room.
struct LogPage {
  private(set) var entries: [[UInt8]] = []
  private var rest: Int

  init(bytes: Int) { rest = bytes }

  var hasRoom: Bool { rest > 0 }

  mutating func append(_ entry: [UInt8]) {
    entries.append(entry)
    rest -= entry.count + 1
  }
}

extension AppendOnlyLog: LogReading {
  public var count: Int { entries.count }
  public func entry(at index: Int) -> [UInt8] { entries[index] }
  public func entries(from start: Int, bytes: Int) -> [[UInt8]] {
    var page = LogPage(bytes: bytes)
    while start + page.entries.count < count, page.hasRoom {
      page.append(entries[start + page.entries.count])
    }
    return page.entries
  }
  public func root(ofFirst count: Int) -> Hash256 { range.root(ofFirst: count) }
  public func frontier(ofFirst count: Int) -> MountainFrontier { range.frontier(ofFirst: count) }
  public func consistencyProof(from count: Int) -> ConsistencyProof? {
    range.consistencyProof(from: count)
  }
}

/// How many entries a log has, and its root.
public struct LogHead: Sendable, Hashable {
  public let count: Int
  public let root: Hash256

  public init(count: Int, root: Hash256) {
    self.count = count
    self.root = root
  }

  public init(_ log: some LogReading) throws(ReconciliationError) {
    self.init(count: log.count, root: try log.root(ofFirst: log.count))
  }
}
