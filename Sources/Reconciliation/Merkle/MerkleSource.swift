import Primitives
import Storage

/// A set of records with its tree, in memory or in a store, of which views can be taken.
public protocol MerkleSource: RecordSource {
  /// Runs `body` on a view of the newest state, which does not change meanwhile.
  func withTree<Output>(
    _ body: (MerkleView) throws(StorageError) -> Output
  ) throws(StorageError) -> Output
}

extension MerkleSource {
  public func withView<Output>(
    _ body: (any RecordReading) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try withTree { view throws(StorageError) in try body(view.records) }
  }

  /// What the tree says of all records.
  public func root() throws(StorageError) -> MerkleNode {
    try withTree { view throws(StorageError) in try view.node(at: .root) }
  }

  /// The hash that says everything of all records.
  public func rootHash() throws(StorageError) -> Hash256 {
    try withTree { view throws(StorageError) in try view.hash(of: .root) }
  }
}

/// A set of records in memory with its tree, which follows each write. A value: a copy is a view.
public struct MerkleRecords: MerkleSource {
  public private(set) var table: RecordTable
  public private(set) var tree: RecordTree
  /// How deep the tree is at most; both sides of a comparison must have the same.
  public let depthMax: Int

  /// - Parameter depthMax: 1…`HashedPosition.nibbleCount`.
  public init(_ table: RecordTable = RecordTable(), depthMax: Int = 20) {
    precondition((1...HashedPosition.nibbleCount).contains(depthMax), "no depth \(depthMax)")
    self.table = table
    self.depthMax = depthMax
    tree = Self.tree(over: table, depthMax)
  }

  /// Puts a record, in place of the one with its key; nil if it is there already.
  @discardableResult
  public mutating func set(_ record: Record) -> RecordChange? { apply(.set(record)) }

  /// Removes the record with `key`; nil if there is none.
  @discardableResult
  public mutating func remove(_ key: [UInt8]) -> RecordChange? { apply(.remove(key)) }

  /// Makes a change; nil if it changes nothing.
  @discardableResult
  public mutating func apply(_ write: RecordWrite) -> RecordChange? {
    guard let change = table.apply(write) else { return nil }
    tree.apply(change)
    if Self.isUnfit(tree.levels, for: table.count, depthMax) {
      tree = Self.tree(over: table, depthMax)
    }
    return change
  }

  /// Computes the hashes that writes have made unknown, so that views have them at hand.
  public mutating func settleHashes() throws(StorageError) {
    try tree.settle(over: table, depthMax: depthMax)
  }

  public func withTree<Output>(
    _ body: (MerkleView) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try body(MerkleView(tree: tree, records: table, depthMax: depthMax))
  }

  private static func levels(_ count: Int, _ depthMax: Int) -> Int {
    min(depthMax, RecordTree.levels(for: count))
  }

  /// Whether there are far too many or too few levels. Between the two lies a factor of 8, so that
  /// a tree is not made anew again and again.
  private static func isUnfit(_ levels: Int, for count: Int, _ depthMax: Int) -> Bool {
    Self.levels(count, depthMax) > levels || Self.levels(8 * count, depthMax) < levels
  }

  private static func tree(over table: RecordTable, _ depthMax: Int) -> RecordTree {
    RecordTree(levels: levels(table.count, depthMax), over: table.allEntries)
  }
}
