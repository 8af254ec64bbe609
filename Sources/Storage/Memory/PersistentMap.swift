/// An ordered map of byte strings whose copies cost nothing: a balanced tree (Adelson-Velsky and
/// Landis 1962) in which a change copies only the nodes on its path that another copy still sees.
///
/// Copying is O(1); finding, putting and removing are O(log n).
struct PersistentMap: @unchecked Sendable {
  // Unchecked for its nodes: what more than one map refers to is never changed.

  /// What a node refers to, in front of the bytes of its key and its record.
  struct NodeHead {
    var left: Node?
    var right: Node?
    var height: Int32 = 1
    let keyCount: Int32
    let recordCount: Int32
  }

  /// A record and what stands before and after it, in one piece of memory. Changed only while one
  /// map alone refers to it.
  ///
  /// Accesses are not checked for exclusivity at run time, which is a twentieth of a simulation's
  /// time: what is changed is a tree's own link, and a tree has no cycles.
  final class Node: ManagedBuffer<NodeHead, UInt8> {
    /// A node whose record `fill` writes.
    static func make(
      _ key: UnsafeRawBufferPointer, recordCount: Int, left: Node? = nil, right: Node? = nil,
      height: Int32 = 1, _ fill: (UnsafeMutableRawPointer) -> Void
    ) -> Node {
      let made = Node.create(minimumCapacity: key.count + recordCount) { _ in
        NodeHead(
          left: left, right: right, height: height, keyCount: Int32(key.count),
          recordCount: Int32(recordCount))
      }
      let node = unsafeDowncast(made, to: Node.self)
      node.withUnsafeMutablePointerToElements { bytes in
        let target = UnsafeMutableRawPointer(bytes)
        if let source = key.baseAddress { target.copyMemory(from: source, byteCount: key.count) }
        fill(target + key.count)
      }
      return node
    }

    /// Another node with the same record and the same links.
    func copied() -> Node {
      withUnsafeMutablePointers { head, bytes in
        let head = head.pointee
        let key = UnsafeRawBufferPointer(start: bytes, count: Int(head.keyCount))
        let count = Int(head.recordCount)
        return .make(
          key, recordCount: count, left: head.left, right: head.right, height: head.height
        ) { $0.copyMemory(from: bytes + Int(head.keyCount), byteCount: count) }
      }
    }

    /// Hands out the bytes of key and record.
    func withBytes<Output>(
      _ body: (_ key: UnsafeRawBufferPointer, _ record: UnsafeRawBufferPointer) -> Output
    ) -> Output {
      withUnsafeMutablePointers { head, bytes in
        let (keyCount, recordCount) = (Int(head.pointee.keyCount), Int(head.pointee.recordCount))
        return body(
          UnsafeRawBufferPointer(start: bytes, count: keyCount),
          UnsafeRawBufferPointer(start: bytes + keyCount, count: recordCount))
      }
    }

    /// Below, equal to or above zero as `key` stands before, at or after this node's.
    func order(of key: UnsafeRawBufferPointer) -> Int {
      withUnsafeMutablePointers { head, bytes in
        ByteOrder.compare(
          key, UnsafeRawBufferPointer(start: bytes, count: Int(head.pointee.keyCount)))
      }
    }

    private var head: UnsafeMutablePointer<NodeHead> { withUnsafeMutablePointerToHeader { $0 } }
    var key: [UInt8] { withBytes { key, _ in Array(key) } }
    var recordCount: Int { Int(head.pointee.recordCount) }
    var left: Node? {
      get { head.pointee.left }
      _modify { yield &head.pointee.left }
    }
    var right: Node? {
      get { head.pointee.right }
      _modify { yield &head.pointee.right }
    }
    var height: Int32 {
      get { head.pointee.height }
      set { head.pointee.height = newValue }
    }
  }

  private(set) var root: Node?
  private(set) var count = 0
  /// Bytes of all keys and records.
  private(set) var byteCount = 0

  /// The node with `key`.
  func node(_ key: UnsafeRawBufferPointer) -> Node? {
    var node = root
    while let current = node {
      let order = current.order(of: key)
      if order == 0 { return current }
      node = order < 0 ? current.left : current.right
    }
    return nil
  }

  /// The first key that is not before `key`.
  func firstKey(atOrAfter key: [UInt8]) -> [UInt8]? {
    var path = MapPath(self)
    return path.seek(key)?.key
  }

  /// Puts a record of `recordCount` bytes, which `fill` writes.
  mutating func put(
    _ key: UnsafeRawBufferPointer, recordCount: Int, _ fill: (UnsafeMutableRawPointer) -> Void
  ) {
    if let old = Self.put(&root, key, recordCount, fill).replaced {
      byteCount += recordCount - old
    } else {
      count += 1
      byteCount += key.count + recordCount
    }
  }

  /// False if the key was not there.
  mutating func remove(_ key: UnsafeRawBufferPointer) -> Bool {
    // Looked up first: a path that leads nowhere must not be copied.
    guard let node = node(key) else { return false }
    count -= 1
    byteCount -= key.count + node.recordCount
    Self.remove(&root, key)
    return true
  }

  /// Returns the length of the record that was replaced, and whether the tree is higher now.
  private static func put(
    _ link: inout Node?, _ key: UnsafeRawBufferPointer, _ recordCount: Int,
    _ fill: (UnsafeMutableRawPointer) -> Void
  ) -> (replaced: Int?, isHigher: Bool) {
    guard let node = owned(&link) else {
      link = .make(key, recordCount: recordCount, fill)
      return (nil, true)
    }
    let order = node.order(of: key)
    if order == 0 {
      link = .make(
        key, recordCount: recordCount, left: node.left, right: node.right, height: node.height,
        fill)
      return (node.recordCount, false)
    }
    let result =
      order < 0
      ? put(&node.left, key, recordCount, fill) : put(&node.right, key, recordCount, fill)
    guard result.isHigher else { return result }
    let before = node.height
    balance(&link)
    return (nil, height(link) > before)
  }

  private static func remove(_ link: inout Node?, _ key: UnsafeRawBufferPointer) {
    guard let node = owned(&link) else { return }
    let order = node.order(of: key)
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
    let copy = shared.copied()
    link = copy
    return copy
  }

  private static func height(_ node: Node?) -> Int32 { node?.height ?? 0 }

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
