import MerkleTree
import Primitives
import StateTrie
import TestSupport
import Testing

/// Diffs against `diffs.json`. The reference's diffs name new values only, and its diff root is
/// over those in a tree of another shape; ours differ on purpose (Docs/StateTrie.md). What a diff
/// does to a trie is the same.
@Suite struct DiffVectorTests {
  let file: JSONValue
  let reference: ReferenceData

  init() throws {
    file = try VectorFile.load("diffs")
    reference = try ReferenceData()
  }

  @Test func encodings_shouldBeReadable_andDifferFromOursOnPurpose() throws {
    var differing = 0
    var withLeaves = 0
    let vectors = file["encoding"].array
    for vector in vectors {
      let changes = vector["entries"].array.map(Change.init)
      #expect(changes.count == vector["count"].integer)
      expectWire(changes, vector["diff"].hexBytes)
      let leaves = changes.map(\.referenceLeaf)
      if let given = vector.optional("leaf_preimages")?.array.map(\.hexBytes) {
        withLeaves += 1
        #expect(leaves == given)
        let hashes = vector["leaf_hashes"].array.map(\.hash)
        #expect(leaves.map { Blake2b256.hash($0) } == hashes)
      }
      #expect(Self.referenceRoot(leaves) == vector["tree_root"].hash)
      // Ours says the old values too: the same new values on other old ones are another diff.
      let diff = try TrieDiff(entries: changes.map(\.onEmptyTrie))
      #expect(diff.entries.map(\.key) == changes.map(\.key))
      #expect(diff.entries.map(\.new) == changes.map(\.new))
      #expect(diff.root != vector["tree_root"].hash)
      differing += 1
    }
    #expect(differing == vectors.count)
    if VectorFile.isShipped { #expect(vectors.count == 21 && withLeaves == 7) }
  }

  @Test func treeRoots_shouldBeThoseOfTheDescribedTree() {
    let vectors = file["tree_proof_strings"].array
    for vector in vectors {
      let texts = (0..<vector[0].integer).map { Array(String($0 + 1).utf8) }
      #expect(Self.referenceRoot(texts.map { [2] + $0 }) == vector[1].hash)
      #expect(MerkleTree.root(of: texts) != vector[1].hash)
    }
    if VectorFile.isShipped { #expect(vectors.count == 21) }
  }

  @Test func diffs_shouldChangeATrieLikeTheReference_andBeTakenBackExactly() throws {
    var complete = 0
    var rootKept = 0
    var restoredFurther = 0
    for vector in file["apply"].array {
      let name = vector["dataset"].text
      let limits = vector["chunk_limits"].array.map(\.integer)
      let place = "\(name) \(limits)"
      let twin = try reference[name].trie()
      let trie = limits.isEmpty ? try reference[name].trie() : StateTrie(missing: .all)
      for limit in limits {
        let start = try #require(trie.missing.first)
        let chunk = try twin.chunk(from: start, limit: limit)
        trie.apply(try trie.verify(chunk, from: start, stateRoot: twin.rootHash()!))
      }
      expectState(trie, vector["before"], place)
      let before = (trie.rootHash(), trie.missing, trie.items)
      let changes = vector["entries"].array.map(Change.init)
      expectWire(changes, vector["diff"].hexBytes)
      let diff = try TrieDiff(entries: changes.compactMap { try $0.entry(on: twin) })
      #expect(vector["result"] == .text("ok"), "\(place)")
      let receipt = try trie.apply(diff)
      try twin.apply(diff)
      #expect(twin.rootHash() == vector["complete_root_after"].hash, "\(place)")
      #expect(trie.rootHash() == nil || trie.rootHash() == twin.rootHash(), "\(place)")
      expectState(trie, vector["after"], place)
      complete += trie.isComplete ? 1 : 0
      rootKept += trie.rootHash() != nil && !trie.isComplete ? 1 : 0
      for entry in vector["revert_entries"].array where !trie.missing.contains(entry[0].key) {
        // A change to what was there before is none of ours.
        guard let ours = diff.entries.first(where: { $0.key == entry[0].key }) else { continue }
        #expect(ours.old == (entry[1].text == "put" ? entry[2].hexBytes : nil), "\(place)")
      }
      try trie.revert(receipt)
      #expect(trie.rootHash() == before.0 && trie.missing == before.1, "\(place)")
      #expect(trie.items == before.2, "\(place)")
      #expect(trie.brokenInvariants() == [], "\(place)")
      if vector["after_revert"].optional("root") == nil { restoredFurther += 1 }
      expectState(trie, vector["after_revert"], place)
    }
    print("diffs: \(complete) complete, \(rootKept) kept a root, \(restoredFurther) restored one")
    guard VectorFile.isShipped else { return }
    #expect(file["apply"].array.count == 62 && complete == 26)
    #expect(rootKept == 1 && restoredFurther == 34)
  }

  @Test func recordedChanges_shouldComposeToTheReferenceDiffs() throws {
    for vector in file["recording"].array {
      let trie = StateTrie()
      for item in vector["items"].array { try trie.put(item[0].key, item[1].hexBytes) }
      var total = TrieDiff.empty
      for step in vector["ops"].array {
        let new = step[0].text == "put" ? step[2].hexBytes : nil
        guard let entry = try Change(key: step[1].key, new: new).entry(on: trie) else { continue }
        let diff = try TrieDiff(entries: [entry])
        try trie.apply(diff)
        total = try total.composed(with: diff)
      }
      #expect(trie.rootHash() == vector["root"].hash)
      let (forward, backward) = (
        vector["forward_entries"].array.map(Change.init),
        vector["backward_entries"].array.map(Change.init)
      )
      #expect(total.entries.map { Change(key: $0.key, new: $0.new) } == forward)
      #expect(total.inverted().entries.map { Change(key: $0.key, new: $0.new) } == backward)
      expectWire(forward, vector["forward"].hexBytes)
      expectWire(backward, vector["backward"].hexBytes)
    }
    if VectorFile.isShipped { #expect(file["recording"].array.count == 4) }
  }

  /// What the reference says of one key.
  struct Change: Equatable {
    let key: KeyNibbles
    let new: [UInt8]?

    init(key: KeyNibbles, new: [UInt8]?) {
      self.key = key
      self.new = new
    }

    init(_ vector: JSONValue) {
      self.init(key: vector[0].key, new: vector[1].isNull ? nil : vector[1].hexBytes)
    }

    var onEmptyTrie: TrieDiff.Entry { .init(key: key, old: new == nil ? [] : nil, new: new) }

    /// Our entry, which also says the old value; nil if nothing changes.
    func entry(on trie: StateTrie) throws -> TrieDiff.Entry? {
      let old = try trie.lookup(key).value
      return old == new ? nil : .init(key: key, old: old, new: new)
    }

    /// What the reference hashes for this leaf.
    var referenceLeaf: [UInt8] {
      [2, UInt8(key.count)] + key.bytes + (new.map { [1] + $0 } ?? [0])
    }
  }

  /// Reads the reference's diff bytes with our decoder's parts and writes them again.
  private func expectWire(_ changes: [Change], _ bytes: [UInt8]) {
    var encoder = WireEncoder()
    encoder.append(UInt64(changes.count))
    for change in changes {
      encoder.append(change.key)
      encoder.append(optional: change.new)
    }
    #expect(encoder.bytes == bytes)
    var decoder = WireDecoder(bytes)
    let read = Result {
      let count = try decoder.count(elementBytes: 3)
      let list = try (0..<count).map { _ in
        Change(key: try decoder.value(), new: try decoder.optionalBytes())
      }
      try decoder.finish()
      return list
    }
    #expect(throws: Never.self) { try #expect(read.get() == changes) }
  }

  private func expectState(_ trie: StateTrie, _ state: JSONValue, _ place: String) {
    // The reference forgets hashes that we keep, so it may know no root where we do.
    if let root = state.optional("root")?.hash { #expect(trie.rootHash() == root, "\(place)") }
    #expect(trie.missing.first == state.optional("missing")?.key, "\(place)")
    #expect(trie.itemCount == state["items"].integer, "\(place)")
    #expect(trie.digest == state["digest"].hash, "\(place)")
  }

  /// The reference's tree: of n leaves and the next power of two p, the first 2n - p are paired on
  /// the lowest level, the others stand one level higher.
  static func referenceRoot(_ leaves: [[UInt8]]) -> Hash256 {
    var level = leaves.map { Blake2b256.hash($0) }
    guard !level.isEmpty else { return Blake2b256.hash([0]) }
    var width = 1
    while width < level.count { width *= 2 }
    let lowest = 2 * level.count - width
    level = paired(level[..<lowest]) + level[lowest...]
    while level.count > 1 { level = paired(level[...]) }
    return level[0]
  }

  private static func paired(_ hashes: ArraySlice<Hash256>) -> [Hash256] {
    stride(from: hashes.startIndex, to: hashes.endIndex, by: 2).map {
      $0 + 1 < hashes.endIndex
        ? Blake2b256.hash([1] + hashes[$0].bytes + hashes[$0 + 1].bytes) : hashes[$0]
    }
  }
}
