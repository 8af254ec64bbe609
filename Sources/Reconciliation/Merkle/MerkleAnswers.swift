import Primitives

/// What one side says of a node to the other: as much as is needed to find differences.
struct NodeSum: Sendable, Hashable {
  let path: TreePath
  let count: Int
  /// The sum of the first halves of the ids.
  let sum: UInt64
}

/// The answer to the first request: the root, and its children if there are records.
package struct RootAnswer: WireCodable, Hashable {
  let root: MerkleNode
  let children: [NodeSum]

  package func encode(to encoder: inout WireEncoder) {
    encoder.append(count: root.count)
    encoder.append(root.size)
    encoder.append(root.latest)
    encoder.append(fixed: root.sum.high)
    encoder.append(fixed: root.sum.low)
    if root.count > 0 { encoder.append(children: children) }
  }

  init(root: MerkleNode, children: [NodeSum]) {
    self.root = root
    self.children = children
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    var root = MerkleNode()
    root.count = try decoder.recordCount()
    root.size = try decoder.uint64()
    root.latest = try decoder.uint64()
    root.sum.high = try decoder.fixed()
    root.sum.low = try decoder.fixed()
    self.root = root
    children = root.count > 0 ? try decoder.children(of: .root) : []
  }
}

extension WireEncoder {
  /// The children of a node that have records: which ones, and for each its count and sum.
  mutating func append(children: [NodeSum]) {
    var members = [Bool](repeating: false, count: 16)
    for child in children { members[child.path.nibble] = true }
    append(ChildSet(members))
    for child in children {
      append(count: child.count)
      append(fixed: child.sum)
    }
  }
}

extension WireDecoder {
  /// See `WireEncoder.append(children:)`.
  mutating func children(of path: TreePath) throws(WireError) -> [NodeSum] {
    var children: [NodeSum] = []
    for nibble in try value(ChildSet.self).nibbles {
      let place = offset
      let count = try recordCount()
      guard count > 0 else { throw .invalidValue("a child without records", at: place) }
      children.append(NodeSum(path: path.child(nibble), count: count, sum: try fixed()))
    }
    return children
  }

  /// Ids of 16 bytes.
  mutating func ids(_ count: Int) throws(WireError) -> [RecordID] {
    var ids: [RecordID] = []
    ids.reserveCapacity(min(count, remaining / RecordID.byteCount))
    for _ in 0..<count { ids.append(try value()) }
    return ids
  }

  /// Four bytes as a number.
  mutating func short() throws(WireError) -> UInt32 {
    let bytes = try raw(4)
    return bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
