import Primitives

/// Counts of a trie's entries in memory, in the reference's terms.
public struct TrieStatistics: Equatable, Sendable {
  /// Inner nodes without a value, the root not counted.
  public var branches = 0
  /// Inner nodes with a value.
  public var hybrids = 0
  /// Held keys without children.
  public var leaves = 0
  /// Missing subtrees with a known hash.
  public var stumps = 0
}

extension StateTrie {
  /// Counts the nodes that are in memory.
  public func statistics() -> TrieStatistics {
    var statistics = TrieStatistics()
    count(TrieArena.root, &statistics)
    return statistics
  }

  private func count(_ ref: NodeRef, _ statistics: inout TrieStatistics) {
    if ref.isTerminal {
      switch arena.terminal(ref.index).pointee.kind {
      case .leaf: statistics.leaves += 1
      case .stump: statistics.stumps += 1
      case .sealedValue, .storedLeaf, .storedNode: break
      }
      return
    }
    let node = arena.inners + ref.index
    if ref != TrieArena.root {
      if node.pointee.own == .none { statistics.branches += 1 } else { statistics.hybrids += 1 }
    }
    for slot in 0..<StateTrieLimits.childrenMax where node.pointee.children[slot] != .none {
      count(node.pointee.children[slot], &statistics)
    }
  }

  /// Walks the whole trie and describes every broken invariant; empty if all hold.
  ///
  /// Checked: shape (prefixes, slots, no needless node), counters, held keys outside and frontier
  /// entries inside the missing ranges, no entry inside a missing subtree, and that every hash that
  /// is not marked dirty is right.
  public func brokenInvariants() -> [String] {
    var problems: [String] = []
    var leaves = 0
    inspect(TrieArena.root, parent: nil, &leaves, &problems)
    if leaves != itemCount { problems.append("\(leaves) leaves but itemCount \(itemCount)") }
    for part in uncharted.ranges where !missing.contains(part) {
      problems.append("uncharted \(part) is not missing")
    }
    return problems
  }

  private func inspect(
    _ ref: NodeRef, parent: (key: KeyNibbles, slot: Int)?, _ leaves: inout Int,
    _ problems: inout [String]
  ) {
    let key = arena.key(of: ref)
    if let parent {
      if !(parent.key.isPrefix(of: key) && key.count > parent.key.count) {
        problems.append("\(key) hangs under \(parent.key)")
      } else if key[parent.key.count] != parent.slot {
        problems.append("\(key) hangs in slot \(parent.slot)")
      }
    }
    if ref.isTerminal {
      inspectTerminal(ref.index, isOwn: false, &leaves, &problems)
      return
    }
    let node = arena.inners[ref.index]
    var children = 0
    var isClean = true
    for slot in 0..<StateTrieLimits.childrenMax where node.children[slot] != .none {
      let child = node.children[slot]
      children += 1
      let isChildDirty =
        child.isTerminal
        ? arena.terminal(child.index).pointee.isDirty : arena.inners[child.index].isDirty
      if isChildDirty {
        isClean = false
        if node.dirtySlots & 1 << slot == 0 { problems.append("\(key) overlooks slot \(slot)") }
      }
      inspect(child, parent: (key, slot), &leaves, &problems)
    }
    if children != Int(node.childCount) { problems.append("\(key) counts \(node.childCount)") }
    if node.own != .none {
      if arena.key(of: node.own) != key { problems.append("\(key) owns another key's value") }
      inspectTerminal(node.own.index, isOwn: true, &leaves, &problems)
    }
    if ref != TrieArena.root, children + (node.own == .none ? 0 : 1) < 2 {
      problems.append("\(key) is needless: \(children) children, own \(node.own != .none)")
    }
    if !node.isDirty {
      if !isClean { problems.append("\(key) is clean above a dirty child") }
      if proofNode(ref, withValue: false).hash != node.hash {
        problems.append("\(key): wrong hash")
      }
    }
  }

  private func inspectTerminal(
    _ index: Int, isOwn: Bool, _ leaves: inout Int, _ problems: inout [String]
  ) {
    let terminal = arena.terminal(index)
    let key = terminal.key
    switch terminal.pointee.kind {
    case .leaf:
      leaves += 1
      if missing.contains(key) { problems.append("leaf \(key) lies in a missing range") }
      guard !terminal.pointee.isDirty else { return }
      let right =
        isOwn ? Blake2b256.hash(terminal.value) : hasher.leaf(key, terminal.value)
      if right != terminal.pointee.hash { problems.append("leaf \(key): wrong hash") }
    case .stump:
      if isOwn { problems.append("stump \(key) as a value") }
      if !missing.contains(KeyRange(subtree: key)) {
        problems.append("stump \(key) lies outside the missing ranges")
      }
    case .storedLeaf, .storedNode:
      if isOwn { problems.append("stored \(key) as a value") }
      if missing.intersects(KeyRange(subtree: key)) {
        problems.append("stored \(key) is not held in whole")
      }
      do {
        leaves += try reading { () throws(TrieError) in try storedItemCount(below: key) }
      } catch {
        problems.append("stored \(key): \(error)")
      }
    case .sealedValue:
      if !missing.contains(key) { problems.append("sealed value \(key) is not missing") }
    }
  }
}
