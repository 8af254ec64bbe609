import Primitives
import Reconciliation
import TestSupport
import Testing

/// Whole sessions against set arithmetic.
@Suite struct NegentropySessionTests {
  /// Two sets with much in common, which differ here and there or in one place.
  private struct World {
    let a: [NegentropyItem]
    let b: [NegentropyItem]
    let frames: (NegentropyFrame, NegentropyFrame)
    let frameBytes: (Int, Int)

    init(seed: UInt64, sizes: [Int]) {
      var generator = SeededGenerator(seed: seed)
      let all = Set(generator.negentropyItems(generator.below(sizes[generator.below(sizes.count)])))
        .sorted()
      let changes = [0, 1, 3, 20, 50, 100][generator.below(6)]
      // Either anywhere, or only in one part of the order.
      let low = generator.chance(50) ? 0 : generator.below(all.count + 1)
      let part = low..<(low == 0 ? all.count : min(all.count, low + 1 + generator.below(200)))
      var (a, b): ([NegentropyItem], [NegentropyItem]) = ([], [])
      for (place, item) in all.enumerated() {
        guard part.contains(place), generator.chance(changes) else {
          a.append(item)
          b.append(item)
          continue
        }
        if generator.chance(50) { a.append(item) } else { b.append(item) }
      }
      if generator.chance(5) { a = [] }
      if generator.chance(5) { b = [] }
      (self.a, self.b) = (a, b)
      func bytes() -> Int {
        generator.chance(40)
          ? 0
          : ReconciliationLimits.frameBytesMin + generator.below(generator.chance(50) ? 9 : 9_999)
      }
      frameBytes = (bytes(), bytes())
      frames = (
        NegentropyFrame(bytesMax: frameBytes.0) ?? .unlimited,
        NegentropyFrame(bytesMax: frameBytes.1) ?? .unlimited
      )
    }
  }

  private func check(_ world: World, seed: UInt64) throws {
    let (a, b) = (Set(world.a.map(\.id)), Set(world.b.map(\.id)))
    let lists = try NegentropySession(
      NegentropyList(world.a), NegentropyList(world.b), frames: world.frames)
    #expect(lists.have == a.subtracting(b), "seed \(seed)")
    #expect(lists.need == b.subtracting(a), "seed \(seed)")
    let trees = try NegentropySession(
      NegentropyTree(world.a), NegentropyTree(world.b), frames: world.frames)
    #expect(trees.messages == lists.messages, "seed \(seed)")
    for (index, message) in lists.messages.enumerated() {
      let most = index.isMultiple(of: 2) ? world.frameBytes.0 : world.frameBytes.1
      #expect(most == 0 || message.count <= most, "seed \(seed)")
    }
    if a == b { #expect(lists.messages.count == 2, "seed \(seed)") }
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_RANGE_SEEDS", default: 300))
  func sessions_shouldFindTheDifference_whateverTheSetsAndFrames(seed: UInt64) throws {
    try check(World(seed: seed, sizes: [2, 40, 400, 4_000]), seed: seed)
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_RANGE_LARGE_SEEDS", default: 6))
  func largeSets_shouldBeCompared_inFewMessages(seed: UInt64) throws {
    try check(World(seed: 1_000 + seed, sizes: [20_001]), seed: 1_000 + seed)
    var generator = SeededGenerator(seed: seed)
    let items = generator.negentropyItems(10_000)
    let session = try NegentropySession(
      NegentropyList(items.dropFirst(3)), NegentropyList(items.dropLast(4)))
    #expect(session.have.count == 4 && session.need.count == 3)
    // Ranges of 625 items, of 39, of 2 or 3, and lists of these.
    #expect(session.messages.count == 4)
  }

  /// The ids of a frame that is full lie in a range that the next messages name again.
  @Test func limitedFrames_shouldFindEachDifference_thoughManyComeTwice() throws {
    var generator = SeededGenerator(seed: 3)
    let items = (0..<10_000).map {
      NegentropyItem(timestamp: UInt64($0) / 100, id: generator.hash())!
    }
    let frame = try #require(NegentropyFrame(bytesMax: ReconciliationLimits.frameBytesMin))
    let (a, b) = (Array(items.prefix(7_000)), Array(items.suffix(7_000)))
    let session = try NegentropySession(
      NegentropyList(a), NegentropyList(b), frames: (frame, frame))
    #expect(session.have == Set(items.prefix(3_000).map(\.id)))
    #expect(session.need == Set(items.suffix(3_000).map(\.id)))
    #expect(session.messages.allSatisfy { $0.count <= ReconciliationLimits.frameBytesMin })
    #expect(session.messages.count > 50)
  }

  @Test func frame_shouldBeRefused_belowItsLeastBytes() {
    #expect(NegentropyFrame(bytesMax: ReconciliationLimits.frameBytesMin - 1) == nil)
    #expect(NegentropyFrame(bytesMax: ReconciliationLimits.frameBytesMin) != nil)
  }

  /// A message goes on while it has the reserve and more left.
  @Test func frame_shouldKeepItsReserve_forTheFingerprintOfTheRest() throws {
    let most = ReconciliationLimits.frameBytesMin
    let frame = try #require(NegentropyFrame(bytesMax: most))
    var generator = SeededGenerator(seed: 4)
    let items = (0..<5_000).map { NegentropyItem(timestamp: UInt64($0), id: generator.hash())! }
    // The client holds nothing: the list goes on until it is full.
    let server = NegentropyServer(NegentropyList(items), frame: frame)
    let answer = try server.answer(NegentropyInitiator(NegentropyList([])).begin())
    #expect(answer.count > most - ReconciliationLimits.frameReserveBytes)
    #expect(answer.count <= most)
  }

  @Test(arguments: 0..<Campaign.seeds("LIVESYNC_RANGE_SEEDS", default: 40))
  func records_shouldBeCompared_byRanges(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let records = (0..<generator.below(500)).map { number in
      Record(
        key: [UInt8(number >> 8), UInt8(number & 0xff)],
        version: generator.chance(5) ? .max - UInt64(generator.below(2)) : generator.next() >> 40,
        value: generator.bytes(3))!
    }
    let (a, b) = (
      records.filter { _ in generator.chance(90) }, records.filter { _ in generator.chance(90) }
    )
    var comparison = RangeComparison(NegentropyList(a.map(NegentropyItem.init)))
    let responder = RangeResponder(NegentropyTree(b.map(NegentropyItem.init)))
    var number: UInt32 = 0
    while let request = comparison.nextRequest() {
      let another = comparison.nextRequest()
      #expect(!comparison.isComplete && another == nil)
      #expect(request.number == number)
      try comparison.receive(responder.answer(request.body), to: request.number)
      number += 1
    }
    #expect(comparison.isComplete)
    let (mine, theirs) = (Set(a.map(\.id)), Set(b.map(\.id)))
    #expect(
      comparison.difference
        == RecordDifference(
          missing: theirs.subtracting(mine), extra: mine.subtracting(theirs)), "seed \(seed)")
  }

  @Test func comparison_shouldBeAtItsEnd_onceItThrew() throws {
    let item = try #require(NegentropyItem(timestamp: 1, id: .zero))
    var comparison = RangeComparison(NegentropyList([item]))
    #expect(throws: ReconciliationError.self) { try comparison.receive([0x61], to: 0) }
    let first = comparison.nextRequest()
    let request = try #require(first)
    #expect(throws: ReconciliationError.self) {
      try comparison.receive([0x61], to: request.number + 1)
    }
    #expect(throws: ReconciliationError.self) { try comparison.receive([0x61, 0], to: 0) }
    let next = comparison.nextRequest()
    #expect(next == nil && !comparison.isComplete)
    #expect(throws: ReconciliationError.self) { try comparison.receive([0x61], to: 0) }
  }
}
