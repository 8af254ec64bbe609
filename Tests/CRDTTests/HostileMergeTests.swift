import CRDT
import Primitives
import TestSupport
import Testing

/// What strangers can send to make merges costly or wrong.
@Suite struct HostileMergeTests {
  private let a = ReplicaID(1)
  private let b = ReplicaID(2)

  @Test func mergingAText_shouldAskForEachBaseFewTimes_whenManyWait() throws {
    var author = RGAText()
    for number in 0..<600 {
      _ = try author.insert("x", at: author.count, as: author.nextDot(of: [a, b][number % 2]))
    }
    for number in 0..<UInt64(300) {
      _ = try author.insert("y", at: author.count, as: Dot(ReplicaID(100 + number), 1))
    }
    let delta = author.delta(since: VersionVector())
    var text = RGAText()
    try text.merge(delta: delta)
    #expect(text == author)
    // Each stands on three at most.
    #expect(text.baseChecks <= 4 * delta.insertions.count)
  }

  @Test func insertionsThatWaitForEachOther_shouldBeRefused() throws {
    var author = RGAText()
    let first = try author.insert("a", at: 0, as: Dot(a, 1)).insertions[0]
    var (one, two) = (first, first)
    two.first = Dot(b, 1)
    (one.left, two.left) = (two.first, one.first)
    var text = RGAText()
    #expect(throws: CRDTError.unknownBase(Dot(b, 1))) {
      try text.merge(delta: TextDelta(insertions: [one, two]))
    }
    #expect(text == RGAText())
  }

  @Test(arguments: UInt64(0)..<10)
  func contexts_shouldHaveWhatWasPutIn_inAnyOrder(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    func random() -> Set<Dot> {
      Set(
        (0..<400).map { _ in
          Dot(ReplicaID(UInt64(generator.below(2))), UInt64(1 + generator.below(600)))
        })
    }
    func context(_ dots: Set<Dot>) -> CausalContext {
      var context = CausalContext()
      for dot in dots { context.insert(dot) }
      return context
    }
    let (one, two) = (random(), random())
    var union = context(one)
    union.merge(context(two))
    #expect(union == context(one.union(two)))
    #expect(try CausalContext(wireBytes: union.wireBytes) == union)
    // What is gone is the difference of what was known and what is there.
    var set = ORSet()
    for number in 1...UInt64(500) {
      _ = try set.apply(
        .add([UInt8(number % 250), UInt8(number / 250)]), at: stamp(Dot(a, number)))
    }
    for _ in 0..<100 {
      let element = [UInt8(generator.below(250)), UInt8(generator.below(3))]
      _ = try set.apply(.remove(element), at: stamp(set.nextDot(of: a)))
    }
    var joined = ORSet()
    for piece in set.decomposed().shuffled(using: &generator) { try joined.merge(piece) }
    #expect(joined == set)
  }

  @Test func elementsWithManyEvents_shouldJoinAsTheDefinitionSays() throws {
    var sets = [ORSet(), ORSet()]
    for number in 0..<UInt64(200) {
      var author = ORSet()
      let delta = try author.apply(.add([1]), at: stamp(Dot(ReplicaID(number), 1)))
      for place in 0..<2 where number % 3 != place { try sets[place].merge(delta) }
    }
    let both = try ORSet.join(sets[0], sets[1])
    #expect(both.decomposed().count == 200)
    #expect(try ORSet.join(sets[1], sets[0]) == both)
  }

  @Test func anEventUnderTwoKeys_shouldBeRefused() throws {
    var context = CausalContext()
    context.insert(Dot(a, 1))
    context.insert(Dot(a, 2))
    func set(_ counters: [UInt64]) throws -> ORSet {
      var encoder = WireEncoder()
      encoder.append(byte: 4)
      encoder.append(context)
      encoder.append(byte: 0)
      encoder.append(count: counters.count)
      for (number, counter) in counters.enumerated() {
        encoder.append([UInt8(number)])
        encoder.append(count: 1)
        encoder.append(count: 0)
        encoder.append(counter)
      }
      return try ORSet(wireBytes: encoder.bytes)
    }
    #expect(try set([1, 2]).count == 2)
    #expect(throws: WireError.self) { try set([1, 1]) }
  }

  @Test func deltasFromFarAhead_shouldBeRefused_beforeTheyAreMerged() throws {
    let ahead = HybridTime(ticks: .max, replica: b)
    var register = LWWRegister()
    let write = try register.apply(.write([1]), at: Stamp(dot: Dot(b, 1), time: ahead))
    var map = ORMap()
    let nested = ORMap.Operation.update([1], .map(.update([2], .lastWriter(.write([3])))))
    let field = try map.apply(nested, at: Stamp(dot: Dot(b, 1), time: ahead))
    #expect(write.latestTime == ahead && field.latestTime == ahead)
    #expect(ORSet().latestTime == nil)
    var clock = HybridClock(replica: a)
    let before = clock
    #expect(throws: CRDTError.self) { try clock.observe(write, at: 1_000) }
    #expect(throws: CRDTError.self) { try clock.observe(field, at: 1_000) }
    #expect(clock == before)
    try clock.observe(ORSet(), at: 1_000)
    let soon = HybridTime(ticks: 1_400 << 16, replica: b)
    var other = LWWRegister()
    try clock.observe(
      try other.apply(.write([1]), at: Stamp(dot: Dot(b, 1), time: soon)), at: 1_000)
    #expect(try clock.now(at: 1_000) > soon)
  }
}
