import Primitives
import StateTrie
import TestSupport
import Testing

/// What a proof must not get away with.
@Suite struct ProofTests {
  let trie = StateTrie()
  let root: Hash256
  let present: [KeyNibbles]
  let absent = [KeyNibbles("00")!, KeyNibbles("ffffffffff")!]

  init() throws {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<60 { try trie.put(KeyNibbles(bytes: generator.bytes(4)), generator.bytes(5)) }
    root = trie.rootHash()!
    present = [5, 17, 40].map { [trie] in trie.items[$0].key }
  }

  func reason(_ proof: TrieProof, _ keys: [KeyNibbles]) -> String {
    do {
      _ = try proof.verify(root: root, keys: keys)
      return "accepted"
    } catch { return error.reason }
  }

  @Test func anHonestProof_shouldAnswerForEveryKey() throws {
    let keys = present + absent
    let answers = try trie.proof(of: keys).verify(root: root, keys: keys)
    for key in keys { #expect(try answers[key] == .some(trie.lookup(key).value)) }
  }

  @Test func proof_shouldBeRefused_whenItHoldsAValueNobodyAskedFor() throws {
    let proof = try trie.proof(of: present)
    #expect(reason(proof, Array(present.dropLast())) == "proof_unasked_value")
  }

  @Test func proof_shouldBeRefused_whenItDoesNotAnswerForAKey() throws {
    let proof = try trie.proof(of: present)
    #expect(reason(proof, present + absent) == "proof_unanswered")
  }

  @Test func proof_shouldBeRefused_whenANodeIsOnNoPath() throws {
    let proof = try trie.proof(of: absent + [present[0].prefix(1).appending(0)])
    #expect(reason(proof, absent) == "proof_unused_node")
  }

  @Test func proof_shouldBeRefused_whenAPresentKeyIsCalledAbsent() throws {
    var proof = try trie.proof(of: present)
    let leaf = proof.nodes.firstIndex { $0.key == present[0] }!
    proof.nodes.remove(at: leaf)
    let parent = proof.nodes[leaf...].first { $0.key.isPrefix(of: present[0]) }!.key
    proof.missingProvenBy = [.init(key: present[0], provenBy: parent)]
    #expect(reason(proof, present) == "proof_not_absent")
  }

  /// Each node is checked against its parent's entry, whichever of its bytes is false.
  @Test func proof_shouldBeRefused_whenAnyNodeIsNotWhatItsParentSays() throws {
    let proof = try trie.proof(of: present)
    for (index, node) in proof.nodes.enumerated() {
      let expected = node.key.isEmpty ? "proof_root_mismatch" : "proof_child_mismatch"
      if case .leaf(let value) = node.value {
        var forged = proof
        forged.nodes[index].value = .leaf(value + [1])
        #expect(reason(forged, present) == expected, "\(node.key)")
      }
      for slot in 0..<16 {
        var forged = proof
        guard let child = node.children[slot], !isListed(node.key, child, proof) else { continue }
        forged.nodes[index].children[slot]?.hash = Blake2b256.hash(child.hash.bytes)
        #expect(reason(forged, present) == expected, "\(node.key) slot \(slot)")
        forged.nodes[index].children[slot] = nil
        #expect(reason(forged, present) == expected, "\(node.key) without \(slot)")
      }
    }
  }

  /// True if the child's own node is in the proof.
  private func isListed(_ parent: KeyNibbles, _ child: ProofChild, _ proof: TrieProof) -> Bool {
    proof.nodes.contains { $0.key == parent.appending(child.suffix) }
  }

  @Test func proof_shouldBeRefused_whenItIsOfAnotherKey() throws {
    for (own, other) in zip(present, present.dropFirst() + present.prefix(1)) {
      #expect(reason(try trie.proof(of: [own]), [other]) == "proof_unasked_value")
      #expect(reason(try trie.proof(of: []), [other]) != "accepted")
      var silent = try trie.proof(of: [own])
      silent.nodes.removeAll { $0.key == own }
      #expect(reason(silent, [other]) != "accepted")
    }
  }

  @Test func proof_shouldBeRefused_underAnotherRoot() throws {
    let proof = try trie.proof(of: present)
    #expect(throws: ProofError.self) {
      try proof.verify(root: Blake2b256.hash(root.bytes), keys: present)
    }
  }

  @Test func anAbsentKey_shouldBeProvenByTheLeafItExtends() throws {
    let key = present[0].appending(7)
    let proof = try trie.proof(of: [key])
    #expect(proof.missingProvenBy == [.init(key: key, provenBy: present[0])])
    #expect(try proof.verify(root: root, keys: [key]) == [key: nil])
  }

  @Test func aLargeProof_shouldBeCheckedInReasonableTime() throws {
    // Every key against every node would be hundreds of millions of comparisons.
    let large = StateTrie()
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<20_000 { try large.put(KeyNibbles(bytes: generator.bytes(6)), [1]) }
    let keys = large.items.map(\.key)
    let proof = try large.proof(of: keys)
    #expect(try proof.verify(root: large.rootHash()!, keys: keys).count == keys.count)
  }
}
