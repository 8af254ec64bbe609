/// An ordered map of byte strings whose copies cost nothing: a balanced tree (Adelson-Velsky and
/// Landis 1962) in which a change copies only the nodes on its path that another copy still sees.
///
/// Copying is O(1); finding, putting and removing are O(log n).
struct PersistentMap: Sendable {
  /// A record and what stands before and after it. Changed only while one map alone refers to it.
  ///
  /// Accesses are not checked for exclusivity at run time, which is a twentieth of a simulation's
  /// time: what is changed is a tree's own link, and a tree has no cycles.
  final class Node: @unchecked Sendable {
    let key: [UInt8]
    @exclusivity(unchecked) var record: [UInt8]
    @exclusivity(unchecked) var left: Node?
    @exclusivity(unchecked) var right: Node?
    @exclusivity(unchecked) var height = 1

    init(_ key: [UInt8], _ record: [UInt8], _ left: Node? = nil, _ right: Node? = nil) {
      self.key = key
      self.record = record
      self.left = left
      self.right = right
    }
  }

  private(set) var root: Node?
  private(set) var count = 0
  /// Bytes of all keys and records.
  private(set) var byteCount = 0

  /// What is stored under `key`.
  subscript(key: [UInt8]) -> [UInt8]? {
    var node = root
    while let current = node {
      let order = ByteOrder.compare(key, current.key)
      if order == 0 { return current.record }
      node = order < 0 ? current.left : current.right
    }
    return nil
  }

  /// The first key that is not before `key`.
  func firstKey(atOrAfter key: [UInt8]) -> [UInt8]? {
    var path = MapPath(self)
    return path.seek(key)?.key
  }

  mutating func put(_ key: [UInt8], _ record: [UInt8]) {
    if let old = Self.put(&root, key, record) {
      byteCount += record.count - old
    } else {
      count += 1
      byteCount += key.count + record.count
    }
  }

  /// False if the key was not there.
  mutating func remove(_ key: [UInt8]) -> Bool {
    // Looked up first: a path that leads nowhere must not be copied.
    guard let record = self[key] else { return false }
    count -= 1
    byteCount -= key.count + record.count
    Self.remove(&root, key)
    return true
  }

  /// Returns the length of the record that was replaced.
  private static func put(_ link: inout Node?, _ key: [UInt8], _ record: [UInt8]) -> Int? {
    guard let node = owned(&link) else {
      link = Node(key, record)
      return nil
    }
    let order = ByteOrder.compare(key, node.key)
    if order == 0 {
      defer { node.record = record }
      return node.record.count
    }
    let replaced = order < 0 ? put(&node.left, key, record) : put(&node.right, key, record)
    if replaced == nil { balance(&link) }
    return replaced
  }

  private static func remove(_ link: inout Node?, _ key: [UInt8]) {
    guard let node = owned(&link) else { return }
    let order = ByteOrder.compare(key, node.key)
    if order < 0 {
      remove(&node.left, key)
    } else if order > 0 {
      remove(&node.right, key)
    } else if let follower = removeFirst(&node.right) {
      follower.left = node.left
      follower.right = node.right
      link = follower
    } else {
      link = node.left
    }
    balance(&link)
  }

  /// Takes the first node out of a tree.
  private static func removeFirst(_ link: inout Node?) -> Node? {
    guard let node = owned(&link) else { return nil }
    guard let first = removeFirst(&node.left) else {
      link = node.right
      node.right = nil
      return node
    }
    balance(&link)
    return first
  }

  /// The node of a link, copied if another map sees it too.
  private static func owned(_ link: inout Node?) -> Node? {
    if isKnownUniquelyReferenced(&link) { return link }
    guard let shared = link else { return nil }
    let copy = Node(shared.key, shared.record, shared.left, shared.right)
    copy.height = shared.height
    link = copy
    return copy
  }

  private static func height(_ node: Node?) -> Int { node?.height ?? 0 }

  /// Restores the balance of a node whose subtrees are balanced and differ by at most two levels.
  private static func balance(_ link: inout Node?) {
    guard let node = owned(&link) else { return }
    let lean = height(node.left) - height(node.right)
    if lean > 1, let left = owned(&node.left) {
      if height(left.left) < height(left.right) { rotateLeft(&node.left) }
      rotateRight(&link)
    } else if lean < -1, let right = owned(&node.right) {
      if height(right.right) < height(right.left) { rotateRight(&node.right) }
      rotateLeft(&link)
    } else {
      measure(node)
    }
  }

  private static func rotateRight(_ link: inout Node?) {
    guard let node = owned(&link), let riser = owned(&node.left) else { return }
    node.left = riser.right
    measure(node)
    riser.right = node
    measure(riser)
    link = riser
  }

  private static func rotateLeft(_ link: inout Node?) {
    guard let node = owned(&link), let riser = owned(&node.right) else { return }
    node.right = riser.left
    measure(node)
    riser.left = node
    measure(riser)
    link = riser
  }

  private static func measure(_ node: Node) {
    node.height = max(height(node.left), height(node.right)) + 1
  }
}
