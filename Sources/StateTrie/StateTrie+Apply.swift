import Primitives

extension StateTrie {
  /// Takes a verified chunk in: its items become held as far as they were missing, and what its
  /// proof tells of the rest replaces what was known before. Returns the number of items added.
  ///
  /// The trie must be at the block whose state root the chunk was checked against.
  @discardableResult
  public func apply(_ chunk: VerifiedChunk) -> Int {
    touch()
    let before = missing
    missing.remove(chunk.range)
    var stillUncharted = KeyRangeSet.none
    var known = KeyRange.all
    for range in unopened(by: chunk) {
      known.end = range.start
      clearFrontier(in: known, of: before)
      for part in uncharted.intersection(range) { stillUncharted.insert(part) }
      guard let end = range.end else {
        known.end = known.start
        break
      }
      known = KeyRange(start: end, end: nil)
    }
    clearFrontier(in: known, of: before)
    uncharted = stillUncharted
    let added = insertItems(of: chunk, missingBefore: before)
    for entry in chunk.outside where missing.contains(entry.range) { insertFrontier(entry) }
    return added
  }

  /// Inserts the items of `chunk` that were missing; returns how many.
  private func insertItems(of chunk: VerifiedChunk, missingBefore before: KeyRangeSet) -> Int {
    let itemsBefore = itemCount
    if before.contains(chunk.range) {
      for slot in chunk.nodes.tops { insertSubtree(slot, of: chunk) }
    } else {
      for (item, hash) in zip(chunk.items, chunk.nodes.hashes[chunk.nodes.firstItem...])
      where before.contains(item.key) {
        insertLeaf(item.key, item.value, hash: hash)
      }
    }
    return itemCount - itemsBefore
  }

  /// Puts a whole subtree of a chunk in its place, with the hashes that checking the chunk has
  /// computed.
  private func insertSubtree(_ slot: Int, of chunk: VerifiedChunk) {
    let nodes = chunk.nodes
    guard slot >= nodes.firstInner else {
      let item = chunk.items[slot - nodes.firstItem]
      insertLeaf(item.key, item.value, hash: nodes.hashes[slot])
      return
    }
    let top = nodes.inners[slot - nodes.firstInner]
    let key = chunk.items[top.keySlot - nodes.firstItem].key.prefix(top.depth)
    let place = descend(to: key)
    guard place.isFree(for: key) else {
      // Something stands there already, so the subtree cannot be put in as a whole.
      if let own = top.own { insertSubtree(own, of: chunk) }
      for child in nodes.children[top.children] { insertSubtree(child, of: chunk) }
      return
    }
    put(build(slot, of: chunk), at: key, place)
  }

  /// Makes the nodes of a subtree of a chunk, leaves first, and counts its leaves in.
  private func build(_ slot: Int, of chunk: borrowing VerifiedChunk) -> NodeRef {
    guard slot >= chunk.nodes.firstInner else {
      return buildLeaf(slot, of: chunk, hash: chunk.nodes.hashes[slot])
    }
    let inner = chunk.nodes.inners[slot - chunk.nodes.firstInner]
    let key = chunk.items[inner.keySlot - chunk.nodes.firstItem].key
    let ref = arena.makeInner(key: key.prefix(inner.depth))
    var own = NodeRef.none
    if let slot = inner.own { own = buildLeaf(slot, of: chunk, hash: inner.ownHash) }
    var children = InlineArray<16, NodeRef>(repeating: .none)
    for index in inner.children {
      let child = chunk.nodes.children[index]
      let built = build(child, of: chunk)
      children[arena.packedKey(of: built).nibble(inner.depth)] = built
    }
    let node = arena.inners + ref.index
    node.pointee.own = own
    node.pointee.children = children
    node.pointee.childCount = UInt8(inner.children.count)
    node.pointee.hash = chunk.nodes.hashes[slot]
    node.pointee.markHashed()
    return ref
  }

  private func buildLeaf(
    _ slot: Int, of chunk: borrowing VerifiedChunk, hash: Hash256
  ) -> NodeRef {
    itemCount += 1
    let index = slot - chunk.nodes.firstItem
    return chunk.items[index].value.withUnsafeBytes {
      arena.makeTerminal(key: chunk.items[index].key, kind: .leaf, value: $0, hash: hash)
    }
  }

  /// The subtrees, in key order, of whose missing parts the chunk says nothing new: those that hold
  /// both held and missing keys, or were taken from what is held.
  private func unopened(by chunk: VerifiedChunk) -> [KeyRange] {
    let mixed = chunk.outside.filter {
      !$0.isValue && missing.intersects($0.range) && !missing.contains($0.range)
    }
    return (mixed.map(\.range) + chunk.takenFromHeld).sorted { $0.start < $1.start }
  }

  /// Removes the stumps and sealed values in the missing parts of `range`.
  private func clearFrontier(in range: KeyRange, of missing: KeyRangeSet) {
    guard !range.isEmpty else { return }
    for part in missing.intersection(range) {
      for entry in frontier(in: part) { removeEntry(entry.key) }
    }
  }

  /// The stumps and sealed values with keys in `range`, in key order.
  func frontier(in range: KeyRange) -> [FrontierEntry] {
    var entries: [FrontierEntry] = []
    _ = walk(TrieArena.root, range) { index in
      let terminal = arena.terminal(index)
      if terminal.pointee.kind != .leaf {
        entries.append(FrontierEntry(terminal))
      }
      return true
    }
    return entries
  }
}
