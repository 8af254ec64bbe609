import MerkleTree
import Primitives
import Storage

/// A log that is only ever appended to, in namespaces of a store, with the nodes that prove what it
/// holds. Its root is that of an `AppendOnlyLog` of the same entries.
///
/// Two namespaces: `…/entries` (index in 8 bytes → entry) and `…/nodes` (place in 8 bytes → hash of
/// 32 bytes), most significant byte first. The right edge, which is all that appending needs, is
/// under the empty key of `…/nodes`.
///
/// It keeps nothing in memory: what a transaction appends is there or not there with the rest of
/// the transaction, and what others append is seen.
public struct StoredLog: Sendable {
  public let store: any KeyValueStore
  let name: String
  let entries: Namespace
  let nodes: Namespace

  /// What is said of the whole log.
  struct Head: Sendable, Hashable {
    var frontier = MountainFrontier()
    /// How often entries were dropped from the end: a view of before sees that.
    var cuts: UInt64 = 0
  }

  /// Opens the log called `name` in `store`, or begins an empty one. Reads O(log n) records:
  /// whether the right edge is that of the nodes, and the last entry the last leaf.
  public init(in store: any KeyValueStore, name: String) throws(StorageError) {
    self.store = store
    self.name = name
    entries = Namespace(name + "/entries")
    nodes = Namespace(name + "/nodes")
    try store.read { snapshot throws(StorageError) in try reader(in: snapshot).checkEdge() }
  }

  func reader(in snapshot: borrowing StoreSnapshot) -> StoredLogReader {
    StoredLogReader(view: snapshot.view, log: self)
  }

  /// What the log holds now, as something to compare; it stays as it is while others append.
  public func view() throws(StorageError) -> StoredLogView {
    try store.read { snapshot throws(StorageError) in
      StoredLogView(self, try reader(in: snapshot).head())
    }
  }

  /// Appends entries.
  /// - Returns: the log then; nil if one of them has more than
  ///   `ReconciliationLimits.logEntryBytesMax` bytes or there would be more than
  ///   `MerkleLimits.leavesMax`, and then nothing is appended.
  @discardableResult
  public func append(_ new: [[UInt8]]) throws(StorageError) -> LogHead? {
    try store.write { transaction throws(StorageError) in try append(new, in: &transaction) }
  }

  /// The same as part of a transaction.
  @discardableResult
  public func append(
    _ new: [[UInt8]], in transaction: inout StoreTransaction
  ) throws(StorageError) -> LogHead? {
    var head = try head(in: transaction)
    let limit = ReconciliationLimits.logEntryBytesMax
    guard new.allSatisfy({ $0.count <= limit }),
      new.count <= MerkleLimits.leavesMax - head.frontier.count
    else { return nil }
    for entry in new {
      let count = head.frontier.count
      try transaction.put(entries.key(Self.key(count)), entry)
      var place = MountainShape.nodeCount(of: count)
      var made: [Hash256] = []
      head.frontier.append(leafHash: MerkleTree.leafHash(entry)) { made.append($0) }
      for node in made {
        try transaction.put(nodes.key(Self.key(place)), node.bytes)
        place += 1
      }
    }
    if !new.isEmpty { try transaction.put(nodes.key(), Self.bytes(of: head)) }
    return LogHead(count: head.frontier.count, root: head.frontier.root)
  }

  /// Drops entries from the end until `count` are left, as part of a transaction: where a fork is
  /// given up for another one. False if there are not so many.
  @discardableResult
  public func truncate(
    to count: Int, in transaction: inout StoreTransaction
  ) throws(StorageError) -> Bool {
    let head = try head(in: transaction)
    guard (0...head.frontier.count).contains(count) else { return false }
    guard count < head.frontier.count else { return true }
    var peaks: [Hash256] = []
    for place in MountainShape.peakPlaces(of: 0..<count) {
      peaks.append(try node(place, transaction.value(of: nodes.key(Self.key(place)))))
    }
    guard let frontier = MountainFrontier(peaks: peaks, count: count) else { return false }
    try transaction.delete(in: StoreRange(in: entries, from: Self.key(count)))
    let place = MountainShape.nodeCount(of: count)
    try transaction.delete(in: StoreRange(in: nodes, from: Self.key(place)))
    let cut = Head(frontier: frontier, cuts: head.cuts &+ 1)
    try transaction.put(nodes.key(), Self.bytes(of: cut))
    return true
  }

  /// Reads all entries and nodes. Throws what the first damaged one is.
  public func check() throws(StorageError) {
    try store.read { snapshot throws(StorageError) in try reader(in: snapshot).checkAll() }
  }

  private func head(in transaction: borrowing StoreTransaction) throws(StorageError) -> Head {
    try head(try transaction.value(of: nodes.key()))
  }

  // MARK: Stored forms

  static func key(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
  }

  private static func bytes(of head: Head) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(head.cuts)
    encoder.append(head.frontier)
    return encoder.bytes
  }

  func head(_ value: [UInt8]?) throws(StorageError) -> Head {
    guard let value else { return Head() }
    var decoder = WireDecoder(value)
    do throws(WireError) {
      let cuts = try decoder.uint64()
      let frontier: MountainFrontier = try decoder.value()
      try decoder.finish()
      return Head(frontier: frontier, cuts: cuts)
    } catch {
      throw damage("right edge (\(error))")
    }
  }

  func node(_ place: Int, _ value: [UInt8]?) throws(StorageError) -> Hash256 {
    guard let value, value.count == Hash256.byteCount else {
      throw damage("node \(place) (\(value.map { "\($0.count) bytes" } ?? "missing"))")
    }
    return value.withUnsafeBytes { Hash256(loading: $0) }
  }

  func damage(_ what: String) -> StorageError { .corrupted("the log \(name)", record: what) }
}
