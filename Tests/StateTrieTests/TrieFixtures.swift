import Primitives
import StateTrie
import TestSupport

/// The data sets of `tries.json`, by name.
struct ReferenceData {
  struct DataSet {
    let items: [TrieItem]
    let root: Hash256
    let counts: [Int]
    let digest: Hash256

    func trie() throws -> StateTrie {
      let trie = StateTrie()
      for item in items { try trie.put(item.key, item.value) }
      return trie
    }
  }

  let sets: [String: DataSet]
  let names: [String]
  let sequences: [JSONValue]

  init() throws {
    let file = try VectorFile.load("tries")
    var sets: [String: DataSet] = [:]
    for set in file["datasets"].array {
      sets[set["name"].text] = DataSet(
        items: set["items"].array.map { TrieItem(key: $0[0].key, value: $0[1].hexBytes) },
        root: set["root"].hash,
        counts: ["branches", "hybrids", "leaves"].map { set[$0].integer },
        digest: set["digest"].hash)
    }
    self.sets = sets
    names = file["datasets"].array.map { $0["name"].text }
    sequences = file["sequences"].array
  }

  subscript(name: String) -> DataSet { sets[name]! }
}

extension StateTrie {
  /// All held items in key order, of a trie that is not in a store.
  var items: [TrieItem] {
    var items: [TrieItem] = []
    try! forEachItem {
      items.append($0)
      return true
    }
    return items
  }

  /// BLAKE2b-256 over the wire forms of all held items, as the vector files define it.
  var digest: Hash256 { Blake2b256.hash(items.flatMap(\.wireBytes)) }
}
