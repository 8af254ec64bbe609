import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct ProofVectorTests {
  @Test func proofs_shouldBeTheReferenceBytes() throws {
    let reference = try ReferenceData()
    let proofs = try VectorFile.load("proofs")["proofs"].array
    if VectorFile.isShipped { #expect(proofs.count > 50) }
    var tries: [String: StateTrie] = [:]
    for vector in proofs {
      let name = vector["dataset"].text
      if tries[name] == nil { tries[name] = try reference[name].trie() }
      let keys = vector["keys"].array.map(\.key)
      let proof = try #require(tries[name]).proof(of: keys)
      let place = "\(name) \(keys)"
      #expect(proof.nodes.map(\.key) == vector["nodes"].array.map(\.key), "\(place)")
      #expect(
        proof.missingProvenBy.map { [$0.key, $0.provenBy] }
          == vector["missing_proven_by"].array.map { [$0[0].key, $0[1].key] }, "\(place)")
      let bytes = proof.wireBytes
      #expect(bytes.count == vector["length"].integer, "\(place)")
      #expect(Blake2b256.hash(bytes) == vector["hash"].hash, "\(place)")
      if let wire = vector.optional("proof")?.hexBytes { #expect(bytes == wire, "\(place)") }
      #expect(try TrieProof(wireBytes: bytes) == proof, "\(place)")
      // What the reference proves we accept; and an absent key that extends a leaf, which it
      // cannot.
      let answers = try proof.verify(root: vector["root"].hash, keys: keys)
      for key in keys {
        let value = try #require(tries[name]).lookup(key)
        #expect(answers[key] == .some(value.value), "\(place) \(key)")
      }
    }
  }

  @Test func tamperedProofs_shouldBeJudgedLikeTheReferenceJudges() throws {
    let vectors = try VectorFile.load("proofs")["tampered"].array
    if VectorFile.isShipped { #expect(vectors.count > 300) }
    var refused = 0
    var accepted = 0
    for vector in vectors {
      let keys = vector["keys"].array.map(\.key)
      let place = "\(vector["dataset"].text) \(vector["note"].text) \(keys)"
      guard let proof = try? TrieProof(wireBytes: vector["proof"].hexBytes) else {
        // We also refuse what the reference's lax decoder takes; see `wire`.
        refused += 1
        #expect(vector.optional("verify_values")?.optional("ok") == nil, "\(place)")
        continue
      }
      let answers = try? proof.verify(root: vector["root"].hash, keys: keys)
      let expected = vector.optional("verify_values")?.optional("ok")
      if let expected {
        accepted += 1
        let pairs = expected.array.map { ($0[0].key, $0[1].isNull ? nil : $0[1].hexBytes) }
        #expect(answers == Dictionary(uniqueKeysWithValues: pairs), "\(place)")
      } else {
        refused += answers == nil ? 1 : 0
        // The reference counts answers where we look at keys, so asking twice is no fault here.
        let asksTwice = Set(keys).count < keys.count
        #expect(answers == nil || asksTwice, "\(place)")
      }
    }
    print("tampered proofs: \(accepted) accepted, \(refused) refused")
    if VectorFile.isShipped { #expect(accepted > 0 && refused > 100) }
  }

  @Test func wire_shouldBeReadLikeTheReferenceReads_exceptWhereItIsLax() throws {
    let vectors = try VectorFile.load("proofs")["wire"].array
    if VectorFile.isShipped { #expect(vectors.count > 10) }
    for vector in vectors {
      let bytes = vector["bytes"].hexBytes
      let decoded = try? TrieProof(wireBytes: bytes)
      let isCanonical = vector.optional("reencoded").map { $0.hexBytes == bytes } ?? false
      #expect((decoded != nil) == isCanonical, "\(vector["note"].text)")
      if let decoded { #expect(decoded.wireBytes == bytes) }
    }
  }
}

extension TrieLookup {
  /// The value, or nil for an absent key.
  var value: [UInt8]? {
    if case .present(let value) = self { return value }
    return nil
  }
}
