import Primitives

extension StateTrie {
  /// The items from `start` on, at most `limit` and none at or above `end`, with a proof. Of items
  /// with more than `bytesMax` bytes in wire form only those that fit are given, but always one.
  ///
  /// The chunk's end is `end` if everything before it fits. Otherwise it is one nibble longer than
  /// what the last item's node shares with the first item left out (reference form), and nil if
  /// nothing follows. A partial trie serves what it holds: with both edges proven, the chunk stops
  /// where a missing range starts; else a missing range in the chunk throws `missing`. Throws
  /// `rootUnknown` while there is no root to prove against, `limitTooLarge` outside
  /// 0…`StateTrieLimits.chunkItemsMax`, and `emptyRange`.
  public func chunk(
    from start: KeyNibbles, to end: KeyNibbles? = nil, limit: Int, edges: ChunkEdges = .last,
    bytesMax: Int = .max
  ) throws(TrieError) -> TrieChunk {
    try reading { () throws(TrieError) in
      try makeChunk(from: start, to: end, limit: limit, edges: edges, bytesMax: bytesMax)
    }
  }

  private func makeChunk(
    from start: KeyNibbles, to end: KeyNibbles?, limit: Int, edges: ChunkEdges, bytesMax: Int
  ) throws(TrieError) -> TrieChunk {
    guard (0...StateTrieLimits.chunkItemsMax).contains(limit) else { throw .limitTooLarge(limit) }
    if let range = missing.range(containing: start) { throw .missing(start, in: range) }
    var range = KeyRange(start: start, end: end)
    if range.isEmpty { throw .emptyRange(range) }
    guard rootHash() != nil else { throw .rootUnknown }
    let gap = missing.intersection(range).first.flatMap { missing.range(containing: $0.start) }
    if let gap { range.end = gap.start }

    var items: [TrieItem] = []
    var bytes = 0
    var next: KeyNibbles?
    try forEachItem(in: KeyRange(start: start, end: nil)) { item in
      // The length of a value takes three bytes at most.
      let more = item.key.byteCount + 2 + item.value.count + 3
      guard items.count < limit, items.isEmpty || bytes + more <= bytesMax,
        item.key.isBelow(range.end)
      else {
        next = item.key
        return false
      }
      bytes += more
      items.append(item)
      return true
    }
    var edge = items.last?.key
    if edge == nil { edge = try lastKey(below: start) }
    try load([edge ?? start, start])
    let edgePath = edge.map(path(to:)) ?? [(.empty, TrieArena.root)]
    var chunkEnd = range.end
    if let next, next.isBelow(range.end) {
      let shared = edgePath[edgePath.count - 1].key.commonPrefixLength(with: next)
      chunkEnd = next.prefix(shared + 1)
      #if MUTANTS
        if Mutant.isOn(.endKeyOffByOne) { chunkEnd = next.successor }
      #endif
    } else if edges == .last, let gap {
      throw .missing(gap.start, in: gap)
    }
    if let chunkEnd { try load(chunkEnd) }
    var refs: [KeyNibbles: NodeRef] = [:]
    for step in edgePath { refs[step.key] = step.ref }
    // Nodes whose subtree reaches over an edge are shown, so that nothing inside stays hidden.
    var bounds = edges == .both ? [start] : []
    if let chunkEnd { bounds.append(chunkEnd) }
    for bound in bounds {
      for step in path(to: bound) where step.key.count < bound.count {
        refs[step.key] = step.ref
      }
    }
    let nodes = refs.keys.sorted { $0.precedesInPostOrder($1) }
      .map { proofNode(refs[$0]!, withValue: $0 == edge) }
    return TrieChunk(end: chunkEnd, items: items, proof: TrieProof(nodes: nodes))
  }
}
