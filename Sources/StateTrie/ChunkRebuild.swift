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

  /// An inner node: its children are the slots `children[firstChild..<endChild]`.
  private struct Inner {
    var key: KeyNibbles
    var ownHash: Hash256?
    var firstChild = 0
    var endChild = 0
  }

  private let entries: [Entry]
  private var hasher = NodeHasher()
  private var inners: [Inner] = []
  /// Slots of all nodes' children: entry indices, then `entries.count` + indices of inner nodes.
  private var children: [Int] = []
  private var levels: [[Int]] = []
  /// A value known by its hash only that turned out to have no children, so that its node's hash
  /// cannot be computed.
  private(set) var lonelyValue: KeyNibbles?
  /// After `rootHash`: the node hash of each leaf entry that has no children, else zero.
  private(set) var hashes: [Hash256]

  /// `entries` must be strictly ordered by key.
  init(entries: [Entry]) {
    self.entries = entries
    hashes = Array(repeating: .zero, count: entries.count)
  }

  /// The root hash, or nil if the entries contradict each other: one lies inside another's subtree,
  /// or a lone value is known by its hash only.
  mutating func rootHash() -> Hash256? {
    guard let root = inner(0, entries.count, key: .empty, level: 0) else { return nil }
    hashes += Array(repeating: .zero, count: inners.count)
    // Taken out while the hasher holds addresses into it.
    var results = hashes
    results.withUnsafeMutableBufferPointer { hashAll(into: $0.baseAddress!) }
    hashes = results
    return hashes[root]
  }

  private mutating func hashAll(into results: UnsafeMutablePointer<Hash256>) {
    for slot in children where slot < entries.count {
      switch entries[slot].content {
      case .leaf(let value):
        value.withUnsafeBytes { hasher.begin(entries[slot].key, leaf: $0) }
        hasher.finish(into: results + slot)
      case .subtree(let hash): results[slot] = hash
      case .value(_, let leafHash): results[slot] = leafHash ?? .zero
      }
    }
    hasher.flush()
    for level in levels.reversed() {
      for index in level {
        write(inners[index], results)
        hasher.finish(into: results + entries.count + index)
      }
      hasher.flush()
    }
  }

  private mutating func write(_ node: Inner, _ results: UnsafeMutablePointer<Hash256>) {
    if let ownHash = node.ownHash {
      hasher.begin(node.key, hybrid: ownHash)
    } else {
      hasher.begin(node.key)
    }
    let depth = node.key.count
    var next = 0
    for slot in children[node.firstChild..<node.endChild] {
      let key = slot < entries.count ? entries[slot].key : inners[slot - entries.count].key
      while next < key[depth] {
        hasher.emptyChild()
        next += 1
      }
      hasher.rawChild(key.suffix(from: depth), results[slot])
      next += 1
    }
    while next < StateTrieLimits.childrenMax {
      hasher.emptyChild()
      next += 1
    }
  }

  /// Slot of the root of the smallest subtree that holds the entries `low..<high`.
  private mutating func subtree(_ low: Int, _ high: Int, level: Int) -> Int? {
    guard high - low == 1 else {
      let key = entries[low].key.commonPrefix(with: entries[high - 1].key)
      return inner(low, high, key: key, level: level)
    }
    if case .value(_, asLeaf: nil) = entries[low].content {
      lonelyValue = entries[low].key
      return nil
    }
    return low
  }

  /// Slot of the inner node at `key` over the entries `low..<high`.
  private mutating func inner(_ low: Int, _ high: Int, key: KeyNibbles, level: Int) -> Int? {
    var low = low
    var node = Inner(key: key)
    if low < high, entries[low].key == key {
      switch entries[low].content {
      case .leaf(let value): node.ownHash = Blake2b256.hash(value)
      case .value(let hash, _): node.ownHash = hash
      case .subtree: return nil
      }
      low += 1
    }
    var mine: InlineArray<16, Int> = InlineArray(repeating: 0)
    var count = 0
    while low < high {
      let nibble = entries[low].key[key.count]
      var end = low + 1
      while end < high, entries[end].key[key.count] == nibble { end += 1 }
      guard let child = subtree(low, end, level: level + 1) else { return nil }
      mine[count] = child
      count += 1
      low = end
    }
    node.firstChild = children.count
    for index in 0..<count { children.append(mine[index]) }
    node.endChild = children.count
    while levels.count <= level { levels.append([]) }
    levels[level].append(inners.count)
    inners.append(node)
    return entries.count + inners.count - 1
  }
}
