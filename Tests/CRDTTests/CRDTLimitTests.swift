import CRDT
import Primitives
import TestSupport
import Testing

@Suite struct CRDTLimitTests {
  private let a = ReplicaID(1)

  private func wire<Value: WireCodable>(
    _ type: Value.Type, _ write: (inout WireEncoder) -> Void
  ) throws(WireError) -> Value {
    var encoder = WireEncoder()
    write(&encoder)
    return try type.init(wireBytes: encoder.bytes)
  }

  @Test func replicas_shouldBeLimited_inContextsVectorsCountersAndTexts() throws {
    let most = CRDTLimits.replicasMax
    func vector(_ count: Int) throws -> VersionVector {
      try wire(VersionVector.self) { encoder in
        encoder.append(count: count)
        for number in 0..<count {
          encoder.append(ReplicaID(UInt64(number)))
          encoder.append(UInt64(1))
        }
      }
    }
    #expect(try vector(most).replicas.count == most)
    #expect(throws: WireError.self) { try vector(most + 1) }
    var counter = GCounter()
    var set = ORSet()
    var text = RGAText()
    for number in 0..<UInt64(most) {
      _ = try counter.apply(.add(1), at: stamp(Dot(ReplicaID(number), 1)))
      _ = try set.apply(.add([1]), at: stamp(Dot(ReplicaID(number), 1)))
      _ = try text.insert("a", at: 0, as: Dot(ReplicaID(number), 1))
    }
    let last = Dot(ReplicaID(UInt64(most)), 1)
    let refusal = CRDTError.tooLarge("replicas", limit: most)
    #expect(throws: refusal) { try counter.apply(.add(1), at: stamp(last)) }
    #expect(throws: refusal) { try set.apply(.add([2]), at: stamp(last)) }
    #expect(throws: refusal) { try text.insert("a", at: 0, as: last) }
    #expect(counter.value == UInt64(most) && set.value == [[1]] && text.count == most)
  }

  @Test func rangesOfAContext_shouldBeLimited() throws {
    let most = CRDTLimits.contextRangesMax
    func context(_ count: Int) throws -> CausalContext {
      try wire(CausalContext.self) { encoder in
        encoder.append(count: 1)
        encoder.append(a)
        encoder.append(count: count)
        for _ in 0..<count {
          encoder.append(UInt64(1))
          encoder.append(UInt64(0))
        }
      }
    }
    #expect(try context(most).rangeCount == most)
    #expect(throws: WireError.self) { try context(most + 1) }
    // A value has as many as come of events in no order, and is read as it was written.
    var set = ORSet()
    set.state.context = try context(most)
    var other = ORSet()
    for _ in 0..<2 {
      _ = try other.apply(.add([1]), at: stamp(other.nextDot(of: ReplicaID(2))))
      try set.merge(other)
    }
    #expect(set.context.rangeCount == most + 1)
    #expect(try ORSet(wireBytes: set.wireBytes) == set)
    var bounds = MergeBounds()
    #expect(bounds.ranges == CRDTLimits.stateRangesMax)
    bounds.ranges = most + 1
    let before = set
    var third = ORSet()
    _ = try third.apply(.add([2]), at: stamp(Dot(ReplicaID(3), 1)))
    #expect(throws: CRDTError.tooLarge("ranges of a context", limit: most + 1)) {
      try set.state.merge(third.state, within: bounds)
    }
    #expect(set == before)
    try set.state.merge(other.state, within: bounds)
  }

  @Test func values_shouldBeLimited_everywhere() throws {
    let most = [UInt8](repeating: 1, count: CRDTLimits.valueBytesMax)
    let more = most + [1]
    let refusal = CRDTError.tooLarge("bytes of a value", limit: CRDTLimits.valueBytesMax)
    var set = ORSet()
    _ = try set.apply(.add(most), at: stamp(set.nextDot(of: a)))
    #expect(try ORSet(wireBytes: set.wireBytes) == set)
    #expect(throws: refusal) { try set.apply(.add(more), at: stamp(set.nextDot(of: a))) }
    var kept = RWSet()
    #expect(throws: refusal) { try kept.apply(.add(more), at: stamp(kept.nextDot(of: a))) }
    var grown = GSet()
    #expect(throws: refusal) { try grown.apply(.add(more), at: stamp(Dot(a, 1))) }
    var last = LWWRegister()
    #expect(throws: refusal) { try last.apply(.write(more), at: stamp(Dot(a, 1))) }
    var many = MVRegister()
    #expect(throws: refusal) { try many.apply(.write(more), at: stamp(Dot(a, 1))) }
    var map = ORMap()
    #expect(throws: refusal) {
      try map.apply(.update(more, .counter(.add(1))), at: stamp(Dot(a, 1)))
    }
    #expect(throws: WireError.self) {
      try wire(GSet.self) { encoder in
        encoder.append(byte: 10)
        encoder.append(count: 1)
        encoder.append(more)
      }
    }
  }

  @Test func elements_shouldBeLimited_byTheWireForm() {
    #expect(throws: WireError.self) {
      try wire(GSet.self) { encoder in
        encoder.append(byte: 10)
        encoder.append(count: CRDTLimits.elementsMax + 1)
        encoder.append(raw: [UInt8](repeating: 0, count: CRDTLimits.elementsMax + 1))
      }
    }
  }

  @Test(arguments: 0..<4)
  func elements_shouldBeLimited_whateverWayTheyComeIn(way: Int) throws {
    var bounds = MergeBounds()
    bounds.elements = 3
    let names = (0..<5).map { [UInt8($0)] }
    /// Those of one of the types that have elements.
    func state(_ names: [[UInt8]], of replica: UInt64) throws -> [CausalState] {
      var (add, remove, map) = (ORSet(), RWSet(), ORMap())
      for name in names {
        let dot = Stamp(dot: add.nextDot(of: ReplicaID(replica)), time: .zero)
        _ = try add.apply(.add(name), at: dot)
        _ = try remove.apply(.remove(name), at: dot)
        let inner = FieldOperation.addWinsSet(.add(name))
        _ = try map.apply(
          .update(way == 2 ? name : [9], way == 2 ? inner : .map(.update([1], inner))), at: dot)
      }
      return [add.state, remove.state, map.state, map.state]
    }
    var full = try state(Array(names[..<3]), of: 1)[way]
    let before = full
    let more = try state([names[3]], of: 2)[way]
    #expect(throws: CRDTError.tooLarge("elements", limit: 3)) {
      try full.merge(more, within: bounds)
    }
    #expect(full == before)
    // What is there already, and what removes, fits.
    try full.merge(before, within: bounds)
    try full.merge(try state([names[2]], of: 3)[way], within: bounds)
    var set = ORSet()
    for name in names[..<3] { _ = try set.apply(.add(name), at: stamp(set.nextDot(of: a))) }
    var other = set
    _ = try other.apply(.remove(names[0]), at: stamp(other.nextDot(of: a)))
    _ = try other.apply(.add(names[4]), at: stamp(other.nextDot(of: a)))
    try set.state.merge(other.state, within: bounds)
    #expect(set == other)
  }

  @Test func runsOfAText_shouldBeLimited_soThatItCanBeRead() throws {
    let most = CRDTLimits.textRunsMax
    // Each character is typed before the others, and so is a run.
    var text = RGAText()
    for number in 0..<UInt64(most - 3) {
      _ = try text.insert("a", at: 0, as: Dot(a, number + 1))
    }
    _ = try text.insert("bcd", at: text.count, as: text.nextDot(of: a))
    var stranger = text
    let late = try stranger.insert("z", at: text.count - 1, as: Dot(ReplicaID(2), 1))
    _ = try text.insert("x", at: 0, as: text.nextDot(of: a))
    let before = text.nextDot(of: a)
    let refusal = CRDTError.tooLarge("runs of characters", limit: most)
    #expect(throws: refusal) { try text.insert("a", at: 0, as: text.nextDot(of: a)) }
    let middle = Dot(a, UInt64(most - 1))
    #expect(throws: refusal) { try text.delete(text.count - 2..<text.count - 1) }
    #expect(throws: refusal) {
      try text.merge(
        delta: TextDelta(deletions: [DotRange(a, middle.counter...middle.counter)]))
    }
    #expect(throws: refusal) { try text.merge(delta: late) }
    #expect(text.nextDot(of: a) == before && text.count == most + 1)
    let read = try RGAText(wireBytes: text.wireBytes)
    #expect(read.utf8 == text.utf8)
    var other = RGAText()
    try other.merge(read)
    #expect(other.count == text.count)
  }

  @Test func mapsWithinMaps_shouldBeLimited() throws {
    func nested(_ depth: Int) -> ORMap.Operation {
      depth == 1
        ? .update([1], .counter(.add(1))) : .update([1], .map(nested(depth - 1)))
    }
    var map = ORMap()
    _ = try map.apply(nested(CRDTLimits.mapDepthMax), at: stamp(Dot(a, 1)))
    #expect(try ORMap(wireBytes: map.wireBytes) == map)
    #expect(throws: CRDTError.tooLarge("maps within maps", limit: CRDTLimits.mapDepthMax)) {
      try map.apply(nested(CRDTLimits.mapDepthMax + 1), at: stamp(Dot(a, 2)))
    }
    #expect(throws: WireError.self) {
      try wire(ORMap.self) { encoder in
        encoder.append(byte: 8)
        encoder.append(CausalContext())
        for _ in 0...CRDTLimits.mapDepthMax {
          encoder.append(byte: 1)
          encoder.append(count: 1)
          encoder.append([1])
          encoder.append(byte: 8)
        }
        encoder.append(raw: [1, 0])
      }
    }
  }

  @Test func removedEvents_shouldBeInNoMorePieces_thanEventsAndRanges() throws {
    var set = ORSet()
    for number in 0..<5_000 {
      _ = try set.apply(.add([UInt8(number % 50)]), at: stamp(set.nextDot(of: a)))
    }
    // All of the past is one range.
    #expect(set.decomposed().count == set.count + 1)
    for element in stride(from: UInt8(0), to: 50, by: 2) {
      _ = try set.apply(.remove([element]), at: stamp(set.nextDot(of: a)))
    }
    #expect(set.decomposed().count <= 2 * set.count + set.context.rangeCount)
  }

  @Test func piecesOfAText_shouldHaveALimitedLength() throws {
    var text = RGAText()
    let length = Int(CRDTLimits.textPieceCharacters)
    _ = try text.insert(String(repeating: "𝄞", count: 3 * length), at: 0, as: Dot(a, 1))
    let pieces = text.decomposed()
    // Counters begin at 1, pieces at multiples.
    #expect(pieces.map { $0.insertions[0].length } == [length - 1, length, length, 1])
    #expect(pieces.allSatisfy { RGAText.name(of: $0) != nil })
    var long = pieces[1].insertions[0]
    long.length += 1
    long.text? += "𝄞".utf8
    #expect(RGAText.name(of: TextDelta(insertions: [long])) == nil)
  }

  @Test func keptDeltas_shouldBeLimited_andWhoLacksThemGetTheFullState() throws {
    var set = ORSet()
    var buffer = DeltaBuffer<ORSet>(sender: a)
    for number in 0...CRDTLimits.bufferedDeltasMax {
      buffer.append(
        try set.apply(.add([UInt8(number % 7)]), at: stamp(set.nextDot(of: a))))
    }
    #expect(buffer.count <= CRDTLimits.bufferedDeltasMax)
    let state = set
    let interval = try #require(try buffer.interval(for: ReplicaID(2)) { state })
    #expect(interval.isFull)
    var received = ORSet()
    var receipts = DeltaReceipts()
    #expect(try receipts.receive(interval, into: &received))
    #expect(try !receipts.receive(interval, into: &received))
    #expect(received == set && receipts.last(of: a) == buffer.last)
    #expect(throws: CRDTError.gap(a, expected: buffer.last, found: buffer.last + 1)) {
      try buffer.acknowledge(buffer.last + 1, by: ReplicaID(2), of: [])
    }
  }

  @Test func bytesOfKeptDeltas_shouldBeLimited() throws {
    #expect(CRDTLimits.bufferedDeltaBytesMax == 64 << 20)
    var set = ORSet()
    var buffer = DeltaBuffer<ORSet>(sender: a, bytesMax: 1_000)
    for number in 0..<200 {
      let element = [UInt8](repeating: UInt8(number), count: number % 40)
      buffer.append(try set.apply(.add(element), at: stamp(set.nextDot(of: a))))
      #expect(buffer.bytes <= 1_000 && buffer.last == UInt64(number + 1) && buffer.count > 0)
    }
    let large = [UInt8](repeating: 1, count: 1_001)
    buffer.append(try set.apply(.add(large), at: stamp(set.nextDot(of: a))))
    #expect(buffer.count == 0 && buffer.bytes == 0)
    let state = set
    #expect(try buffer.interval(for: ReplicaID(2)) { state }?.isFull == true)
    try buffer.acknowledge(buffer.last, by: ReplicaID(2), of: [ReplicaID(2)])
    #expect(try buffer.interval(for: ReplicaID(2)) { state } == nil)
  }

  @Test func peers_shouldBeLimited_inBuffersAndReceipts() throws {
    var buffer = DeltaBuffer<GSet>(sender: a)
    var receipts = DeltaReceipts()
    var set = GSet()
    buffer.append(GSet())
    for number in 0..<UInt64(CRDTLimits.peersMax) {
      try buffer.acknowledge(1, by: ReplicaID(number), of: [ReplicaID(7_777)])
      let interval = DeltaInterval(sender: ReplicaID(number), numbers: 1...1, delta: GSet())
      #expect(try receipts.receive(interval, into: &set))
    }
    let refusal = CRDTError.tooLarge("peers", limit: CRDTLimits.peersMax)
    let stranger = ReplicaID(9_999)
    #expect(throws: refusal) { try buffer.acknowledge(1, by: stranger, of: []) }
    #expect(throws: refusal) {
      try receipts.receive(
        DeltaInterval(sender: stranger, numbers: 1...1, delta: GSet()), into: &set)
    }
  }

  @Test func leavesAndBranchesOfAText_shouldSplit_andKeepItsOrder() throws {
    // Single characters at the start fill leaves by spans, a long text by bytes.
    let spans = CRDTLimits.textLeafSpansMax * CRDTLimits.textBranchChildrenMax * 2
    var text = RGAText()
    var model = ""
    for number in 0..<spans {
      let character = String(UnicodeScalar(UInt8(97 + number % 26)))
      _ = try text.insert(character, at: 0, as: text.nextDot(of: a))
      model = character + model
    }
    let long = String(repeating: "ä𝄞z", count: CRDTLimits.textLeafBytesMax)
    _ = try text.insert(long, at: 10, as: text.nextDot(of: a))
    var scalars = Array(model.unicodeScalars)
    scalars.insert(contentsOf: long.unicodeScalars, at: 10)
    #expect(Array(text.value.unicodeScalars) == scalars)
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<500 {
      let position = generator.below(scalars.count - 40)
      if generator.chance(50) {
        let count = generator.below(40)
        _ = try text.delete(position..<position + count)
        scalars.removeSubrange(position..<position + count)
      } else {
        _ = try text.insert("é\u{1F600}", at: position, as: text.nextDot(of: a))
        scalars.insert(contentsOf: "é\u{1F600}".unicodeScalars, at: position)
      }
    }
    #expect(Array(text.value.unicodeScalars) == scalars)
    #expect(try RGAText(wireBytes: text.wireBytes) == text)
  }

  @Test func charactersOfAText_shouldBeLimited() throws {
    // Deleted characters take no room in the wire form, so a few bytes say that there are many.
    func text(_ lengths: [Int]) throws -> RGAText {
      try wire(RGAText.self) { encoder in
        encoder.append(byte: 11)
        encoder.append(count: 1)
        encoder.append(a)
        encoder.append(count: lengths.count)
        for _ in lengths { encoder.append(byte: 0) }
        for _ in lengths { encoder.append(byte: 0) }
        for length in lengths { encoder.append(count: length << 1 | 1) }
        // The second one stands before the first: beside nothing and it.
        encoder.append(raw: [[0x00], [0x10, 0x03]][lengths.count - 1])
        encoder.append(count: 0)
      }
    }
    var full = try text([CRDTLimits.textCharactersMax])
    #expect(full.everCount == CRDTLimits.textCharactersMax && full.count == 0)
    #expect(throws: WireError.self) { try text([CRDTLimits.textCharactersMax + 1]) }
    #expect(throws: WireError.self) { try text([CRDTLimits.textCharactersMax, 1]) }
    #expect(throws: CRDTError.tooLarge("characters", limit: CRDTLimits.textCharactersMax)) {
      try full.insert("a", at: 0, as: full.nextDot(of: a))
    }
    var late = RGAText()
    #expect(throws: CRDTError.counterExhausted(a)) {
      try late.insert("a", at: 0, as: Dot(a, UInt64(UInt32.max)))
    }
  }

  @Test func runsOfATextAndADelta_shouldBeLimited() {
    for kind in [UInt8(11), 12] {
      let check = { (encoder: inout WireEncoder) in
        encoder.append(byte: kind)
        encoder.append(count: 0)
        encoder.append(count: CRDTLimits.textRunsMax + 1)
        encoder.append(raw: [UInt8](repeating: 0, count: 8 * CRDTLimits.textRunsMax))
      }
      let refusal = #expect(throws: WireError.self) {
        if kind == 11 {
          _ = try wire(RGAText.self, check)
        } else {
          _ = try wire(TextDelta.self, check)
        }
      }
      #expect("\(refusal.map { "\($0)" } ?? "")".contains("is above \(CRDTLimits.textRunsMax)"))
    }
  }

  @Test func changesThatWait_shouldBeLimited_andWhatIsMissingNamed() throws {
    var author = RGAText()
    let deltas = try (0..<CRDTLimits.textWaitingMax + 2).map { _ in
      try author.insert("a", at: author.count, as: author.nextDot(of: a))
    }
    var text = RGAText()
    var inbox = TextInbox()
    for delta in deltas[1...CRDTLimits.textWaitingMax] { try inbox.receive(delta, into: &text) }
    #expect(inbox.count == CRDTLimits.textWaitingMax && inbox.missing == [Dot(a, 1)])
    let refusal = CRDTError.tooLarge("changes that wait", limit: CRDTLimits.textWaitingMax)
    #expect(throws: refusal) { try inbox.receive(deltas[0], into: &text) }
    // The full text makes up for it.
    try text.merge(author)
    #expect(text == author)
    try inbox.retry(into: &text)
    #expect(inbox.count == 0 && inbox.missing.isEmpty && text == author)
    try inbox.receive(deltas[0], into: &text)
  }
}
