import Primitives
import StateTrie

extension FuzzTarget {
  /// A chunk that is accepted says exactly what is true of its range; a trie that takes it never
  /// tells a wrong root.
  static let chunkVerification = FuzzTarget("chunk-verify", seeds: decisionSeeds) { input in
    var source = FuzzSource(input)
    let (world, twin) = FuzzWorld.chosen(by: &source)
    let partial = try partialTrie(of: twin, world, &source)
    let edges: ChunkEdges = source.below(2) == 0 ? .both : .last
    let wanted = source.key(near: world.keys)
    let start = partial.missing.contains(wanted) ? wanted : partial.missing.first ?? wanted
    let bound = source.below(2) == 0 ? nil : source.key(near: world.keys)
    let end = bound.flatMap { $0 > start ? $0 : nil }
    var chunk = try twin.chunk(
      from: start, to: edges == .both ? end : nil, limit: source.below(12), edges: edges)
    for _ in 0..<source.below(5) { chunk.change(by: &source, keys: world.keys) }
    if let alone = try? chunk.verify(from: start, edges: edges, stateRoot: world.root) {
      try demand(alone.range == KeyRange(start: start, end: chunk.end), "another range is proven")
      try demand(
        alone.items == world.truth(in: alone.range), "a lie was taken on its own: \(chunk)")
    }
    guard
      let verified = try? partial.verify(chunk, from: start, edges: edges, stateRoot: world.root)
    else { return }
    try demand(
      verified.items == world.truth(in: verified.range), "a lie was taken by a trie: \(chunk)")
    let missing = partial.missing
    partial.apply(verified)
    try check(partial, against: world, missing: missing, without: verified.range)
    try check(partial, isFilledFrom: twin, world)
  }

  /// A copy of the trie without some ranges, in some of which blocks have changed keys and back.
  private static func partialTrie(
    of twin: StateTrie, _ world: FuzzWorld, _ source: inout FuzzSource
  ) throws -> StateTrie {
    if source.below(4) == 0 { return StateTrie(missing: .all) }
    let partial = twin.copy()
    for _ in 0...source.below(3) {
      let start = source.key(near: world.keys)
      let end = source.below(3) == 0 ? nil : source.key(near: world.keys)
      try partial.forget(KeyRange(start: start, end: end))
    }
    for _ in 0..<source.below(3) {
      let key = source.key(near: world.keys)
      if key.isEmpty { continue }
      let old = world.value(of: key)
      let diff = try TrieDiff(entries: [.init(key: key, old: old, new: (old ?? []) + [7])])
      try partial.apply(diff)
      try partial.apply(diff.inverted())
    }
    return partial
  }

  private static func check(
    _ trie: StateTrie, against world: FuzzWorld, missing: KeyRangeSet, without range: KeyRange
  ) throws {
    var expected = missing
    expected.remove(range)
    try demand(trie.missing == expected, "missing \(trie.missing), expected \(expected)")
    let broken = trie.brokenInvariants()
    try demand(broken.isEmpty, "\(broken)")
    var held: [TrieItem] = []
    try trie.forEachItem {
      held.append($0)
      return true
    }
    try demand(held == world.items.filter { !expected.contains($0.key) }, "held items are wrong")
    let root = trie.rootHash()
    try demand(root == nil || root == world.root, "a known root is wrong")
  }

  /// Whatever harmless thing was taken, honest chunks then fill the trie.
  private static func check(
    _ trie: StateTrie, isFilledFrom twin: StateTrie, _ world: FuzzWorld
  ) throws {
    while let start = trie.missing.first {
      let chunk = try twin.chunk(from: start, limit: 9, edges: .both)
      trie.apply(try trie.verify(chunk, from: start, edges: .both, stateRoot: world.root))
    }
    try demand(trie.rootHash() == world.root, "the filled trie has another root")
  }
}

extension TrieChunk {
  /// One change to items, end or proof.
  fileprivate mutating func change(by source: inout FuzzSource, keys: [KeyNibbles]) {
    switch source.below(12) {
    case 0 where !items.isEmpty: items.remove(at: source.below(items.count))
    case 1 where !items.isEmpty:
      items[source.below(items.count)].value.append(source.byte())
    case 2 where !items.isEmpty:
      items[source.below(items.count)].key = source.key(near: keys)
      items.sort { $0.key < $1.key }
    case 3:
      items.append(TrieItem(key: source.key(near: keys), value: source.bytes(source.below(3))))
      items.sort { $0.key < $1.key }
    case 4: end = nil
    case 5: end = source.key(near: keys)
    case 6 where !items.isEmpty:
      // Only a part, as if the chunk ended earlier.
      let count = source.below(items.count)
      end = items[count].key.prefix(1 + source.below(max(1, items[count].key.count)))
      items.removeSubrange(count...)
    case 7 where items.count > 1: items.swapAt(0, source.below(items.count))
    case 8:
      // Flip a bit of the wire form; what can no longer be read stays as it is.
      var bytes = wireBytes
      let place = (source.below(256) * 256 + source.below(256)) % bytes.count
      bytes[place] ^= 1 << UInt8(source.below(8))
      if let changed = try? TrieChunk(wireBytes: bytes) { self = changed }
    default: proof.change(by: &source, keys: keys)
    }
  }
}

extension TrieProof {
  /// One change to nodes or to the map of missing keys.
  mutating func change(by source: inout FuzzSource, keys: [KeyNibbles]) {
    guard !nodes.isEmpty else { return }
    let index = source.below(nodes.count)
    switch source.below(10) {
    case 0: nodes.remove(at: index)
    case 1: nodes.insert(nodes[index], at: source.below(nodes.count + 1))
    case 2: nodes.swapAt(index, source.below(nodes.count))
    case 3: nodes[index].key = source.key(near: keys)
    case 4 where source.below(2) == 0:
      if case .leaf(let value) = nodes[index].value {
        nodes[index].value = .leaf(value + [source.byte()])
      }
    case 4:
      nodes[index].value =
        [
          .none, .leaf(source.bytes(1)), .hybrid(source.bytes(1)), .hybridHash(.zero),
        ][source.below(4)]
    case 5:
      // As a value's full form and its hash stand for the same node.
      if case .hybrid(let value) = nodes[index].value {
        nodes[index].value = .hybridHash(Blake2b256.hash(value))
      }
    case 6:
      let slot = source.below(16)
      nodes[index].children[slot] = ProofChild(
        suffix: source.key(near: keys), hash: nodes[source.below(nodes.count)].hash)
    case 7: nodes[index].children[source.below(16)] = nil
    case 8:
      missingProvenBy.append(
        .init(key: source.key(near: keys), provenBy: nodes[index].key))
      missingProvenBy.sort { $0.key < $1.key }
    default:
      if !missingProvenBy.isEmpty {
        missingProvenBy.remove(at: source.below(missingProvenBy.count))
      }
    }
  }
}
