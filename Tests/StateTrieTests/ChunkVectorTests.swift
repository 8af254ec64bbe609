import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct ChunkVectorTests {
  let reference: ReferenceData
  let file: JSONValue

  init() throws {
    reference = try ReferenceData()
    file = try VectorFile.load("chunks")
  }

  @Test func sequences_shouldBeTheReferenceBytesAndFillATrie() throws {
    if VectorFile.isShipped { #expect(file["sequences"].array.count > 50) }
    for sequence in file["sequences"].array {
      let name = sequence["dataset"].text
      let twin = try reference[name].trie()
      let root = sequence["root"].hash
      let partial = StateTrie(missing: .all)
      #expect(partial.rootHash() == nil)
      for vector in sequence["chunks"].array {
        let start = vector["start"].key
        let place = "\(name) limit \(sequence["limit"].integer) start \(start)"
        let chunk = try twin.chunk(from: start, limit: sequence["limit"].integer)
        let bytes = chunk.wireBytes
        #expect(bytes.count == vector["length"].integer, "\(place)")
        #expect(Blake2b256.hash(bytes) == vector["hash"].hash, "\(place)")
        if let wire = vector.optional("chunk")?.hexBytes { #expect(bytes == wire, "\(place)") }
        #expect(chunk.items.count == vector["items"].integer, "\(place)")
        #expect(chunk.end == vector.optional("end")?.key, "\(place)")
        #expect(try TrieChunk(wireBytes: bytes) == chunk, "\(place)")
        partial.apply(try partial.verify(chunk, from: start, stateRoot: root))
        #expect(partial.missing.first == chunk.end, "\(place)")
        #expect(partial.rootHash() == root, "\(place)")
        expectState(partial, vector["after"], place)
        #expect(partial.brokenInvariants() == [], "\(place)")
      }
      #expect(partial.isComplete)
      #expect(partial.items == twin.items)
    }
  }

  /// `after` = branches, hybrids, leaves, items; the reference counts stumps as children only.
  private func expectState(_ trie: StateTrie, _ after: JSONValue, _ place: String) {
    let statistics = trie.statistics()
    #expect(
      [statistics.branches, statistics.hybrids, statistics.leaves, trie.itemCount]
        == after.array.map(\.integer), "\(place)")
  }

  @Test func arbitraryChunks_shouldBeTheReferenceBytes() throws {
    if VectorFile.isShipped { #expect(file["arbitrary"].array.count > 100) }
    for vector in file["arbitrary"].array {
      let name = vector["dataset"].text
      let twin = try reference[name].trie()
      let chunk = try twin.chunk(from: vector["start"].key, limit: vector["limit"].integer)
      let place = "\(name) \(vector["start"].key) limit \(vector["limit"].integer)"
      #expect(chunk.end == vector.optional("end")?.key, "\(place)")
      #expect(chunk.items.map(\.key) == vector["item_keys"].array.map(\.key), "\(place)")
      #expect(
        chunk.proof.nodes.map(\.key) == vector["proof_nodes"].array.map(\.key), "\(place)")
      #expect(Blake2b256.hash(chunk.wireBytes) == vector["hash"].hash, "\(place)")
    }
  }

  @Test func invalidChunks_shouldBeJudgedLikeTheReferenceJudges() throws {
    var refused = 0
    var applied = 0
    if VectorFile.isShipped { #expect(file["invalid"].array.count > 5) }
    for group in file["invalid"].array {
      let twin = try reference[group["dataset"].text].trie()
      let root = group["root"].hash
      for vector in group["cases"].array {
        let place = "\(group["dataset"].text) \(group["setup"]) \(vector["note"].text)"
        let partial = StateTrie(missing: .all)
        for step in group["setup"].array {
          let chunk = try twin.chunk(from: step[0].key, limit: step[1].integer)
          partial.apply(try partial.verify(chunk, from: step[0].key, stateRoot: root))
        }
        let before = (partial.missing, partial.items)
        let verified = Result {
          try partial.verify(
            TrieChunk(wireBytes: vector["chunk"].hexBytes), from: vector["start"].key,
            stateRoot: vector["expected_hash"].hash)
        }
        guard case .success(let chunk) = verified else {
          refused += 1
          #expect(partial.missing == before.0 && partial.items == before.1, "\(place)")
          #expect(vector["result"] != .text("applied"), "\(place): \(verified)")
          continue
        }
        partial.apply(chunk)
        applied += 1
        #expect(partial.rootHash() == root, "\(place)")
        #expect(partial.brokenInvariants() == [], "\(place)")
        for item in twin.items where !partial.missing.contains(item.key) {
          #expect(try partial.lookup(item.key) == .present(item.value), "\(place)")
        }
        if vector["result"] == .text("ignored") {
          // A set of ranges may start filling anywhere; the reference only at one place.
          continue
        }
        #expect(vector["result"] == .text("applied"), "\(place)")
        let after = vector["after"]
        #expect(partial.missing.first == after.optional("missing")?.key, "\(place)")
        #expect(partial.digest == after["digest"].hash, "\(place)")
        // Needless proof nodes let us know smaller subtrees than the reference keeps.
        if vector["note"].text.hasSuffix("of the one after") { continue }
        expectState(
          partial, .array(["branches", "hybrids", "leaves", "items"].map { after[$0] }), place)
      }
    }
    print("invalid chunks: \(refused) refused, \(applied) applied")
    if VectorFile.isShipped { #expect(refused > 300 && applied > 50) }
  }

  @Test func aChunk_shouldBeIgnored_whenTheTrieIsComplete() throws {
    let vector = file["on_complete"]
    let twin = try reference[vector["dataset"].text].trie()
    let chunk = try twin.chunk(from: vector["start"].key, limit: vector["limit"].integer)
    #expect(throws: ChunkError.startNotMissing) {
      try twin.verify(chunk, from: vector["start"].key, stateRoot: twin.rootHash()!)
    }
  }

  @Test func items_shouldBeTheReferenceBytes() throws {
    for vector in file["item_wire"].array {
      let item = TrieItem(key: vector["key"].key, value: vector["value"].hexBytes)
      #expect(item.wireBytes == vector["item"].hexBytes)
      #expect(try TrieItem(wireBytes: item.wireBytes) == item)
    }
  }
}
