import Primitives
import Storage

/// The upper levels of the 16-ary tree over hashed order, in one flat array.
///
/// What is said of a node depends on nothing but the records below it, so it is the same after any
/// writes in any order. A change touches one node of each level: counts, sizes and sums are exact
/// at once. The largest version is not known any longer when the record that has it goes, and a
/// hash when anything changes; both are found again when asked for, from the 16 children or, at the
/// lowest level, from the records below.
public struct RecordTree: Sendable {
  struct Cell: Sendable {
    var node = MerkleNode()
    /// `node.latest` is only an upper bound.
    var isLatestStale = false
    var isHashStale = true

    @inline(__always)
    mutating func apply(_ change: RecordChange) {
      isHashStale = true
      if let old = change.old {
        node.count -= 1
        node.size &-= UInt64(old.size)
        node.sum.high &-= old.id.high
        node.sum.low &-= old.id.low
        if old.version == node.latest { isLatestStale = true }
      }
      if let new = change.new {
        node.count += 1
        node.size &+= UInt64(new.size)
        node.sum.high &+= new.id.high
        node.sum.low &+= new.id.low
        if new.version >= node.latest {
          node.latest = new.version
          isLatestStale = false
        }
      }
      if node.count == 0 {
        node.latest = 0
        isLatestStale = false
      }
    }
  }

  /// Levels below the root; the last one has 16^`levels` nodes.
  public let levels: Int
  var cells: [Cell]
  /// By cell; empty until hashes are asked for.
  var hashes: [Hash256] = []

  /// The tree over no records with so many levels, 0…`ReconciliationLimits.treeLevelsMax`.
  public init(levels: Int) {
    precondition((0...ReconciliationLimits.treeLevelsMax).contains(levels), "\(levels) levels")
    self.levels = levels
    cells = Array(repeating: Cell(), count: Self.offset(of: levels + 1))
  }

  /// The tree over the records of a view.
  public init(levels: Int, over records: any RecordReading) throws(StorageError) {
    self.init(levels: levels)
    try records.forEachEntry { add($0) }
    addUp()
  }

  /// The tree over some records, in any order.
  public init(levels: Int, over entries: some Sequence<RecordEntry>) {
    self.init(levels: levels)
    for entry in entries { add(entry) }
    addUp()
  }

  private mutating func add(_ entry: RecordEntry) {
    cells[Self.offset(of: levels) + Self.place(entry.position, levels)].node.add(entry)
  }

  /// The levels at which a node of the last one has few records, without many empty nodes.
  public static func levels(for count: Int) -> Int {
    var levels = 0
    while levels < ReconciliationLimits.treeLevelsMax,
      count >> (4 * levels) > ReconciliationLimits.bucketRecordsMax
    { levels += 1 }
    return levels
  }

  /// Follows a write.
  public mutating func apply(_ change: RecordChange) {
    guard let position = (change.new ?? change.old)?.position else { return }
    let levels = levels
    cells.withUnsafeMutableBufferPointer { cells in
      var start = 0
      var width = 1
      for level in 0...levels {
        cells[start + Self.place(position, level)].apply(change)
        start += width
        width <<= 4
      }
    }
  }

  /// The cells above the last level from those of the last one.
  mutating func addUp() {
    for level in (0..<levels).reversed() {
      let (start, below) = (Self.offset(of: level), Self.offset(of: level + 1))
      for index in 0..<1 << (4 * level) {
        var sum = Cell()
        for child in 0..<16 {
          sum.node.add(cells[below + 16 * index + child].node)
          if cells[below + 16 * index + child].isLatestStale { sum.isLatestStale = true }
        }
        cells[start + index] = sum
      }
    }
  }

  /// What is known of a node of the upper levels, but its largest version.
  func cell(_ path: TreePath) -> Cell { cells[index(path)] }

  /// What is known of a node of the upper levels; its largest version may be too large.
  package func roughNode(_ path: TreePath) -> MerkleNode { cell(path).node }

  func index(_ path: TreePath) -> Int {
    Self.offset(of: path.depth) + Self.place(path.first, path.depth)
  }

  /// The number of cells above a level.
  static func offset(of level: Int) -> Int { ((1 << (4 * level)) - 1) / 15 }

  /// The number of the cell above a position among those of its level.
  @inline(__always)
  static func place(_ position: HashedPosition, _ level: Int) -> Int {
    Int(truncatingIfNeeded: position.high >> UInt64(64 - 4 * level))
  }
}
