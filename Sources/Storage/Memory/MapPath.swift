/// The way from the root of a map to one of its nodes, so that the next and the previous one are
/// found in O(1) on average.
struct MapPath {
  private let root: PersistentMap.Node?
  private var path: [PersistentMap.Node] = []

  init(_ map: PersistentMap) {
    root = map.root
  }

  mutating func first() -> PersistentMap.Node? {
    path = []
    return descend(from: root, to: .left)
  }

  mutating func last() -> PersistentMap.Node? {
    path = []
    return descend(from: root, to: .right)
  }

  mutating func next() -> PersistentMap.Node? {
    step(along: .right, then: .left)
  }

  mutating func previous() -> PersistentMap.Node? {
    step(along: .left, then: .right)
  }

  /// Goes to the first node whose key is not before `key`.
  mutating func seek(_ key: [UInt8]) -> PersistentMap.Node? {
    path = []
    var found = 0
    var node = root
    while let current = node {
      path.append(current)
      let order = key.withUnsafeBytes { current.order(of: $0) }
      if order <= 0 { found = path.count }
      if order == 0 { break }
      node = order < 0 ? current.left : current.right
    }
    path.removeLast(path.count - found)
    return path.last
  }

  private enum Side {
    case left, right

    func child(of node: PersistentMap.Node) -> PersistentMap.Node? {
      self == .left ? node.left : node.right
    }
  }

  private mutating func descend(
    from node: PersistentMap.Node?, to side: Side
  ) -> PersistentMap.Node? {
    var node = node
    while let current = node {
      path.append(current)
      node = side.child(of: current)
    }
    return path.last
  }

  /// Into the subtree on one side, else up until a node is left from its other side.
  private mutating func step(along side: Side, then other: Side) -> PersistentMap.Node? {
    guard let node = path.last else { return nil }
    if let child = side.child(of: node) { return descend(from: child, to: other) }
    var child = path.removeLast()
    while let parent = path.last, side.child(of: parent) === child {
      child = path.removeLast()
    }
    return path.last
  }
}
