import Primitives

extension StateTrie {
  /// Brings the nodes on the paths to `count` keys closer, at most `StateTrieLimits.pathsAtOnce`.
  /// The paths are walked side by side, one step of each at a time, so that the waits for their
  /// memory overlap. Changes nothing.
  @inline(__always)
  func prefetchPaths(_ count: Int, key: (Int) -> KeyNibbles) {
    // Each key is read once: reading it out of an element may cost more than a step.
    var keys = InlineArray<16, KeyNibbles>(repeating: .empty)
    precondition(count <= keys.count, "\(count) paths at once")
    for path in 0..<count { keys[path] = key(path) }
    var refs = InlineArray<16, NodeRef>(repeating: TrieArena.root)
    var isMoving = true
    while isMoving {
      isMoving = false
      for path in 0..<count where refs[path] != .none {
        refs[path] = prefetchStep(from: refs[path], towards: keys[path])
        isMoving = isMoving || refs[path] != .none
      }
    }
  }

  /// Asks for the child on the way to `key` and returns it, or none where there is no inner node.
  /// Edges are not compared: a wrong way costs nothing but time.
  @inline(__always)
  private func prefetchStep(from ref: NodeRef, towards key: KeyNibbles) -> NodeRef {
    let node = arena.inners + ref.index
    let depth = node.pointee.depth
    guard depth < key.count else { return .none }
    let child = node.pointee.children[key[depth]]
    guard child != .none else { return .none }
    if child.isTerminal {
      arena.prefetchLeaf(child.index)
      return .none
    }
    arena.prefetch(child)
    arena.prefetchChildren(child)
    return child
  }

  /// Hands all of `elements` to `body` in order, a few at a time after their paths have been asked
  /// for.
  func forEach<Element>(
    _ elements: [Element], key: (Element) -> KeyNibbles,
    _ body: (Element) throws(TrieError) -> Void
  ) throws(TrieError) {
    var start = 0
    while start < elements.count {
      let end = min(start + StateTrieLimits.pathsAtOnce, elements.count)
      prefetchPaths(end - start) { key(elements[start + $0]) }
      for index in start..<end { try body(elements[index]) }
      start = end
    }
  }
}
