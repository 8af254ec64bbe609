import CRDT
import Primitives
import TestSupport
import Testing

/// The wire forms of `Docs/CRDT.md`, byte by byte, and what decoders refuse.
@Suite struct WireTests {
  private let a = ReplicaID(0x0102_0304_0506_0708)
  private let b = ReplicaID(0xff)

  private func set(_ operations: [ORSet.Operation]) throws -> ORSet {
    var set = ORSet()
    for operation in operations {
      _ = try set.apply(operation, at: stamp(set.nextDot(of: a)))
    }
    return set
  }

  private func bytes(_ hex: String) -> [UInt8] { Hex.bytes(hex.filter { $0 != " " }) ?? [] }

  @Test func addWinsSet_shouldHaveTheFormOfTheDocs() throws {
    let set = try set([.add([0x61]), .add([0x62]), .remove([0x61])])
    #expect(
      set.wireBytes == bytes("04 01 0102030405060708 01 00 01 00 01 01 62 01 00 02"))
  }

  @Test func map_shouldHaveTheFormOfTheDocs() throws {
    var map = ORMap()
    let delta = try map.apply(
      .update([0x6e], .counter(.add(-3))), at: stamp(map.nextDot(of: b)))
    let context = "08 01 00000000000000ff 01 00 00"
    let field = "01 01 6e 01 01 00 01 00 03"
    #expect(map.wireBytes == bytes(context + "00" + field))
    #expect(delta.wireBytes == bytes(context + "01" + field))
  }

  @Test func growOnlyTypes_shouldHaveTheFormOfTheDocs() throws {
    var counter = GCounter()
    _ = try counter.apply(.add(300), at: stamp(Dot(b, 1)))
    #expect(counter.wireBytes == bytes("09 01 00000000000000ff 00 ac02"))
    var set = GSet()
    for element in ["b", "", "a"] {
      _ = try set.apply(.add(Array(element.utf8)), at: stamp(Dot(b, 1)))
    }
    #expect(set.wireBytes == bytes("0a 03 00 01 61 01 62"))
  }

  @Test func text_shouldHaveTheFormOfTheDocs() throws {
    var text = RGAText()
    let delta = try text.insert("ac", at: 0, as: text.nextDot(of: a))
    _ = try text.insert("b", at: 1, as: text.nextDot(of: b))
    _ = try text.delete(0..<1)
    #expect(
      delta.wireBytes == bytes("0c 01 0102030405060708 01 00 01 02 00 00 00 01 02 6163 00"))
    // Replica 0 is b. Runs: "a" deleted, "b", "c".
    #expect(
      text.wireBytes
        == bytes(
          """
          0b 02 00000000000000ff 0102030405060708 03
          01 00 01  00 00 00  03 02 02  01 00 20
          02 6263
          """.filter { !$0.isWhitespace }))
  }

  @Test func removedEvents_shouldShowThatTheyAreAPart_inEveryType() throws {
    let set = try set([.add([0x61]), .add([0x62]), .remove([0x61])])
    let pieces = set.decomposed()
    #expect(pieces.count == 2 && pieces.allSatisfy(\.isPart) && !set.isPart)
    let removed = try #require(pieces.last)
    #expect(removed.wireBytes == bytes("0e 04 01 0102030405060708 01 00 00"))
    #expect(try ORSet(wireBytes: removed.wireBytes) == removed)
    // Joined with other parts it is a part that speaks of all it knows, with a value a value.
    let both = try ORSet.join(pieces[0], removed)
    #expect(both.isPart)
    #expect(both.wireBytes == bytes("04 01 0102030405060708 01 00 01 02 01 01 62 01 00 02"))
    #expect(try ORSet(wireBytes: both.wireBytes) == both)
    #expect(try ORSet.join(removed, pieces[0]) == both)
    #expect(try ORSet.join(both, set) == set && ORSet.join(ORSet(), both) == set)
    var counter = PNCounter()
    for _ in 0..<3 { _ = try counter.apply(.add(1), at: stamp(counter.nextDot(of: b))) }
    let past = try #require(counter.decomposed().last)
    #expect(past.isPart && past.value == 0)
    #expect(past.wireBytes == bytes("0e 01 01 00000000000000ff 01 00 01"))
    #expect(try PNCounter(wireBytes: past.wireBytes) == past)
    #expect(try PNCounter.join(past, PNCounter(wireBytes: counter.wireBytes)) == counter)
    refuse(ORSet.self, "0e 05 01 0102030405060708 01 00 00")  // of another type
    refuse(ORSet.self, "0e 04 00")  // no event
    refuse(ORSet.self, "0e 04 01 0102030405060708 01 00 00 00 00")  // with a store
    refuse(ORMap.self, "08 01 0102030405060708 01 00 00 01 01 01 6e 04 02 00")  // within a part
  }

  @Test func partOfMaps_shouldStaySo_whenJoinedWithRemovedEvents() throws {
    var map = ORMap()
    let fields: [ORMap.Operation] = [
      .update([1], .map(.update([2], .addWinsSet(.add([3]))))),
      .update([1], .map(.update([2], .addWinsSet(.add([4]))))),
      .update([1], .map(.update([2], .addWinsSet(.remove([3]))))),
    ]
    for field in fields { _ = try map.apply(field, at: stamp(map.nextDot(of: a))) }
    let pieces = map.decomposed()
    for order in [pieces, pieces.reversed()] {
      let joined = try order.dropFirst().reduce(order[0]) { try ORMap.join($0, $1) }
      #expect(joined.isPart && joined.value == map.value)
      #expect(try ORMap(wireBytes: joined.wireBytes) == joined)
      #expect(try ORMap.join(ORMap(), joined) == map)
    }
  }

  private func refuse<Value: WireCodable>(_ type: Value.Type, _ hex: String) {
    #expect(throws: WireError.self, "\(hex)") { try type.init(wireBytes: bytes(hex)) }
  }

  @Test func decoders_shouldRefuse_whatNobodyWrites() {
    let known = "04 01 0102030405060708 01 00 01"
    refuse(ORSet.self, "05 00 00 00")  // another type
    refuse(ORSet.self, "04 00 03 00")  // a scope of 3
    refuse(ORSet.self, known + "00 01 01 62 00")  // a key without events in a whole
    refuse(ORSet.self, known + "00 01 01 62 01 00 03")  // a dot outside the context
    refuse(ORSet.self, known + "00 01 01 62 01 01 01")  // a dot of an unknown replica
    refuse(ORSet.self, known + "00 01 01 62 02 00 02 00 01")  // dots out of order
    refuse(ORSet.self, known + "00 02 01 62 01 00 01 01 61 01 00 02")  // keys out of order
    refuse(ORSet.self, "04 01 0102030405060708 00 00 00")  // a replica without events
    refuse(ORSet.self, "04 01 0102030405060708 02 00 00 00 00 00 00")  // ranges without a gap
    refuse(ORSet.self, "04 01 0102030405060708 01 ffffffffffffffffff01 00 00 00")
    refuse(ORMap.self, "08 01 0102030405060708 01 00 00 00 01 01 6e 09 00")  // a grow-only field
    refuse(ORMap.self, "08 01 0102030405060708 01 00 00 00 01 01 6e 08 01 00")  // part in a whole
    refuse(GCounter.self, "09 01 00000000000000ff 00 00")  // a count of 0
    refuse(GSet.self, "0a 02 01 61 01 61")  // an element twice
    refuse(VersionVector.self, "01 00000000000000ff 00")
    refuse(DottedVersion.self, "00000000000000ff 01 01 00000000000000ff 02")  // before itself
    refuse(DeltaInterval<GSet>.self, "0d 00000000000000ff 00 00 00 0a 00")
    refuse(TextDelta.self, "0c 01 0102030405060708 00 00")  // a replica that does not occur
    refuse(TextDelta.self, "0c 01 0102030405060708 01 00 01 03 00 00 00 01 02 6163 00")
  }

  @Test func text_shouldBeRefused_whenNoRuleOrdersItSo() {
    let head = "0b 02 00000000000000ff 0102030405060708"
    // "b" and "a", both between nothing and nothing: the smaller id is first.
    #expect(
      (try? RGAText(wireBytes: bytes(head + "02 00 01 00 00 02 02 01 10 02 6261")))?.value == "ba")
    refuse(RGAText.self, head + "02 01 00 00 00 02 02 01 10 02 6261")
    // Each stands on the other one.
    refuse(RGAText.self, head + "02 00 01 00 00 02 02 10 01 02 6261")
    // One run in two.
    refuse(RGAText.self, "0b 01 00000000000000ff 02 00 00 00 00 02 02 01 03 02 6162")
    // A text that is too long, too short, and no UTF-8.
    refuse(RGAText.self, "0b 01 00000000000000ff 01 00 00 02 00 02 6162")
    refuse(RGAText.self, "0b 01 00000000000000ff 01 00 00 04 00 01 61")
    refuse(RGAText.self, "0b 01 00000000000000ff 01 00 00 02 00 01 ff")
  }

  @Test func otherType_shouldBeRefused_andChangeNothing() throws {
    var set = try set([.add([1])])
    let before = set
    var other = RWSet()
    _ = try other.apply(.add([2]), at: stamp(other.nextDot(of: b)))
    let foreign = ORSet(state: other.state)
    #expect(throws: CRDTError.wrongType(expected: "addWinsSet", found: "removeWinsSet")) {
      try set.merge(foreign)
    }
    #expect(set == before)
  }

  @Test func usedDot_shouldBeRefused_andChangeNothing() throws {
    var set = try set([.add([1])])
    let before = set
    #expect(throws: CRDTError.reusedDot(Dot(a, 1))) {
      try set.apply(.add([2]), at: stamp(Dot(a, 1)))
    }
    #expect(set == before)
    var text = RGAText()
    _ = try text.insert("a", at: 0, as: Dot(a, 1))
    #expect(throws: CRDTError.reusedDot(Dot(a, 1))) { try text.insert("b", at: 0, as: Dot(a, 1)) }
    #expect(throws: CRDTError.outside(position: 2, length: 1)) {
      try text.insert("b", at: 2, as: Dot(a, 2))
    }
    #expect(throws: CRDTError.outside(position: 2, length: 1)) { try text.delete(0..<2) }
  }

  @Test func textDelta_shouldBeRefusedWithItsReason_andChangeNothing() throws {
    var author = RGAText()
    let deltas = try ["a", "b", "c"].map {
      try author.insert($0, at: author.count, as: author.nextDot(of: a))
    }
    var text = RGAText()
    #expect(throws: CRDTError.gap(a, expected: 1, found: 2)) { try text.merge(delta: deltas[1]) }
    try text.merge(delta: deltas[0])
    #expect(throws: CRDTError.gap(a, expected: 2, found: 3)) {
      try text.merge(delta: RGAText.join(deltas[2], TextDelta(deletions: [DotRange(a, 1...1)])))
    }
    #expect(text.value == "a")
    let other = try author.insert("x", at: 3, as: Dot(b, 1))
    #expect(throws: CRDTError.unknownBase(Dot(a, 3))) { try text.merge(delta: other) }
    #expect(throws: CRDTError.unknownBase(Dot(a, 3))) {
      try text.merge(delta: TextDelta(deletions: [DotRange(a, 1...3)]))
    }
    // A copy of the author's store goes on by itself.
    var copy = RGAText()
    try copy.merge(delta: deltas[0])
    let fork = try copy.insert("z", at: 1, as: Dot(a, 9))
    #expect(throws: CRDTError.reusedDot(Dot(a, 9))) { try author.merge(delta: fork) }
    // Nobody writes between two neighbours that have characters of its own between them.
    var liar = deltas[1].insertions[0]
    liar.first = Dot(a, 4)
    liar.previous = 3
    liar.left = nil
    #expect(throws: CRDTError.impossibleOrigins(Dot(a, 4))) {
      try author.merge(delta: TextDelta(insertions: [liar]))
    }
    liar.first = Dot(b, 2)
    liar.previous = 1
    (liar.left, liar.right) = (Dot(a, 2), Dot(a, 1))
    #expect(throws: CRDTError.impossibleOrigins(Dot(b, 2))) {
      try author.merge(delta: TextDelta(insertions: [liar]))
    }
    // Not even what it says of characters that are here.
    var half = deltas[0].insertions[0]
    (half.first, half.length, half.previous, half.text) = (Dot(a, 2), 3, 1, nil)
    (half.left, half.right) = (Dot(a, 1), Dot(a, 1))
    #expect(throws: CRDTError.impossibleOrigins(Dot(a, 4))) {
      try author.merge(delta: TextDelta(insertions: [half]))
    }
    #expect(author.value == "abcx")
  }

  @Test func metadata_shouldStaySmall_howeverMuchWasAddedAndRemoved() throws {
    var set = ORSet()
    for number in 0..<20_000 {
      let replica = ReplicaID(UInt64(number % 5))
      let element = [UInt8(number % 50)]
      let operation: ORSet.Operation = number % 3 == 0 ? .remove(element) : .add(element)
      _ = try set.apply(operation, at: stamp(set.nextDot(of: replica)))
    }
    #expect(set.context.rangeCount == 5)
    #expect(set.wireBytes.count < 5 * 14 + set.count * 8 + 4)
  }

  @Test func removedElements_shouldBeForgotten_onceAllKnowOfThem() throws {
    var first = RWSet()
    for element in UInt8(0)..<20 {
      _ = try first.apply(.add([element]), at: stamp(first.nextDot(of: a)))
      if element > 2 {
        _ = try first.apply(.remove([element]), at: stamp(first.nextDot(of: a)))
      }
    }
    var second = first
    #expect(first.keptCount == 20)
    first.forget(stable: first.context.contiguous)
    #expect(first.keptCount == 3 && first.value == second.value)
    try first.merge(second)
    #expect(first.keptCount == 3)
    try second.merge(first)
    #expect(second == first)
  }
}
