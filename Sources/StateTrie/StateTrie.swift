import Primitives

/// What the trie knows of one key.
public enum TrieLookup: Equatable, Sendable {
  /// The key is held with this value.
  case present([UInt8])
  /// The key is held to be absent.
  case absent
  /// The key lies in a missing range.
  case missing
}

/// The account trie: a Merkle radix trie over 4-bit digits that may hold only part of its keys.
///
/// *Held* keys are those outside `missing`. The hash of the whole trie is known as long as the hash
/// of every missing subtree is: verified chunks bring those hashes along (as *stumps*), and a diff
/// that touches a missing key takes away what is no longer true (the place becomes *uncharted*).
/// Stumps are entries of the trie like leaves, so its shape is always a function of its entries,
/// and nothing is patched in place. Byte-compatible with Nimiq Albatross.
///
/// Not thread-safe: the owner guards it.
public final class StateTrie {
  // A trie is one thread's at a time, and nothing that changes these calls back into it: checking
  // each access while the program runs would take a fifth of the time of taking in a diff.
  @exclusivity(unchecked) var arena: TrieArena
  @exclusivity(unchecked) var hasher = NodeHasher()
  /// Kept between refreshes for its memory.
  @exclusivity(unchecked) var dirty = DirtyNodes()
  /// The key ranges whose leaves are not held.
  public internal(set) var missing: KeyRangeSet
  /// The part of `missing` about whose present content nothing is known.
  package internal(set) var uncharted: KeyRangeSet
  /// Number of held keys.
  public internal(set) var itemCount = 0
  /// Names the present content; a receipt restores exactly only on top of what it left behind.
  var serial: UInt64 = 0
  var nextSerial: UInt64 = 1
  /// The store the trie is kept in, if any; the nodes in memory are then its working set.
  let backing: TrieBacking?

  /// A complete trie with no keys.
  public init() {
    arena = TrieArena()
    missing = .none
    uncharted = .none
    backing = nil
  }

  /// A trie that holds nothing: all keys of `missing` are unknown, all others absent.
  public init(missing: KeyRangeSet) {
    arena = TrieArena()
    self.missing = missing
    uncharted = missing
    backing = nil
  }

  /// A trie of which nothing is in memory yet.
  init(backing: TrieBacking) {
    arena = TrieArena()
    missing = .none
    uncharted = .none
    self.backing = backing
  }

  private init(copying other: StateTrie) {
    precondition(other.backing == nil, "a trie in a store cannot be copied")
    backing = nil
    arena = TrieArena(copying: other.arena)
    missing = other.missing
    uncharted = other.uncharted
    itemCount = other.itemCount
    serial = other.serial
    nextSerial = other.nextSerial
  }

  /// An independent copy; takes time and memory in proportion to the trie, which must not be kept
  /// in a store.
  public func copy() -> StateTrie {
    StateTrie(copying: self)
  }

  /// True if no key is missing.
  public var isComplete: Bool { missing.isEmpty }

  /// True if `rootHash()` can be told now: every missing subtree's hash is known.
  public var isCharted: Bool { uncharted.isEmpty }

  /// What is known of `key`. Throws `storage` and `damaged`.
  public func lookup(_ key: KeyNibbles) throws(TrieError) -> TrieLookup {
    if missing.contains(key) { return .missing }
    if backing != nil { try load(key) }
    guard let index = leafIndex(of: key) else { return .absent }
    return .present(Array(arena.terminal(index).value))
  }

  /// True if `key` is held with the value `value` (nil = is held to be absent): what `lookup`
  /// tells, without a copy. Throws `storage` and `damaged`.
  public func has(_ key: KeyNibbles, _ value: [UInt8]?) throws(TrieError) -> Bool {
    if missing.contains(key) { return false }
    if backing != nil { try load(key) }
    return holds(key, value)
  }

  /// Sets the value of a held key. Throws `missing`, `rootValue` or `valueTooLong`; then nothing
  /// has changed.
  public func put(_ key: KeyNibbles, _ value: [UInt8]) throws(TrieError) {
    if missing.contains(key) { throw .missing(key) }
    try Self.check(key, value)
    if backing != nil { try load(key) }
    touch()
    insertLeaf(key, value)
  }

  /// Sets the values of many held keys, which is faster than one by one; of a key that is there
  /// twice the last. Throws `missing`, `rootValue` or `valueTooLong`; then nothing has changed.
  public func put(_ items: [TrieItem]) throws(TrieError) {
    for item in items {
      if missing.contains(item.key) { throw .missing(item.key) }
      try Self.check(item.key, item.value)
    }
    try load(items.lazy.map(\.key))
    touch()
    try forEach(items, key: \.key) { item in insertLeaf(item.key, item.value) }
  }

  /// Removes a held key; false if it was absent. Throws `missing`.
  @discardableResult
  public func remove(_ key: KeyNibbles) throws(TrieError) -> Bool {
    if missing.contains(key) { throw .missing(key) }
    if backing != nil { try load(key) }
    guard leafIndex(of: key) != nil else { return false }
    touch()
    removeEntry(key)
    return true
  }

  /// A key that may have a value, and a value of legal length.
  static func check(_ key: KeyNibbles, _ value: [UInt8]) throws(TrieError) {
    if key.isEmpty { throw .rootValue }
    if value.count > StateTrieLimits.valueBytesMax {
      throw .valueTooLong(key, bytes: value.count)
    }
  }

  /// Marks the content as changed by something other than the latest diff.
  func touch() {
    serial = nextSerial
    nextSerial += 1
  }

  /// Index of the terminal that holds `key`, or nil.
  func leafIndex(of key: KeyNibbles) -> Int? {
    var ref = TrieArena.root
    while true {
      let node = arena.inners + ref.index
      let depth = node.pointee.depth
      if key.count == depth {
        let own = node.pointee.own
        guard own != .none, arena.terminal(own.index).pointee.kind == .leaf else { return nil }
        return own.index
      }
      let child = node.pointee.children[key[depth]]
      if child == .none { return nil }
      if child.isTerminal {
        let terminal = arena.terminal(child.index)
        return terminal.pointee.kind == .leaf && terminal.packedKey.isEqual(to: key)
          ? child.index : nil
      }
      guard arena.inners[child.index].packedKey.isPrefix(of: key) else { return nil }
      ref = child
    }
  }
}
