import Primitives

/// The dirty nodes below one node, ordered for hashing: all leaves first, then the inner nodes from
/// the deepest level up. Nodes of one level do not depend on each other.
struct DirtyNodes {
  private(set) var leaves: [Int] = []
  private(set) var levels: [[NodeRef]] = []
  private var count = 0

  /// True if it is time to hash what is listed.
  @inline(__always)
  var isFull: Bool { count >= StateTrieLimits.dirtyNodesMax }

  @inline(__always)
  mutating func add(leaf index: Int) {
    leaves.append(index)
    count += 1
  }

  mutating func add(_ ref: NodeRef, level: Int) {
    while levels.count <= level { levels.append([]) }
    levels[level].append(ref)
    count += 1
  }

  mutating func removeAll() {
    count = 0
    leaves.removeAll(keepingCapacity: true)
    for level in levels.indices { levels[level].removeAll(keepingCapacity: true) }
  }
}

extension StateTrie {
  /// How many nodes ahead memory is asked for: about as many as the processor can wait for at once.
  private static let prefetchDistance = 8

  /// The state root, or nil while the hash of some missing subtree is not known.
  ///
  /// Only what changed since the last call is hashed.
  public func rootHash() -> Hash256? {
    guard uncharted.isEmpty, refresh(TrieArena.root) else { return nil }
    return arena.inners[TrieArena.root.index].hash
  }

  /// Makes the hashes of a node and all below it current. False if one of them cannot be known: a
  /// sealed value without children would need its value.
  func refresh(_ ref: NodeRef) -> Bool {
    if !ref.isTerminal, !arena.inners[ref.index].isDirty { return true }
    dirty.removeAll()
    let isKnown = collectDirty(ref, level: 0, into: &dirty)
    hash(dirty, with: &hasher)
    return isKnown
  }

  /// Hashes the listed nodes.
  private func hash(_ dirty: borrowing DirtyNodes, with hasher: inout NodeHasher) {
    dirty.leaves.withUnsafeBufferPointer { leaves in
      for position in leaves.indices {
        let next = position + Self.prefetchDistance
        if next < leaves.count { arena.prefetchLeaf(leaves[next]) }
        let leaf = arena.terminal(leaves[position])
        hasher.leaf(leaf.key, leaf.value, into: leaf.hashAddress)
        leaf.pointee.isDirty = false
      }
    }
    hasher.flush()
    for level in dirty.levels.reversed() {
      level.withUnsafeBufferPointer { level in
        for position in level.indices {
          prefetch(ahead: position, in: level)
          hash(level[position], with: &hasher)
        }
      }
      hasher.flush()
    }
  }

  /// Lists what has to be hashed below a node; false if a hash there cannot be known. Nodes above
  /// such a place are left dirty.
  private func collectDirty(_ ref: NodeRef, level: Int, into dirty: inout DirtyNodes) -> Bool {
    if ref.isTerminal {
      let terminal = arena.terminal(ref.index)
      switch terminal.pointee.kind {
      case .stump: return true
      case .storedLeaf, .storedNode: return terminal.pointee.hash != .zero
      case .sealedValue: return terminal.sealedLeafHash != nil
      case .leaf:
        if terminal.pointee.isDirty { dirty.add(leaf: ref.index) }
        return true
      }
    }
    let node = arena.inners + ref.index
    if !node.pointee.isDirty { return true }
    var slots = node.pointee.dirtySlots
    while slots != 0 {
      let child = node.pointee.children[slots.trailingZeroBitCount]
      slots &= slots &- 1
      if child == .none { continue }
      arena.prefetch(child)
      if !child.isTerminal { arena.prefetchChildren(child) }
    }
    var isKnown = true
    slots = node.pointee.dirtySlots
    while slots != 0 {
      let child = node.pointee.children[slots.trailingZeroBitCount]
      slots &= slots &- 1
      if child != .none, !collectDirty(child, level: level + 1, into: &dirty) { isKnown = false }
    }
    guard isKnown else { return false }
    if dirty.isFull {
      // All that is listed lies before this node, so nothing waits for it.
      hash(dirty, with: &hasher)
      dirty.removeAll()
    }
    dirty.add(ref, level: level)
    return true
  }

  /// Asks for the children of a node further on in the list.
  @inline(__always)
  private func prefetch(ahead position: Int, in list: UnsafeBufferPointer<NodeRef>) {
    let next = position + Self.prefetchDistance / 2
    guard next < list.count else { return }
    let node = arena.inners + list[next].index
    for slot in 0..<StateTrieLimits.childrenMax where node.pointee.children[slot] != .none {
      arena.prefetch(node.pointee.children[slot])
    }
    let farther = position + Self.prefetchDistance
    guard farther < list.count else { return }
    arena.prefetch(list[farther])
    arena.prefetchChildren(list[farther])
  }

  /// Hashes an inner node whose children are current.
  private func hash(_ ref: NodeRef, with hasher: inout NodeHasher) {
    let node = arena.inners + ref.index
    let depth = node.pointee.depth
    var writer = hasher.open()
    if node.pointee.own == .none {
      writer.begin(node.pointee.key)
    } else {
      writer.begin(node.pointee.key, hybrid: ownValueHash(node.pointee.own.index))
    }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      if child == .none {
        writer.emptyChild()
      } else if !child.isTerminal {
        let inner = arena.inners + child.index
        writer.child(inner.pointee.packedKey, depth: depth, inner.pointee.hash)
      } else {
        writer.child(arena.terminal(child.index).packedKey, depth: depth, hash(of: child))
      }
    }
    hasher.finish(writer, into: node.hashAddress)
    node.pointee.markHashed()
  }

  /// The hash of the value of a hybrid, whose terminal is at `index`.
  func ownValueHash(_ index: Int) -> Hash256 {
    let terminal = arena.terminal(index)
    if terminal.pointee.isDirty {
      terminal.pointee.hash = Blake2b256.hash(terminal.value)
      terminal.pointee.isDirty = false
    }
    return terminal.pointee.hash
  }

  /// The hash of a refreshed node.
  func hash(of ref: NodeRef) -> Hash256 {
    guard ref.isTerminal else { return arena.inners[ref.index].hash }
    let terminal = arena.terminal(ref.index)
    if terminal.pointee.kind == .leaf { return terminal.pointee.hash }
    return terminal.sealedLeafHash ?? terminal.pointee.hash
  }
}

extension UnsafeMutablePointer where Pointee == InnerNode {
  /// Where the node's hash is.
  var hashAddress: UnsafeMutablePointer<Hash256> {
    (UnsafeMutableRawPointer(self) + MemoryLayout<InnerNode>.offset(of: \.hash)!)
      .assumingMemoryBound(to: Hash256.self)
  }
}

extension UnsafeMutablePointer where Pointee == TerminalNode {
  /// Where the node's hash is.
  var hashAddress: UnsafeMutablePointer<Hash256> {
    (UnsafeMutableRawPointer(self) + MemoryLayout<TerminalNode>.offset(of: \.hash)!)
      .assumingMemoryBound(to: Hash256.self)
  }
}
