import Primitives

/// Computes the root hash of a trie given as ordered entries: full items, and subtrees or values of
/// which only the hash is known.
///
/// This is the whole check of a chunk: if the items of a range together with hashes of everything
/// outside the range give the state root, then, hashes being collision-resistant, the items are
/// exactly the range's. Each node is hashed once, in one ordered pass.
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

  private let entries: [Entry]
  private var hasher = NodeHasher()
  /// A value known by its hash only that turned out to have no children, so that its node's hash
  /// cannot be computed.
  private(set) var lonelyValue: KeyNibbles?

  /// `entries` must be strictly ordered by key.
  init(entries: [Entry]) {
    self.entries = entries
  }

  /// The root hash, or nil if the entries contradict each other: one lies inside another's subtree,
  /// or a lone value is known by its hash only.
  mutating func rootHash() -> Hash256? {
    inner(0, entries.count, key: .empty)
  }

  /// Key and hash of the smallest subtree that holds the entries `low..<high`.
  private mutating func subtree(_ low: Int, _ high: Int) -> (key: KeyNibbles, hash: Hash256)? {
    let first = entries[low]
    if high - low == 1 {
      switch first.content {
      case .leaf(let value):
        return (first.key, value.withUnsafeBytes { hasher.leaf(first.key, $0) })
      case .subtree(let hash): return (first.key, hash)
      case .value(_, let leafHash):
        guard let leafHash else {
          lonelyValue = first.key
          return nil
        }
        return (first.key, leafHash)
      }
    }
    let key = first.key.commonPrefix(with: entries[high - 1].key)
    guard let hash = inner(low, high, key: key) else { return nil }
    return (key, hash)
  }

  /// The hash of the inner node at `key` over the entries `low..<high`.
  private mutating func inner(_ low: Int, _ high: Int, key: KeyNibbles) -> Hash256? {
    var low = low
    var ownHash: Hash256?
    if low < high, entries[low].key == key {
      switch entries[low].content {
      case .leaf(let value): ownHash = Blake2b256.hash(value)
      case .value(let hash, _): ownHash = hash
      case .subtree: return nil
      }
      low += 1
    }
    // Children are finished first: the hasher holds one preimage at a time.
    var children: [(key: KeyNibbles, hash: Hash256)] = []
    while low < high {
      let slot = entries[low].key[key.count]
      var end = low + 1
      while end < high, entries[end].key[key.count] == slot { end += 1 }
      guard let child = subtree(low, end) else { return nil }
      children.append(child)
      low = end
    }
    if let ownHash { hasher.begin(key, hybrid: ownHash) } else { hasher.begin(key) }
    var slot = 0
    for child in children {
      while slot < child.key[key.count] {
        hasher.emptyChild()
        slot += 1
      }
      hasher.child(child.key, depth: key.count, child.hash)
      slot += 1
    }
    while slot < StateTrieLimits.childrenMax {
      hasher.emptyChild()
      slot += 1
    }
    return hasher.finish()
  }
}
