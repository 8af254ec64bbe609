import Primitives
import Storage

/// The tree over one view of a set of records: every node of it, of which the upper levels are kept
/// and the others are computed from the records below them.
public struct MerkleView {
  let tree: RecordTree
  public let records: any RecordReading
  /// What was computed before, and of which state of the records this view is.
  let hot: HotNodes?
  let revision: UInt64
  /// How deep the tree is at most: at this depth every node is a leaf.
  public let depthMax: Int

  /// - Parameters:
  ///   - tree: the upper levels over just these records.
  ///   - depthMax: 1…`HashedPosition.nibbleCount`.
  package init(tree: RecordTree, records: any RecordReading, depthMax: Int) {
    self.init(tree: tree, records: records, depthMax: depthMax, hot: nil)
  }

  init(
    tree: RecordTree, records: any RecordReading, depthMax: Int, hot: HotNodes?,
    revision: UInt64 = 0
  ) {
    self.tree = tree
    self.records = records
    self.hot = hot
    self.revision = revision
    self.depthMax = depthMax
  }

  /// Count and sum of a node; its largest version may be too large.
  func rough(_ path: TreePath) throws(StorageError) -> MerkleNode {
    if path.depth <= tree.levels { return tree.cell(path).node }
    return try children(of: path.parent)[path.nibble]
  }

  /// A node.
  public func node(at path: TreePath) throws(StorageError) -> MerkleNode {
    guard path.depth <= tree.levels, tree.cell(path).isLatestStale else { return try rough(path) }
    var node = tree.cell(path).node
    node.latest = try children(of: path).reduce(0) { max($0, $1.latest) }
    return node
  }

  /// The 16 children of a node that is not at the greatest depth.
  public func children(of path: TreePath) throws(StorageError) -> [MerkleNode] {
    guard path.depth >= tree.levels else {
      var children: [MerkleNode] = []
      for nibble in 0..<16 { children.append(try node(at: path.child(nibble))) }
      return children
    }
    if let known = hot?.known(path, at: revision)?.children { return known }
    let children = try Subtrees(records: records, depthMax: depthMax).children(of: path)
    hot?.keep(path, at: revision) { $0.children = children }
    return children
  }

  /// The same for a comparison by sums, which needs no versions: nothing is read that is kept.
  func roughChildren(of path: TreePath) throws(StorageError) -> [MerkleNode] {
    guard path.depth < tree.levels else { return try children(of: path) }
    return (0..<16).map { tree.cell(path.child($0)).node }
  }

  /// The first `limit` entries below a node, in hashed order, from a position on.
  public func entries(
    under path: TreePath, from position: HashedPosition? = nil, limit: Int
  ) throws(StorageError) -> [RecordEntry] {
    try records.entries(from: max(position ?? .first, path.first), through: path.last, limit: limit)
  }

  /// The entry below a node whose id begins with these 64 bits, if it is the only one.
  func entry(under path: TreePath, startingWith high: UInt64) throws(StorageError) -> RecordEntry? {
    let found = try records.records(startingWith: high)
    guard found.count == 1 else { return nil }
    let entry = RecordEntry(found[0])
    return path.contains(entry.position) ? entry : nil
  }
}
