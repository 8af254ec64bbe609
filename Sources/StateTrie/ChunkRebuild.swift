import Primitives

/// Computes the root hash of a trie given as ordered entries: full items, and subtrees or values of
/// which only the hash is known.
///
/// This is the whole check of a chunk: if the items of a range together with hashes of everything
/// outside the range give the state root, then, hashes being collision-resistant, the items are
/// exactly the range's. Each node is hashed once: first the shape is found in one ordered pass,
/// then the leaves and the levels of inner nodes are hashed in batches.
struct ChunkRebuild: ~Copyable {
  struct Entry {
    enum Content {
      /// A value in full.
      case leaf([UInt8])
      /// Hash of a whole subtree.
      case subtree(Hash256)
      /// Hash of one value, and of its node if it has no children and that is known.
      case value(Hash256, asLeaf: Hash256?)
    }
    var key: KeyNibbles
    var content: Content
  }

  /// What lies before the items, the items, and what lies behind them: strictly ordered by key.
  private let left: [Entry]
  private let items: [TrieItem]
  private let right: [Entry]
  private let itemSlots: Range<Int>
  private let count: Int
  /// Number of nibbles an entry shares with the one before it.
  private var shared: [UInt8] = []
  private var hasher = NodeHasher()
  private var levels: [[Int]] = []
  /// A value known by its hash only that turned out to have no children, so that its node's hash
  /// cannot be computed.
  private(set) var lonelyValue: KeyNibbles?
  /// After `rootHash`: the nodes of the trie. Slots below `itemSlots` and from its end on to
  /// `count` stand for entries of `left` and `right`.
  private(set) var nodes: RebuiltNodes

  init(left: [Entry], items: [TrieItem], right: [Entry]) {
    self.left = left
    self.items = items
    self.right = right
    itemSlots = left.count..<left.count + items.count
    count = itemSlots.upperBound + right.count
    nodes = RebuiltNodes(firstItem: itemSlots.lowerBound, firstInner: count)
  }

  private func key(_ slot: Int) -> KeyNibbles {
    if itemSlots.contains(slot) { return items[slot - itemSlots.lowerBound].key }
    return slot < itemSlots.lowerBound
      ? left[slot].key : right[slot - itemSlots.upperBound].key
  }

  private func content(_ slot: Int) -> Entry.Content {
    if itemSlots.contains(slot) { return .leaf(items[slot - itemSlots.lowerBound].value) }
    return slot < itemSlots.lowerBound
      ? left[slot].content : right[slot - itemSlots.upperBound].content
  }

  /// The root hash, or nil if the entries contradict each other: they are not in order, one lies
  /// inside another's subtree, or a lone value is known by its hash only.
  mutating func rootHash() -> Hash256? {
    guard measure(), let root = inner(0, count, depth: 0, level: 0) else { return nil }
    return hash(of: root)
  }

  /// Key and hash of the smallest subtree that holds all entries; nil as `rootHash`, and if there
  /// are none.
  mutating func subtree() -> (key: KeyNibbles, hash: Hash256)? {
    guard measure(), count > 0 else { return nil }
    let top = key(0).commonPrefix(with: key(count - 1))
    guard count > 1 else { return rootOfOne().map { (top, $0) } }
    guard let slot = subtree(0, count, level: 0) else { return nil }
    return (top, hash(of: slot))
  }

  /// The node hash of the only entry, which must be an item.
  private mutating func rootOfOne() -> Hash256? {
    guard let item = items.first else { return nil }
    return item.value.withUnsafeBytes { hasher.leaf(item.key, $0) }
  }

  /// Hashes everything; the hash of one slot.
  private mutating func hash(of slot: Int) -> Hash256 {
    var hashes = [Hash256](repeating: .zero, count: count + nodes.inners.count)
    hashes.withUnsafeMutableBufferPointer { results in
      if let results = results.baseAddress { hashAll(into: results) }
    }
    nodes.hashes = hashes
    return hashes[slot]
  }

  /// Fills `shared`; false if the entries are not strictly in order.
  private mutating func measure() -> Bool {
    shared.reserveCapacity(count)
    guard count > 0 else { return true }
    var previous = key(0)
    shared.append(0)
    for slot in 1..<max(1, count) {
      let next = key(slot)
      guard previous < next else { return false }
      shared.append(UInt8(previous.commonPrefixLength(with: next)))
      previous = next
    }
    return true
  }

  private mutating func hashAll(into results: UnsafeMutablePointer<Hash256>) {
    for slot in nodes.children where slot < count {
      if itemSlots.contains(slot) {
        let item = slot - itemSlots.lowerBound
        items[item].value.withUnsafeBytes {
          hasher.leaf(items[item].key, $0, into: results + slot)
        }
        continue
      }
      switch content(slot) {
      case .leaf(let value):
        value.withUnsafeBytes { hasher.leaf(key(slot), $0, into: results + slot) }
      case .subtree(let hash): results[slot] = hash
      case .value(_, let leafHash): results[slot] = leafHash ?? .zero
      }
    }
    hasher.flush()
    for level in levels.reversed() {
      for index in level { hash(nodes.inners[index], into: results + count + index, results) }
      hasher.flush()
    }
  }

  private mutating func hash(
    _ node: RebuiltNodes.Inner, into target: UnsafeMutablePointer<Hash256>,
    _ results: UnsafeMutablePointer<Hash256>
  ) {
    var writer = hasher.open()
    // The root of an empty trie has no entry below it.
    let nodeKey = node.depth == 0 ? .empty : key(node.keySlot).prefix(node.depth)
    if node.own == nil {
      writer.begin(nodeKey)
    } else {
      writer.begin(nodeKey, hybrid: node.ownHash)
    }
    var next = 0
    for slot in nodes.children[node.children] {
      let inner = slot < count ? nil : nodes.inners[slot - count]
      let key = key(inner?.keySlot ?? slot)
      while next < key[node.depth] {
        writer.emptyChild()
        next += 1
      }
      writer.child(key, from: node.depth, to: inner?.depth ?? key.count, results[slot])
      next += 1
    }
    while next < StateTrieLimits.childrenMax {
      writer.emptyChild()
      next += 1
    }
    hasher.finish(writer, into: target)
  }

  /// Slot of the root of the smallest subtree that holds the entries `low..<high`.
  private mutating func subtree(_ low: Int, _ high: Int, level: Int) -> Int? {
    guard high - low == 1 else {
      let depth = key(low).commonPrefixLength(with: key(high - 1))
      return inner(low, high, depth: depth, level: level)
    }
    if !itemSlots.contains(low), case .value(_, asLeaf: nil) = content(low) {
      lonelyValue = key(low)
      return nil
    }
    return low
  }

  /// Slot of the inner node of `depth` nibbles over the entries `low..<high`.
  private mutating func inner(_ low: Int, _ high: Int, depth: Int, level: Int) -> Int? {
    var node = RebuiltNodes.Inner(keySlot: low, depth: depth)
    let isInside = level > 0 && isInsideItems(low, high)
    var low = low
    if low < high, key(low).count == depth {
      switch content(low) {
      case .leaf(let value): node.ownHash = Blake2b256.hash(value)
      case .value(let hash, _): node.ownHash = hash
      case .subtree: return nil
      }
      node.own = low
      if !isInside, itemSlots.contains(low) { nodes.tops.append(low) }
      low += 1
    }
    var mine: InlineArray<16, Int> = InlineArray(repeating: 0)
    var children = 0
    while low < high {
      var end = low + 1
      while end < high, Int(shared[end]) > depth { end += 1 }
      guard let child = subtree(low, end, level: level + 1) else { return nil }
      if !isInside, isInsideItems(low, end) { nodes.tops.append(child) }
      mine[children] = child
      children += 1
      low = end
    }
    let first = nodes.children.count
    for index in 0..<children { nodes.children.append(mine[index]) }
    node.children = first..<first + children
    while levels.count <= level { levels.append([]) }
    levels[level].append(nodes.inners.count)
    nodes.inners.append(node)
    return count + nodes.inners.count - 1
  }

  /// True if all entries of `low..<high` are items.
  private func isInsideItems(_ low: Int, _ high: Int) -> Bool {
    low >= itemSlots.lowerBound && high <= itemSlots.upperBound
  }
}

/// The nodes of a rebuilt trie with their hashes. A slot stands for an entry or an inner node.
struct RebuiltNodes: Sendable {
  struct Inner: Sendable {
    /// An entry whose key begins with the node's.
    let keySlot: Int
    /// Number of nibbles of the node's key.
    let depth: Int
    /// Slot of the node's value, if it has one, and the value's hash.
    var own: Int?
    var ownHash = Hash256.zero
    /// Where the children's slots are in `RebuiltNodes.children`.
    var children = 0..<0

    init(keySlot: Int, depth: Int) {
      self.keySlot = keySlot
      self.depth = depth
    }
  }

  /// The slot of the chunk's first item; the others follow.
  let firstItem: Int
  /// The slot of `inners[0]`; the others follow.
  let firstInner: Int
  var inners: [Inner] = []
  /// Slots of all nodes' children.
  var children: [Int] = []
  /// In key order: the slots of the largest subtrees that hold nothing but items, and of the items
  /// that are values of other nodes.
  var tops: [Int] = []
  /// By slot: the node's hash; zero where there is none.
  var hashes: [Hash256] = []

  init(firstItem: Int, firstInner: Int) {
    self.firstItem = firstItem
    self.firstInner = firstInner
  }
}
