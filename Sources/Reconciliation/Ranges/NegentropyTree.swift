import Primitives

/// A set that changes: a B+ tree whose branches know the count and the sum of what is below each
/// child. To insert, to remove, and to find a place or a sum take O(log n).
///
/// A copy shares all nodes until one of the two changes; the first change after a copy costs the
/// list of nodes, some 2 % of the items.
public struct NegentropyTree: NegentropyStorage {
  /// What a branch knows of a child.
  struct Child: Sendable {
    let node: Int
    var first: NegentropyItem
    var count: Int
    var sum: NegentropySum
  }

  /// A leaf has items, a branch has children, an empty tree's root has neither.
  struct Node: Sendable {
    var items: [NegentropyItem] = []
    var children: [Child] = []

    var isLeaf: Bool { children.isEmpty }
    var entries: Int { items.count + children.count }

    /// Which child an item belongs to: the last one that does not begin behind it.
    func slot(of item: NegentropyItem) -> Int {
      slot { $0 <= item }
    }

    /// The last child whose first item `precedes`, or the first child.
    func slot(_ precedes: (NegentropyItem) -> Bool) -> Int {
      var (low, high) = (1, children.count)
      while low < high {
        let middle = low + (high - low) / 2
        if precedes(children[middle].first) { low = middle + 1 } else { high = middle }
      }
      return low - 1
    }
  }

  /// Nodes by number; those that are free are empty.
  private(set) var nodes: [Node] = [Node()]
  private(set) var free: [Int] = []
  private(set) var root = 0
  public private(set) var count = 0
  private var total = NegentropySum.zero

  /// A node that has more entries is cut in two, one that has fewer than a quarter joins another.
  private static let entriesMax = ReconciliationLimits.rangeNodeEntriesMax
  private static let entriesMin = entriesMax / 4

  public init() {}

  /// The set of some items, in any order; an item that comes twice is one.
  public init(_ items: some Sequence<NegentropyItem>) {
    for item in items { insert(item) }
  }

  /// Adds an item. False if it was there.
  @discardableResult
  public mutating func insert(_ item: NegentropyItem) -> Bool {
    let (isNew, sibling) = insert(item, below: root)
    guard isNew else { return false }
    if let sibling {
      let left = child(root)
      root = allocate(Node(children: [left, sibling]))
    }
    count += 1
    total += NegentropySum(item.id)
    return true
  }

  /// Takes an item away. False if it was not there.
  @discardableResult
  public mutating func remove(_ item: NegentropyItem) -> Bool {
    guard remove(item, below: root) else { return false }
    while nodes[root].children.count == 1 {
      let only = nodes[root].children[0].node
      release(root)
      root = only
    }
    count -= 1
    total -= NegentropySum(item.id)
    return true
  }

  /// Whether an item is there.
  public func contains(_ item: NegentropyItem) -> Bool {
    let place = firstPlace(atOrBehind: NegentropyBound(at: item), from: 0)
    return place < count && self.item(at: place) == item
  }

  public func item(at place: Int) -> NegentropyItem {
    var (node, rest) = (root, place)
    while let slot = nodes[node].children.firstSlot(of: &rest) {
      node = nodes[node].children[slot].node
    }
    return nodes[node].items[rest]
  }

  public func sum(of range: Range<Int>) -> NegentropySum {
    var sum = sum(before: range.upperBound)
    sum -= self.sum(before: range.lowerBound)
    return sum
  }

  public func firstPlace(atOrBehind bound: NegentropyBound, from start: Int) -> Int {
    var (node, place) = (root, 0)
    while !nodes[node].isLeaf {
      let slot = nodes[node].slot { bound.isAbove($0) }
      for child in nodes[node].children[..<slot] { place += child.count }
      node = nodes[node].children[slot].node
    }
    return place + nodes[node].items.firstIndex(atOrBehind: bound)
  }

  public func forEach(in range: Range<Int>, _ body: (NegentropyItem) -> Void) {
    forEach(in: range, below: root, body)
  }
}

extension NegentropyTree {
  /// The sum of the ids before a place.
  private func sum(before place: Int) -> NegentropySum {
    if place == count { return total }
    var (node, rest, sum) = (root, place, NegentropySum.zero)
    while let slot = nodes[node].children.firstSlot(of: &rest) {
      for child in nodes[node].children[..<slot] { sum += child.sum }
      node = nodes[node].children[slot].node
    }
    for item in nodes[node].items[..<rest] { sum += NegentropySum(item.id) }
    return sum
  }

  /// Places are counted from the node's first item.
  private func forEach(in range: Range<Int>, below node: Int, _ body: (NegentropyItem) -> Void) {
    guard !range.isEmpty else { return }
    if nodes[node].isLeaf { return nodes[node].items[range].forEach(body) }
    var start = 0
    for child in nodes[node].children {
      if start >= range.upperBound { return }
      let part = range.clamped(to: start..<start + child.count)
      if !part.isEmpty {
        forEach(in: part.lowerBound - start..<part.upperBound - start, below: child.node, body)
      }
      start += child.count
    }
  }

  /// Whether the item is new, and the node's new right sibling if it had to be cut.
  private mutating func insert(_ item: NegentropyItem, below node: Int) -> (Bool, Child?) {
    if nodes[node].isLeaf {
      let index = nodes[node].items.firstIndex(atOrBehind: NegentropyBound(at: item))
      if index < nodes[node].items.count, nodes[node].items[index] == item { return (false, nil) }
      nodes[node].items.insert(item, at: index)
      return (true, cut(node))
    }
    let slot = nodes[node].slot(of: item)
    let below = nodes[node].children[slot].node
    let (isNew, sibling) = insert(item, below: below)
    guard isNew else { return (false, nil) }
    guard let sibling else {
      let first = nodes[node].children[slot].first
      nodes[node].children[slot].first = min(first, item)
      nodes[node].children[slot].count += 1
      nodes[node].children[slot].sum += NegentropySum(item.id)
      return (true, nil)
    }
    nodes[node].children[slot] = child(below)
    nodes[node].children.insert(sibling, at: slot + 1)
    return (true, cut(node))
  }

  /// Moves the second half of a node that is too large to a new one.
  private mutating func cut(_ node: Int) -> Child? {
    guard nodes[node].entries > Self.entriesMax else { return nil }
    var half = Node()
    half.items = Array(nodes[node].items[(nodes[node].items.count / 2)...])
    half.children = Array(nodes[node].children[(nodes[node].children.count / 2)...])
    nodes[node].items.removeLast(half.items.count)
    nodes[node].children.removeLast(half.children.count)
    let number = allocate(half)
    return child(number)
  }

  private mutating func remove(_ item: NegentropyItem, below node: Int) -> Bool {
    if nodes[node].isLeaf {
      let index = nodes[node].items.firstIndex(atOrBehind: NegentropyBound(at: item))
      guard index < nodes[node].items.count, nodes[node].items[index] == item else { return false }
      nodes[node].items.remove(at: index)
      return true
    }
    let slot = nodes[node].slot(of: item)
    let below = nodes[node].children[slot].node
    guard remove(item, below: below) else { return false }
    if nodes[below].entries < Self.entriesMin {
      join(childrenOf: node, at: slot)
    } else {
      nodes[node].children[slot] = child(below)
    }
    return true
  }

  /// Joins a child that became too small with its neighbour, or shares entries with it.
  private mutating func join(childrenOf node: Int, at slot: Int) {
    let left = max(0, slot - 1)
    let (a, b) = (nodes[node].children[left].node, nodes[node].children[left + 1].node)
    nodes[a].items += nodes[b].items
    nodes[a].children += nodes[b].children
    release(b)
    let sibling = cut(a)
    nodes[node].children[left] = child(a)
    if let sibling {
      nodes[node].children[left + 1] = sibling
    } else {
      nodes[node].children.remove(at: left + 1)
    }
  }

  /// What a branch knows of a node that is not empty.
  private func child(_ node: Int) -> Child {
    var sum = NegentropySum.zero
    if nodes[node].isLeaf {
      for item in nodes[node].items { sum += NegentropySum(item.id) }
      return Child(
        node: node, first: nodes[node].items[0], count: nodes[node].items.count, sum: sum)
    }
    var count = 0
    for child in nodes[node].children {
      sum += child.sum
      count += child.count
    }
    return Child(node: node, first: nodes[node].children[0].first, count: count, sum: sum)
  }

  private mutating func allocate(_ node: Node) -> Int {
    guard let number = free.popLast() else {
      nodes.append(node)
      return nodes.count - 1
    }
    nodes[number] = node
    return number
  }

  private mutating func release(_ node: Int) {
    nodes[node] = Node()
    free.append(node)
  }
}

extension [NegentropyTree.Child] {
  /// The child with the place `rest`, which then counts from that child's first item; nil if there
  /// are no children. A place behind all items is in the last child.
  fileprivate func firstSlot(of rest: inout Int) -> Int? {
    guard !isEmpty else { return nil }
    var slot = 0
    while slot < count - 1, rest >= self[slot].count {
      rest -= self[slot].count
      slot += 1
    }
    return slot
  }
}

extension NegentropyTree {
  /// How many nodes are in use.
  package var nodeCount: Int { nodes.count - free.count }

  /// What does not hold of the tree, for tests: order, counts, sums, sizes and depths.
  package func brokenInvariants() -> [String] {
    var broken: [String] = []
    var depths: Set<Int> = []
    var used = 0
    func visit(_ node: Int, depth: Int) {
      used += 1
      let entries = nodes[node].entries
      if entries > Self.entriesMax { broken.append("node \(node) has \(entries) entries") }
      if node != root, entries < Self.entriesMin {
        broken.append("node \(node) has only \(entries) entries")
      }
      if nodes[node].isLeaf { depths.insert(depth) }
      for known in nodes[node].children {
        let now = child(known.node)
        if now.first != known.first || now.count != known.count || now.sum != known.sum {
          broken.append("a branch knows node \(known.node) wrongly")
        }
        visit(known.node, depth: depth + 1)
      }
    }
    visit(root, depth: 0)
    if depths.count > 1 { broken.append("leaves at depths \(depths.sorted())") }
    if used + free.count != nodes.count { broken.append("nodes are lost") }
    var held: [NegentropyItem] = []
    forEach(in: 0..<count) { held.append($0) }
    if held.count != count { broken.append("\(held.count) items, counted \(count)") }
    if zip(held, held.dropFirst()).contains(where: { $0 >= $1 }) { broken.append("no order") }
    return broken
  }
}
