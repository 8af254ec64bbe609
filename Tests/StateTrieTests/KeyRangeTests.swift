import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct KeyRangeTests {
  /// All keys of up to three digits out of three, as a plain model of the key space.
  static let universe: [KeyNibbles] = {
    var keys = [KeyNibbles.empty]
    var last = keys
    for _ in 0..<3 {
      last = last.flatMap { key in [0, 7, 15].map { key.appending($0) } }
      keys += last
    }
    return keys.sorted()
  }()

  @Test func aRangeSet_shouldBehaveLikeASetOfKeys() throws {
    var generator = SeededGenerator(seed: 42)
    let universe = Self.universe
    for _ in 0..<300 {
      var set = KeyRangeSet()
      var model = Set<KeyNibbles>()
      for _ in 0..<12 {
        let start = universe[generator.below(universe.count)]
        let end = generator.chance(20) ? nil : universe[generator.below(universe.count)]
        let range = KeyRange(start: start, end: end)
        let keys = universe.filter(range.contains)
        #expect(range.isEmpty == keys.isEmpty)
        if generator.chance(60) {
          set.insert(range)
          model.formUnion(keys)
        } else {
          set.remove(range)
          model.subtract(keys)
        }
        #expect(universe.filter(set.contains) == model.sorted())
        let probe = KeyRange(
          start: universe[generator.below(universe.count)],
          end: universe[generator.below(universe.count)])
        let inside = universe.filter(probe.contains)
        #expect(set.intersects(probe) == inside.contains(where: model.contains))
        #expect(set.contains(probe) == inside.allSatisfy(model.contains))
        #expect(
          set.intersection(probe).flatMap { universe.filter($0.contains) }
            == inside.filter(model.contains))
        for (left, right) in zip(set.ranges, set.ranges.dropFirst()) {
          #expect(left.end! < right.start)
        }
        #expect(try KeyRangeSet(wireBytes: set.wireBytes) == set)
      }
    }
  }

  @Test func decoding_shouldRefuseRangesThatTouchOrOverlapOrAreEmpty() throws {
    let a = KeyNibbles("1")!
    let b = KeyNibbles("2")!
    let c = KeyNibbles("3")!
    let touching = [KeyRange(start: a, end: b), KeyRange(start: b, end: c)]
    let overlapping = [KeyRange(start: a, end: c), KeyRange(start: b, end: c)]
    for list in [touching, overlapping, touching.reversed()] {
      var encoder = WireEncoder()
      encoder.append(list)
      #expect(throws: WireError.self) { try KeyRangeSet(wireBytes: encoder.bytes) }
    }
    #expect(throws: WireError.self) {
      try KeyRange(wireBytes: KeyRange(start: b, end: a).wireBytes)
    }
  }
}
