import Primitives

extension StateTrie {
  /// Bytes of the working set, long values counted too high rather than too low.
  var workingSetBytes: Int {
    arena.nodeBytes + (backing?.longValueBytes ?? 0)
  }

  /// Lets go of the deepest nodes until half of the budget is left, if the working set is above it.
  /// Only what is saved, held in whole and of known hash may leave the memory.
  func evict() {
    guard let backing, workingSetBytes > backing.budget else { return }
    let levels = measure(backing)
    guard workingSetBytes > backing.budget else { return }
    // Below the last level that is kept, a terminal stays for each node.
    var kept = 0
    var bytes = 0
    while kept < levels.count {
      bytes += levels[kept].bytes
      let below = kept + 1 < levels.count ? levels[kept + 1].nodes : 0
      guard bytes + below * TrieArena.terminalBytes <= backing.budget / 2 else { break }
      kept += 1
    }
    collapse(TrieArena.root, level: 0, keeping: kept)
    _ = measure(backing)
  }

  /// The nodes of one level and their bytes.
  private struct Level {
    var nodes = 0
    var bytes = 0
  }

  /// Adds up the nodes by level, the root's children first, and the bytes of long values.
  private func measure(_ backing: TrieBacking) -> [Level] {
    var levels: [Level] = []
    backing.longValueBytes = 0
    measure(TrieArena.root, level: 0, &levels, backing)
    return levels
  }

  private func measure(
    _ ref: NodeRef, level: Int, _ levels: inout [Level], _ backing: TrieBacking
  ) {
    if levels.count <= level { levels.append(Level()) }
    let node = arena.inners + ref.index
    if node.pointee.own != .none {
      backing.count(valueBytes: arena.terminal(node.pointee.own.index).value.count)
    }
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = node.pointee.children[slot]
      guard child != .none else { continue }
      levels[level].nodes += 1
      if child.isTerminal {
        let bytes = arena.terminal(child.index).value.count
        backing.count(valueBytes: bytes)
        levels[level].bytes +=
          TrieArena.terminalBytes + (bytes > TrieBacking.shortValueBytes ? bytes : 0)
      } else {
        levels[level].bytes += TrieArena.innerBytes
        measure(child, level: level + 1, &levels, backing)
      }
    }
  }

  /// Replaces the children of levels from `keeping` on by what the store knows of them.
  private func collapse(_ ref: NodeRef, level: Int, keeping: Int) {
    for slot in 0..<StateTrieLimits.childrenMax {
      let child = arena.inners[ref.index].children[slot]
      guard child != .none else { continue }
      guard level >= keeping, let stored = storedForm(of: child) else {
        if !child.isTerminal { collapse(child, level: level + 1, keeping: keeping) }
        continue
      }
      arena.inners[ref.index].children[slot] = stored
      freeSubtree(child)
    }
  }

  /// The terminal that may stand for a node that is in the store, or nil if it has to stay.
  private func storedForm(of ref: NodeRef) -> NodeRef? {
    if ref.isTerminal {
      let terminal = arena.terminal(ref.index)
      guard terminal.pointee.kind == .leaf, !terminal.pointee.isDirty else { return nil }
    } else if arena.inners[ref.index].isDirty {
      return nil
    }
    let key = arena.key(of: ref)
    guard !missing.intersects(KeyRange(subtree: key)) else { return nil }
    let stored = arena.makeTerminal(
      key: key, kind: ref.isTerminal ? .storedLeaf : .storedNode,
      value: UnsafeRawBufferPointer(start: nil, count: 0), hash: hash(of: ref))
    arena.terminal(stored.index).pointee.isUnsaved = false
    return stored
  }

  private func freeSubtree(_ ref: NodeRef) {
    if !ref.isTerminal {
      let node = arena.inners[ref.index]
      if node.own != .none { arena.free(node.own) }
      for slot in 0..<StateTrieLimits.childrenMax where node.children[slot] != .none {
        freeSubtree(node.children[slot])
      }
    }
    arena.free(ref)
  }
}
