import MerkleTree
import Primitives
import Storage

/// A stored log in one snapshot, while its closure runs. What it reads of entries and nodes is
/// checked, and damage is named.
struct StoredLogReader {
  let view: StoreView
  let log: StoredLog

  func head() throws(StorageError) -> StoredLog.Head {
    try log.head(
      try named("right edge") { () throws(StorageError) in
        try view.value(of: log.nodes.key())
      })
  }

  /// The entry of an index, if it is the one whose hash is its leaf.
  func entry(_ index: Int) throws(StorageError) -> [UInt8] {
    let found = try named("entry \(index)") { () throws(StorageError) in
      try view.value(of: log.entries.key(StoredLog.key(index)))
    }
    guard let found else { throw log.damage("entry \(index) (missing)") }
    guard MerkleTree.leafHash(found) == (try node(MountainShape.nodeCount(of: index))) else {
      throw log.damage("entry \(index) (its hash is another)")
    }
    return found
  }

  func node(_ place: Int) throws(StorageError) -> Hash256 {
    try log.node(
      place,
      try named("node \(place)") { () throws(StorageError) in
        try view.value(of: log.nodes.key(StoredLog.key(place)))
      })
  }

  func peaks(of leaves: Range<Int>) throws(StorageError) -> [Hash256] {
    var peaks: [Hash256] = []
    for place in MountainShape.peakPlaces(of: leaves) { peaks.append(try node(place)) }
    return peaks
  }

  /// Whether the right edge, the nodes and the last entry are of one log.
  func checkEdge() throws(StorageError) {
    let frontier = try head().frontier
    let places = MountainShape.peakPlaces(of: 0..<frontier.count)
    for (place, peak) in zip(places, frontier.peaks) where try node(place) != peak {
      throw log.damage("node \(place) (not what the right edge says)")
    }
    if frontier.count > 0 { _ = try entry(frontier.count - 1) }
    guard try lastNumber(in: log.entries) == frontier.count - 1 else {
      throw log.damage("entry \(frontier.count) (past the right edge)")
    }
    let nodeCount = MountainShape.nodeCount(of: frontier.count)
    guard try lastNumber(in: log.nodes) == nodeCount - 1 else {
      throw log.damage("node \(nodeCount) (past the right edge)")
    }
  }

  /// The largest number that a record has, -1 if there is none; nil if its key is none.
  private func lastNumber(in namespace: Namespace) throws(StorageError) -> Int? {
    let key = try named("last record of \(namespace)") { () throws(StorageError) in
      try view.lastKey(in: StoreRange(in: namespace, from: [0]))
    }
    guard let key else { return -1 }
    guard key.count == 8 else { return nil }
    return Int(exactly: key.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  /// Computes everything anew.
  func checkAll() throws(StorageError) {
    try checkEdge()
    let count = try head().frontier.count
    var frontier = MountainFrontier()
    var place = 0
    for index in 0..<count {
      let entry = try entry(index)
      var made: [Hash256] = []
      frontier.append(leafHash: MerkleTree.leafHash(entry)) { made.append($0) }
      for hash in made {
        guard try node(place) == hash else {
          throw log.damage("node \(place) (not that of what is below it)")
        }
        place += 1
      }
    }
    guard try head().frontier == frontier else { throw log.damage("right edge (another root)") }
  }

  /// Runs what reads one record: of damage the store knows the key alone.
  private func named<Output>(
    _ what: String, _ body: () throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    do throws(StorageError) {
      return try body()
    } catch {
      throw error.isDamage ? log.damage("\(what) (\(error))") : error
    }
  }
}

/// One state of a stored log, which stays as it is while others append. Each question reads the
/// store; where entries were dropped meanwhile, answers are refused with `.unavailable`.
public struct StoredLogView: LogReading {
  private let log: StoredLog
  private let head: StoredLog.Head

  init(_ log: StoredLog, _ head: StoredLog.Head) {
    self.log = log
    self.head = head
  }

  public var count: Int { head.frontier.count }

  public func entry(at index: Int) throws(ReconciliationError) -> [UInt8] {
    try reading { reader throws(StorageError) in try reader.entry(index) }
  }

  public func entries(
    from start: Int, bytes: Int
  ) throws(ReconciliationError) -> [[UInt8]] {
    try reading { reader throws(StorageError) in
      var page = LogPage(bytes: bytes)
      while start + page.entries.count < count, page.hasRoom {
        page.append(try reader.entry(start + page.entries.count))
      }
      return page.entries
    }
  }

  public func root(ofFirst count: Int) throws(ReconciliationError) -> Hash256 {
    try frontier(ofFirst: count).root
  }

  public func frontier(ofFirst count: Int) throws(ReconciliationError) -> MountainFrontier {
    precondition((0...self.count).contains(count), "no first \(count) of \(self.count) entries")
    // The right edge is at hand, and a log of which only that is asked need not be read.
    if count == self.count { return head.frontier }
    let peaks = try reading { reader throws(StorageError) in try reader.peaks(of: 0..<count) }
    guard let frontier = MountainFrontier(peaks: peaks, count: count) else {
      preconditionFailure("\(count) entries gave other peaks")
    }
    return frontier
  }

  public func consistencyProof(
    from count: Int
  ) throws(ReconciliationError) -> ConsistencyProof? {
    guard let subtrees = MountainShape.consistencySubtrees(from: count, of: self.count) else {
      return nil
    }
    return try reading { reader throws(StorageError) in
      var hashes: [Hash256] = []
      for subtree in subtrees {
        hashes.append(MerkleTree.root(ofPeaks: try reader.peaks(of: subtree)))
      }
      return ConsistencyProof(hashes: hashes)
    }
  }

  private func reading<Output>(
    _ body: (StoredLogReader) throws(StorageError) -> Output
  ) throws(ReconciliationError) -> Output {
    let output = try held { () throws(StorageError) in
      try log.store.read { snapshot throws(StorageError) -> Output? in
        let reader = log.reader(in: snapshot)
        guard try reader.head().cuts == head.cuts else { return nil }
        return try body(reader)
      }
    }
    guard let output else {
      throw .unavailable("entries of the log \(log.name) were dropped meanwhile")
    }
    return output
  }
}
