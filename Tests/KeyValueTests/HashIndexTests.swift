import KeyValue
import TestSupport
import Testing

@Suite struct HashIndexTests {
  /// All entries in the order of a walk that `between` interrupts.
  private func walk(_ index: inout HashIndex, _ between: (inout HashIndex) -> Void = { _ in })
    -> [(hash: UInt32, entry: UInt32)]
  {
    var found: [(UInt32, UInt32)] = []
    var cursor: UInt32? = 0
    while let hash = cursor {
      cursor = index.visit(from: hash) { found.append(($0, $1)) }
      between(&index)
    }
    return found
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func index_shouldHoldWhatAModelHolds(seed: UInt64) {
    var draw = SeededGenerator(seed: seed)
    var index = HashIndex()
    var model: [UInt32: UInt32] = [:]
    // Some worlds have hashes that lie together, so that segments are parted often.
    let mask: UInt32 = seed % 3 == 0 ? 0xfff0_0fff : .max
    for step in 0..<30_000 {
      // It grows, and shrinks, and grows again.
      let grows = step / 10_000 != 1
      if draw.chance(grows ? 75 : 15) {
        let entry = UInt32(step)
        let hash = UInt32(truncatingIfNeeded: draw.next()) & mask
        index.insert(hash, entry)
        model[entry] = hash
      } else if let (entry, hash) = model.randomElement(using: &draw) {
        index.remove(hash, entry)
        model[entry] = nil
      }
    }
    #expect(index.count == model.count, "seed \(seed)")
    for (entry, hash) in model { #expect(index.first(of: hash) { $0 == entry } == entry) }
    let walked = walk(&index)
    #expect(walked.map(\.entry).sorted() == model.keys.sorted(), "seed \(seed)")
    #expect(walked.allSatisfy { model[$0.entry] == $0.hash }, "seed \(seed)")
    for (entry, hash) in model { index.remove(hash, entry) }
    #expect(index.count == 0 && index.depth == 0 && walk(&index).isEmpty)
  }

  /// gh:redis/redis#4906: keys that were there all the time were missed while the table shrank.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func walk_shouldMissNothing_whileTheIndexGrowsAndShrinks_report16(seed: UInt64) {
    var draw = SeededGenerator(seed: seed)
    var index = HashIndex()
    var coming: [(UInt32, UInt32)] = []
    var lasting: Set<UInt32> = []
    for entry in 0..<20_000 as Range<UInt32> {
      let hash = UInt32(truncatingIfNeeded: draw.next())
      index.insert(hash, entry)
      if entry % 20 == 0 { lasting.insert(entry) } else { coming.append((hash, entry)) }
    }
    var next: UInt32 = 100_000
    let shrinks = seed % 2 == 0
    let walked = walk(&index) { index in
      for _ in 0..<40 {
        if shrinks, let (hash, entry) = coming.popLast() {
          index.remove(hash, entry)
        } else if !shrinks, next < 200_000 {
          index.insert(UInt32(truncatingIfNeeded: draw.next()), next)
          next += 1
        }
      }
    }
    #expect(lasting.isSubset(of: walked.map(\.entry)), "seed \(seed)")
    #expect(Set(walked.map(\.entry)).count == walked.count, "twice, seed \(seed)")
  }

  @Test func hashesThatSomebodyCrowds_shouldBeHeld_withoutMoreDepth() {
    var index = HashIndex()
    // All in one segment however deep: more than it has room for.
    for entry in 0..<3_000 as Range<UInt32> { index.insert(0x1234_5600 | entry % 256, entry) }
    #expect(index.depth == HashIndex.depthMax && index.count == 3_000)
    #expect(walk(&index, { _ in }).count == 3_000)
    for entry in 0..<3_000 as Range<UInt32> {
      #expect(index.first(of: 0x1234_5600 | entry % 256) { $0 == entry } == entry)
    }
    for entry in 0..<3_000 as Range<UInt32> { index.remove(0x1234_5600 | entry % 256, entry) }
    #expect(index.count == 0 && index.depth == 0)
  }
}
