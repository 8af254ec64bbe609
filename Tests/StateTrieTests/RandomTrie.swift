import Primitives
import StateTrie
import TestSupport

/// A complete trie with random keys beside a dictionary of them, and more random things of its
/// style.
struct RandomTrie {
  private static let removalPercent = 45

  let style: KeyStyle
  var generator: SeededGenerator
  let trie = StateTrie()
  /// What `trie` holds.
  var model: [KeyNibbles: [UInt8]] = [:]
  private let keys: KeyMaker

  init(style: KeyStyle, seed: UInt64) throws {
    self.style = style
    generator = SeededGenerator(seed: seed)
    keys = KeyMaker(style: style, using: &generator)
    for _ in 0..<generator.below(style == .addresses ? 120 : 40) {
      let (key, value) = (randomKey(), randomValue())
      model[key] = value
      try trie.put(key, value)
    }
  }

  mutating func randomKey() -> KeyNibbles {
    keys.key(using: &generator)
  }

  /// Values are short, or about as long as a node holds.
  mutating func randomValue() -> [UInt8] {
    generator.bytes(generator.chance(10) ? 60 + generator.below(10) : generator.below(12))
  }

  mutating func randomRange() -> KeyRange {
    let start = generator.chance(20) ? .empty : randomKey()
    if generator.chance(20) { return KeyRange(start: start, end: nil) }
    if generator.chance(30) { return KeyRange(subtree: start.prefix(1 + generator.below(3))) }
    return KeyRange(start: start, end: randomKey())
  }

  /// A diff that fits `model`.
  mutating func randomDiff() throws -> TrieDiff {
    var entries: [KeyNibbles: TrieDiff.Entry] = [:]
    let present = model.keys.sorted()
    for _ in 0...generator.below(6) {
      if generator.chance(Self.removalPercent), !present.isEmpty {
        let key = present[generator.below(present.count)]
        entries[key] = .init(key: key, old: model[key], new: nil)
      } else {
        let key =
          generator.chance(40) && !present.isEmpty
          ? present[generator.below(present.count)] : randomKey()
        let value = randomValue()
        entries[key] =
          value == model[key] ? nil : .init(key: key, old: model[key], new: value)
      }
    }
    return try TrieDiff(entries: entries.values.sorted { $0.key < $1.key })
  }
}
