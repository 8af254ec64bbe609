import Primitives
import StateTrie
import TestSupport
import Testing

/// The trie against data produced by the reference implementation.
@Suite struct TrieVectorTests {
  @Test func nodes_shouldHashLikeTheReference() throws {
    let nodes = try VectorFile.load("node_hash")["nodes"].array
    if VectorFile.isShipped { #expect(nodes.count > 50) }
    for vector in nodes {
      let note = vector["note"].text
      var children = [ProofChild?](repeating: nil, count: 16)
      for child in vector["children"].array {
        children[child[0].integer] = ProofChild(suffix: child[1].key, hash: child[2].hash)
      }
      let hasChildren = children.contains { $0 != nil }
      let value = vector.optional("value")?.hexBytes
      let full: ProofValue =
        value.map { hasChildren ? .hybrid($0) : .leaf($0) } ?? .none
      let node = ProofNode(key: vector["key"].key, value: full, children: children)
      #expect(node.hash == vector["hash"].hash, "\(note)")
      var short = node
      if case .hybrid(let bytes) = full {
        short.value = .hybridHash(Blake2b256.hash(bytes))
        #expect(short.hash == node.hash, "\(note)")
        #expect(Blake2b256.hash(bytes) == vector.optional("value_hash")?.hash, "\(note)")
      }
      if let wire = vector.optional("proof_node")?.hexBytes {
        #expect(short.wireBytes == wire, "\(note)")
        #expect(try ProofNode(wireBytes: wire) == short, "\(note)")
      }
      if let wire = vector.optional("proof_node_with_value")?.hexBytes {
        #expect(node.wireBytes == wire, "\(note)")
        #expect(try ProofNode(wireBytes: wire) == node, "\(note)")
      }
    }
  }

  @Test func dataSets_shouldGiveTheReferenceRootsAndShapes() throws {
    let reference = try ReferenceData()
    if VectorFile.isShipped { #expect(reference.names.count > 10) }
    var generator = SeededGenerator(seed: 1)
    for name in reference.names {
      let set = reference[name]
      for order in [set.items, set.items.reversed(), set.items.shuffled(using: &generator)] {
        let trie = StateTrie()
        for item in order { try trie.put(item.key, item.value) }
        #expect(trie.rootHash() == set.root, "\(name)")
        #expect(trie.itemCount == set.items.count)
        let statistics = trie.statistics()
        #expect(
          [statistics.branches, statistics.hybrids, statistics.leaves] == set.counts, "\(name)")
        #expect(trie.digest == set.digest, "\(name)")
        #expect(trie.brokenInvariants() == [])
      }
    }
  }

  @Test func sequences_shouldGiveTheReferenceRootAfterEachStep() throws {
    let reference = try ReferenceData()
    if VectorFile.isShipped { #expect(reference.sequences.count > 3) }
    for sequence in reference.sequences {
      let trie = try reference[sequence["base"].text].trie()
      #expect(trie.rootHash() == sequence["start_root"].hash)
      for (index, step) in sequence["ops"].array.enumerated() {
        if step[0].text == "put" {
          try trie.put(step[1].key, step[2].hexBytes)
        } else {
          try trie.remove(step[1].key)
        }
        let place = "\(sequence["name"].text) step \(index)"
        #expect(trie.rootHash() == step[3].hash, "\(place)")
        let statistics = trie.statistics()
        #expect(
          [statistics.branches, statistics.hybrids, statistics.leaves]
            == (4...6).map { step[$0].integer }, "\(place)")
      }
      #expect(trie.brokenInvariants() == [])
    }
  }
}
