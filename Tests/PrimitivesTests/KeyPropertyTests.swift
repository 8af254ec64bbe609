import Primitives
import TestSupport
import Testing

/// Keys compared with a plain array of nibbles.
@Suite struct KeyPropertyTests {
  private struct Model: Equatable, Comparable {
    var nibbles: [Int]

    static func < (a: Model, b: Model) -> Bool { a.nibbles.lexicographicallyPrecedes(b.nibbles) }

    var key: KeyNibbles {
      var key = KeyNibbles()
      for nibble in nibbles { key.append(nibble) }
      return key
    }

    /// A key that often shares its beginning with `other` and often ends at an edge.
    static func random(_ random: inout SeededGenerator, near other: Model) -> Model {
      let lengths = [0, 1, 2, 15, 16, 17, 31, 32, 33, 40, 125, 126, random.below(127)]
      let length = lengths[random.below(lengths.count)]
      let shared = random.chance(50) ? random.below(min(length, other.nibbles.count) + 1) : 0
      let rest = (shared..<length).map { _ in [0, 15, random.below(16)][random.below(3)] }
      return Model(nibbles: other.nibbles.prefix(shared) + rest)
    }
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func key_shouldBehaveLikeAnArray(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var other = Model(nibbles: [])
    for _ in 0..<3_000 {
      let model = Model.random(&random, near: other)
      expectSameParts(model, at: random.below(140), random.below(140), seed)
      expectSamePairs(model, other, seed)
      other = model
    }
  }

  private func expectSameParts(_ model: Model, at start: Int, _ end: Int, _ seed: UInt64) {
    let key = model.key
    let nibbles = model.nibbles
    let count = nibbles.count
    let padded = nibbles + (count % 2 == 1 ? [0] : [])
    let bytes = stride(from: 0, to: padded.count, by: 2).map {
      UInt8(padded[$0] << 4 | padded[$0 + 1])
    }
    var end2: KeyNibbles?
    if let last = nibbles.lastIndex(where: { $0 != 15 }) {
      end2 = Model(nibbles: nibbles[..<last] + [nibbles[last] + 1]).key
    }
    let from = min(start, count)
    let checks: [Bool] = [
      key.count == count, key.isEmpty == nibbles.isEmpty, key.byteCount == bytes.count,
      key.bytes == bytes, (0..<count).allSatisfy { key[$0] == nibbles[$0] },
      key.prefix(start) == Model(nibbles: Array(nibbles.prefix(start))).key,
      key.suffix(from: start) == Model(nibbles: Array(nibbles.dropFirst(start))).key,
      key.slice(start, end)
        == Model(nibbles: Array(nibbles[from..<max(from, min(end, count))])).key,
      key.subtreeEnd == end2, KeyNibbles(key.hex) == key, key.hex.utf8.count == count,
      key.successor == (count < 126 ? Model(nibbles: nibbles + [0]).key : nil),
      (try? KeyNibbles(wireBytes: key.wireBytes)) == key,
      count % 2 == 1 || KeyNibbles(bytes: bytes) == key,
    ]
    if let failed = checks.firstIndex(of: false) {
      Issue.record("seed \(seed): check \(failed) of \(key), \(start), \(end)")
    }
  }

  private func expectSamePairs(_ a: Model, _ b: Model, _ seed: UInt64) {
    let (x, y) = (a.key, b.key)
    let common = zip(a.nibbles, b.nibbles).prefix { $0 == $1 }.count
    let sum = a.nibbles + b.nibbles
    let subtree = x.subtreeEnd
    let checks: [Bool] = [
      (x < y) == (a < b), (x == y) == (a == b), (y < x) == (b < a),
      x != y || x.hashValue == y.hashValue,
      x.commonPrefixLength(with: y) == common,
      x.commonPrefix(with: y) == Model(nibbles: Array(a.nibbles.prefix(common))).key,
      x.isPrefix(of: y) == (common == a.nibbles.count),
      x.appending(y) == (sum.count <= 126 ? Model(nibbles: sum).key : nil),
      // The subtree of a key is exactly the range from it to its end.
      x.isPrefix(of: y) == (x <= y && (subtree == nil || y < subtree!)),
      x.precedesInPostOrder(y)
        == (x != y && (y.isPrefix(of: x) || (!x.isPrefix(of: y) && a < b))),
    ]
    if let failed = checks.firstIndex(of: false) {
      Issue.record("seed \(seed): check \(failed) of \(x), \(y)")
    }
  }
}
