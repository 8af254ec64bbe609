import MerkleTree
import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct DiffTests {
  typealias Model = [KeyNibbles: [UInt8]]

  func randomModel(_ generator: inout SeededGenerator) -> Model {
    var model: Model = [:]
    for _ in 0..<generator.below(30) {
      model[KeyNibbles(bytes: generator.bytes(1 + generator.below(2)))] = generator.bytes(3)
    }
    return model
  }

  func difference(_ old: Model, _ new: Model) throws -> TrieDiff {
    try TrieDiff(
      entries: Set(old.keys).union(new.keys).sorted()
        .map { TrieDiff.Entry(key: $0, old: old[$0], new: new[$0]) }
        .filter { $0.old != $0.new })
  }

  @Test func diffs_shouldComposeAndInvert_likeDifferencesOfDictionaries() throws {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<300 {
      let (a, b, c) = (
        randomModel(&generator), randomModel(&generator), randomModel(&generator)
      )
      let ab = try difference(a, b)
      let bc = try difference(b, c)
      #expect(try ab.composed(with: bc) == difference(a, c))
      #expect(try ab.inverted() == difference(b, a))
      #expect(try ab.composed(with: ab.inverted()) == .empty)
      #expect(ab.inverted().inverted() == ab)
      #expect(try TrieDiff(wireBytes: ab.wireBytes) == ab)
    }
  }

  @Test func composing_shouldBeRefused_whenTheValuesDoNotFollow() throws {
    let key = KeyNibbles("ab")!
    let first = try TrieDiff(entries: [.init(key: key, old: nil, new: [1])])
    let second = try TrieDiff(entries: [.init(key: key, old: [2], new: [3])])
    #expect(throws: DiffError.doesNotFollow(key)) { try first.composed(with: second) }
  }

  @Test func root_shouldCommitToEveryPartOfEveryEntry() throws {
    let entries: [TrieDiff.Entry] = [
      .init(key: KeyNibbles("01")!, old: [1], new: [2]),
      .init(key: KeyNibbles("02")!, old: nil, new: []),
      .init(key: KeyNibbles("03")!, old: [3], new: nil),
    ]
    let diff = try TrieDiff(entries: entries)
    #expect(diff.root == MerkleTree.root(of: entries.map(\.wireBytes)))
    #expect(TrieDiff.empty.root == Blake2b256.hash([UInt8]()))
    var variants: [[TrieDiff.Entry]] = [Array(entries.dropLast()), Array(entries.dropFirst())]
    for index in entries.indices {
      var changed = entries
      changed[index].old = [9]
      variants.append(changed)
      changed = entries
      changed[index].new = [9]
      variants.append(changed)
    }
    var roots: Set<Hash256> = [diff.root]
    for variant in variants { roots.insert(try TrieDiff(entries: variant).root) }
    #expect(roots.count == variants.count + 1)
  }

  @Test func entries_shouldBeRefused_whenUnsortedOrWithoutChange() throws {
    let a = TrieDiff.Entry(key: KeyNibbles("01")!, old: [1], new: [2])
    let b = TrieDiff.Entry(key: KeyNibbles("02")!, old: [1], new: [2])
    #expect(throws: DiffError.notSorted(a.key)) { try TrieDiff(entries: [b, a]) }
    #expect(throws: DiffError.notSorted(a.key)) { try TrieDiff(entries: [a, a]) }
    #expect(throws: DiffError.noChange(a.key)) {
      try TrieDiff(entries: [.init(key: a.key, old: [1], new: [1])])
    }
    #expect(throws: DiffError.noChange(a.key)) {
      try TrieDiff(entries: [.init(key: a.key, old: nil, new: nil)])
    }
    #expect(throws: DiffError.value(.rootValue)) {
      try TrieDiff(entries: [.init(key: .empty, old: nil, new: [1])])
    }
    var encoder = WireEncoder()
    encoder.append([b, a])
    #expect(throws: WireError.self) { try TrieDiff(wireBytes: encoder.bytes) }
  }

  @Test func applying_shouldChangeNothing_whenAnOldValueDiffers() throws {
    let trie = StateTrie()
    try trie.put(KeyNibbles("01")!, [1])
    try trie.put(KeyNibbles("02")!, [2])
    let root = trie.rootHash()
    for (key, old, new) in [
      ("02", [UInt8]?.some([9]), [UInt8]?.some([3])), ("02", nil, [3]), ("03", [1], nil),
      ("02", [9], nil),
    ] {
      let diff = try TrieDiff(entries: [
        .init(key: KeyNibbles("01")!, old: [1], new: [7]),
        .init(key: KeyNibbles(key)!, old: old, new: new),
      ])
      #expect(throws: TrieError.oldValueDiffers(KeyNibbles(key)!)) { try trie.apply(diff) }
      #expect(trie.rootHash() == root)
      #expect(trie.items.map(\.value) == [[1], [2]])
    }
  }
}
