import Primitives
import Storage

extension RecordTree {
  /// Computes what writes have made unknown: the largest versions and the hashes of the kept
  /// levels. Reads only what is below changed nodes.
  mutating func settle(over records: any RecordReading, depthMax: Int) throws(StorageError) {
    if hashes.isEmpty { hashes = Array(repeating: .zero, count: cells.count) }
    try settle(.root, Subtrees(records: records, depthMax: depthMax))
  }

  private mutating func settle(_ path: TreePath, _ subtrees: Subtrees) throws(StorageError) {
    let index = index(path)
    guard cells[index].isHashStale || cells[index].isLatestStale else { return }
    let content: MerkleContent
    if path.depth == levels || subtrees.isLeaf(count: cells[index].node.count, depth: path.depth) {
      content = try subtrees.content(of: path)
    } else {
      var node = cells[index].node
      node.latest = 0
      var children = [Hash256?](repeating: nil, count: 16)
      for nibble in 0..<16 {
        let child = path.child(nibble)
        let place = self.index(child)
        guard cells[place].node.count > 0 else { continue }
        try settle(child, subtrees)
        children[nibble] = hashes[place]
        node.latest = max(node.latest, cells[place].node.latest)
      }
      content = .inner(node, children)
    }
    hashes[index] = content.hash(at: path.depth)
    cells[index].node.latest = content.latest
    cells[index].isHashStale = false
    cells[index].isLatestStale = false
  }
}

/// Nodes computed from nothing but the records below them, in bounded memory.
struct Subtrees {
  let records: any RecordReading
  let depthMax: Int

  func isLeaf(count: Int, depth: Int) -> Bool {
    MerkleContent.isLeaf(count: count, depth: depth, depthMax: depthMax)
  }

  /// The content of a node.
  func content(of path: TreePath) throws(StorageError) -> MerkleContent {
    let most = ReconciliationLimits.subtreeEntriesMax
    let entries = try records.entries(from: path.first, through: path.last, limit: most + 1)
    if entries.count <= most || path.depth >= depthMax {
      return MerkleContent.of(entries[...], depth: path.depth, depthMax: depthMax)
    }
    // More than fits: child by child.
    var node = MerkleNode.empty
    var children = [Hash256?](repeating: nil, count: 16)
    for (nibble, child) in try self.children(of: path).enumerated() where child.count > 0 {
      node.add(child)
      children[nibble] = try content(of: path.child(nibble)).hash(at: path.depth + 1)
    }
    return .inner(node, children)
  }

  /// The 16 children of a node.
  func children(of path: TreePath) throws(StorageError) -> [MerkleNode] {
    var children = Array(repeating: MerkleNode.empty, count: 16)
    try records.forEachEntry(from: path.first, through: path.last) {
      children[$0.position.nibble(at: path.depth)].add($0)
    }
    return children
  }
}

extension MerkleView {
  /// What the hash of a node is over.
  public func content(of path: TreePath) throws(StorageError) -> MerkleContent {
    let subtrees = Subtrees(records: records, depthMax: depthMax)
    guard path.depth < tree.levels,
      !subtrees.isLeaf(count: tree.cell(path).node.count, depth: path.depth)
    else {
      if let known = hot?.known(path, at: revision)?.content { return known }
      let content = try subtrees.content(of: path)
      hot?.keep(path, at: revision) { $0.content = content }
      return content
    }
    var children = [Hash256?](repeating: nil, count: 16)
    for nibble in 0..<16 where tree.cell(path.child(nibble)).node.count > 0 {
      children[nibble] = try hash(of: path.child(nibble))
    }
    return .inner(try node(at: path), children)
  }

  /// The hash of a node. Where writes have made it unknown it is computed each time anew; who asks
  /// often has the hashes brought up to date first.
  public func hash(of path: TreePath) throws(StorageError) -> Hash256 {
    if path.depth <= tree.levels, !tree.hashes.isEmpty, !tree.cell(path).isHashStale {
      return tree.hashes[tree.index(path)]
    }
    return try content(of: path).hash(at: path.depth)
  }
}
