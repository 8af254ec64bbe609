import Primitives
import StateTrie
import TestSupport

/// A small complete trie with what is true about it.
struct FuzzWorld: @unchecked Sendable {
  /// Read only: the fuzzer runs one input after another, and every change is made on a copy.
  let trie: StateTrie
  let items: [TrieItem]
  let root: Hash256
  var keys: [KeyNibbles] { items.map(\.key) }

  private init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    trie = StateTrie()
    for _ in 0..<(seed == 0 ? 0 : 1 + generator.below(30)) {
      var key = KeyNibbles.empty
      if seed % 2 == 0 {
        key = KeyNibbles(bytes: [UInt8(generator.below(3))] + generator.bytes(19))
      } else {
        for _ in 0...generator.below(6) { key.append([0, 3, 15][generator.below(3)]) }
      }
      // Neither empty keys nor long values are made here.
      try! trie.put(key, generator.bytes(generator.below(4)))
    }
    var items: [TrieItem] = []
    try! trie.forEachItem {
      items.append($0)
      return true
    }
    self.items = items
    root = trie.rootHash()!
  }

  static let all: [FuzzWorld] = (0..<16).map(FuzzWorld.init)

  /// The world that the input chooses, on a trie of its own.
  static func chosen(by source: inout FuzzSource) -> (FuzzWorld, StateTrie) {
    let world = all[source.below(all.count)]
    return (world, world.trie.copy())
  }

  func truth(in range: KeyRange) -> [TrieItem] {
    items.filter { range.contains($0.key) }
  }

  func value(of key: KeyNibbles) -> [UInt8]? {
    items.first { $0.key == key }?.value
  }
}

/// Decisions of many kinds, for targets that make their input out of honest parts.
func decisionSeeds() -> [[UInt8]] {
  (0..<UInt64(24)).map { seed in
    var generator = SeededGenerator(seed: seed)
    return generator.bytes(8 + generator.below(56))
  }
}
