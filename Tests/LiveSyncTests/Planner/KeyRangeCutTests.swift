import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct KeyRangeCutTests {
  /// A random range: short and long keys, some that share a long prefix, some without end.
  static func range(_ random: inout SeededGenerator) -> KeyRange {
    let prefix = KeyNibbles(bytes: random.bytes(random.below(12)))
    let low = prefix.appending(KeyNibbles(bytes: random.bytes(1 + random.below(6))))!
    if random.chance(20) { return KeyRange(start: low, end: nil) }
    let high = prefix.appending(KeyNibbles(bytes: random.bytes(1 + random.below(6))))!
    return low < high ? KeyRange(start: low, end: high) : KeyRange(start: high, end: low)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func cuts_shouldLieInsideAndInOrder(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let range = Self.range(&random)
      if range.isEmpty { continue }
      var last = range.start
      for part in UInt64(1)..<8 {
        guard let key = range.cut(part, of: 8) else { continue }
        #expect(range.contains(key) && key >= last, "seed \(seed) \(range) at \(part)")
        last = key
      }
      let half = range.beginning(0.5)
      #expect(half.start == range.start && range.contains(half), "seed \(seed) \(range)")
      if range.share > 1e-9 {
        #expect(abs(half.share - range.share / 2) < range.share * 1e-3, "seed \(seed) \(range)")
      }
    }
  }

  @Test func wholeKeySpace_shouldHaveShareOne_andFallIntoEqualParts() {
    #expect(KeyRange.all.share == 1)
    #expect(KeyRange.all.cut(1, of: 16) == KeyNibbles("1"))
    #expect(KeyRange.all.cut(5, of: 8) == KeyNibbles("a"))
    #expect(KeyRange.all.beginning(1) == .all)
  }

  @Test func cluster_shouldBeCutBelowItsSharedPrefix() {
    let prefix = String(repeating: "ab", count: 12)
    let range = KeyRange(start: KeyNibbles(prefix + "00")!, end: KeyNibbles(prefix + "10")!)
    #expect(range.share == 0)
    #expect(range.cut(1, of: 2) == KeyNibbles(prefix + "08"))
  }

  @Test func narrowRange_shouldStayWhole() {
    let key = KeyNibbles(String(repeating: "7", count: PrimitiveLimits.keyNibblesMax))!
    #expect(KeyRange(start: key, end: nil).share < 1)
    let one = KeyRange(start: KeyNibbles("5")!, end: KeyNibbles("50")!)
    #expect(one.cut(1, of: 2) == nil)
    #expect(one.beginning(0.1) == one)
  }
}
