import Messages
import Networking
import Node
import Peers
import Runtime
import TestSupport
import Testing

/// Sizes and waiting times of single requests follow what was measured.
@Suite struct AnswerPaceTests {
  private static func at(_ seconds: Int64) -> Moment {
    Moment.start.advanced(by: .seconds(seconds))
  }

  @Test func patience_shouldDouble_untilAnAnswerOnAnyLineCanCome() {
    var pace = AnswerPace()
    var waited: Duration = .zero
    var waits: [Duration] = []
    // A line on which an answer takes 40 s.
    var start = Self.at(0)
    while pace.patience(.head, at: start) < .seconds(40) {
      let wait = pace.patience(.head, at: start)
      waits.append(wait)
      waited += wait
      pace.timedOut(.head, asked: start, at: start.advanced(by: wait))
      start = start.advanced(by: wait)
    }
    #expect(waits.first == PeerLimits.patienceFirst)
    #expect(zip(waits, waits.dropFirst()).allSatisfy { $1 == $0 * 2 })
    #expect(waited < .seconds(40))
    // Other kinds have not learned it, until one answer is there.
    #expect(pace.patience(.macroChain, at: start) == PeerLimits.patienceFirst)
    pace.answered(.head, bytes: 100, after: .seconds(40), at: Self.at(100))
    let then = Self.at(100)
    #expect(pace.patience(.macroChain, at: then) >= .seconds(80))
    #expect(pace.patience(.head, at: then) >= .seconds(80))
    #expect(pace.atLeast(.zero) == .seconds(120))
  }

  /// A timer that rings early, or a network that gives up sooner than it was told to, says nothing
  /// of a line that is long.
  @Test func patience_shouldNotGrow_whenWaitsEndBeforeTheirTime() {
    var pace = AnswerPace()
    for step in 0..<100 {
      let asked = Self.at(Int64(step))
      pace.timedOut(.head, asked: asked, at: asked.advanced(by: .milliseconds(32)))
      #expect(pace.patience(.head, at: Self.at(100)) == PeerLimits.patienceFirst)
    }
    // It is doubled of what was waited really, from then on.
    for (waited, wait) in [(5, 10), (10, 20), (12, 24), (1, 24)] {
      pace.timedOut(.head, asked: Self.at(200), at: Self.at(200 + Int64(waited)))
      #expect(pace.patience(.head, at: Self.at(300)) == .seconds(wait))
    }
    pace.answered(.head, bytes: 100, after: .milliseconds(40), at: Self.at(300))
    pace.timedOut(.head, asked: Self.at(300), at: Self.at(305))
    #expect(pace.patience(.head, at: Self.at(305)) == PeerLimits.patienceFirst)
  }

  @Test func patience_shouldDoubleLittle_whileOthersAreAnswered() {
    var pace = AnswerPace()
    var waits: [Duration] = []
    func late(at second: Int64, waited: Int64) {
      pace.timedOut(.macroChain, asked: Self.at(second - waited), at: Self.at(second))
    }
    for index in 1...20 {
      let now = Int64(10 * index)
      pace.answered(.head, bytes: 100, after: .milliseconds(40), at: Self.at(now))
      waits.append(pace.patience(.macroChain, at: Self.at(now)))
      late(at: now + 5, waited: 5)
    }
    let longest = PeerLimits.patienceMin * (1 << PeerLimits.patienceDoublings)
    #expect(waits.dropFirst(PeerLimits.latenciesMin).allSatisfy { $0 <= longest }, "\(waits)")
    #expect(waits.last == PeerLimits.patienceMin * 2, "\(waits)")
    // Once nobody answers any more the line may have become longer, up to twice that time.
    for index in 1...20 { late(at: Int64(200 + 100 * index), waited: 100) }
    #expect(pace.patience(.macroChain, at: Self.at(200 + 60)) == .seconds(120))
  }

  @Test func patience_shouldNeverBeAboveItsLimit() {
    var pace = AnswerPace()
    for step in 0..<200 {
      let asked = Self.at(1_000 * Int64(step))
      pace.timedOut(.chunk, asked: asked, at: asked.advanced(by: .seconds(1_000)))
    }
    #expect(pace.patience(.chunk, at: Self.at(0)) == PeerLimits.patienceMax)
    pace.answered(.chunk, bytes: 1, after: .seconds(100_000), at: Self.at(0))
    #expect(pace.patience(.chunk, bytes: .max, at: Self.at(0)) == PeerLimits.patienceMax)
    #expect(pace.late == [.chunk: 200])
  }

  @Test func patience_shouldBeShort_onAFastLine_andFollowTheBytesAskedFor() {
    var pace = AnswerPace()
    for index in 0..<20 {
      pace.answered(.head, bytes: 100, after: .milliseconds(40), at: Self.at(Int64(index) / 4))
    }
    #expect(pace.patience(.head, at: Self.at(6)) == PeerLimits.patienceMin)
    // 100 kB in 10 s: the line carries 10 kB a second.
    pace.answered(.missingBlocks, bytes: 100_000, after: .seconds(10), at: Self.at(6))
    #expect(pace.patience(.head, bytes: 1_000_000, at: Self.at(6)) >= .seconds(200))
    #expect(pace.patience(.head, bytes: 1_000_000, at: Self.at(6)) <= .seconds(201))
    // Of a kind that only small answers came of, no large one is waited for.
    let most = 1_000_000
    #expect(pace.expectedBytes(.head, most: most) == PeerLimits.partBytesMin)
    #expect(pace.expectedBytes(.missingBlocks, most: most) == 200_000)
    #expect(pace.expectedBytes(.missingBlocks, most: 5_000) == 5_000)
  }

  @Test(arguments: [10, 20, 30])
  func waiting_shouldHaveABoundedMean_whereMessagesAreLost(percent: Int) {
    var pace = AnswerPace()
    var random = SeededGenerator(seed: UInt64(percent))
    var now = Moment.start
    var waited: Duration = .zero
    let requests = 2_000
    for _ in 0..<requests {
      // Both the request and its answer have to arrive.
      while random.chance(percent) || random.chance(percent) {
        let wait = pace.patience(.head, at: now)
        let asked = now
        now = now.advanced(by: wait)
        waited += wait
        pace.timedOut(.head, asked: asked, at: now)
      }
      now = now.advanced(by: .milliseconds(40))
      pace.answered(.head, bytes: 100, after: .milliseconds(40), at: now)
    }
    // With three of ten messages lost, every second try brings nothing.
    let mean = waited / requests
    #expect(mean < PeerLimits.patienceMin * 2, "\(mean)")
  }

  @Test func requestsOnTheirWayTogether_shouldCountOnce_whenTheyAreLate() {
    var pace = AnswerPace()
    for _ in 0..<49 { pace.timedOut(.macroChain, asked: Self.at(0), at: Self.at(5)) }
    #expect(pace.late == [.macroChain: 49])
    #expect(pace.patience(.macroChain, at: Self.at(5)) == PeerLimits.patienceFirst * 2)
    pace.timedOut(.macroChain, asked: Self.at(5), at: Self.at(15))
    #expect(pace.patience(.macroChain, at: Self.at(15)) == PeerLimits.patienceFirst * 4)
  }

  @Test func lateRequest_shouldCountAsLost_onlyIfItsPeerAnsweredALaterOne() {
    var pace = AnswerPace()
    let (peer, other) = (PeerID(1), PeerID(2))
    for step in 0..<10 {
      pace.answered(
        .head, of: peer, bytes: 90, after: .seconds(1), at: Self.at(11 + Int64(step)))
      pace.timedOut(.chunk, of: other, asked: Self.at(0), at: Self.at(40))
      pace.timedOut(.chunk, of: peer, asked: Self.at(30), at: Self.at(40))
    }
    #expect(pace.losses.share == 0)
    let long = pace.longTime
    for _ in 0..<10 { pace.timedOut(.chunk, of: peer, asked: Self.at(5), at: Self.at(40)) }
    #expect(pace.losses.share == 0.5 && pace.losses.percentPerAnswer == 100)
    #expect(pace.losses.areMany && pace.losses.overduePercent == 50)
    // A row of blocks takes as much longer.
    #expect(pace.longTime == long.map { $0 * 2 })
  }

  @Test func rate_shouldStay_whileOnlySmallAnswersCome() {
    var pace = AnswerPace()
    for step in 0..<20 {
      let bytes = step == 0 ? 100_000 : 100
      pace.answered(.missingBlocks, bytes: bytes, after: .seconds(5), at: Self.at(Int64(20 * step)))
    }
    // 100 kB took 5 s, so twice as much takes 5 s and ten more.
    #expect(pace.patience(.missingBlocks, bytes: 200_000, at: Self.at(400)) == .seconds(30))
  }

  @Test func firstAnswers_shouldSayLittle_ofFarLargerOnes() {
    var pace = AnswerPace()
    pace.answered(.head, bytes: 100, after: .seconds(4), at: Self.at(4))
    // 25 bytes a second, for 400 bytes; for 1,600 after the next, which is also waited for longer.
    func wait() -> Duration { pace.patience(.macroChain, bytes: 16_384, at: Self.at(4)) }
    #expect(wait() == .seconds(40))
    pace.timedOut(.macroChain, asked: Self.at(4), at: Self.at(4))
    #expect(wait() == .seconds(136))
  }

  @Test func scatter_shouldWidenWhatIsUsual_andHowLongHalvesWait() {
    var pace = AnswerPace()
    #expect(pace.usualTime == nil && pace.longTime == nil)
    #expect(pace.halfWait == PeerLimits.halfWait)
    for index in 0..<100 {
      pace.answered(.head, bytes: 100, after: .seconds(1 + index % 20), at: Self.at(Int64(index)))
    }
    #expect(pace.roundTrip == .seconds(1))
    #expect(pace.usualTime == .seconds(11) && pace.longTime == .seconds(20))
    #expect(pace.atLeast(.zero) == .seconds(20) && pace.halfWait == .seconds(40))
  }

  @Test func parts_shouldBeWhatComesInTheirTime() {
    var pace = AnswerPace()
    let most = MessageLimits.blocksAnswerBytesMax
    #expect(pace.partBytes(.missingBlocks, most: most) == PeerLimits.partBytesFirst)
    // Each part that was late halves the next one, down to the least.
    for _ in 0..<2 { pace.timedOut(.missingBlocks, asked: Self.at(0), at: Self.at(0)) }
    #expect(pace.partBytes(.missingBlocks, most: most) == PeerLimits.partBytesFirst / 4)
    for _ in 0..<200 { pace.timedOut(.missingBlocks, asked: Self.at(0), at: Self.at(0)) }
    #expect(pace.partBytes(.missingBlocks, most: most) == PeerLimits.partBytesMin)
    // Small answers say nothing of what a line carries.
    pace.answered(.missingBlocks, bytes: 90, after: .milliseconds(40), at: Self.at(1))
    #expect(pace.partBytes(.head, most: most) == PeerLimits.partBytesFirst)
    // And no part grows far above the largest of its kind.
    #expect(pace.partBytes(.missingBlocks, most: most) == PeerLimits.partBytesMin)
    pace.answered(.missingBlocks, bytes: 100_000, after: .milliseconds(2_040), at: Self.at(3))
    #expect(pace.partBytes(.missingBlocks, most: most) == 100_000)
    pace.answered(.missingBlocks, bytes: 1_000_000, after: .milliseconds(100), at: Self.at(4))
    #expect(pace.partBytes(.missingBlocks, most: most) == most)
  }

  @Test func parts_shouldFillALongLine_notWhatComesBesideItsRoundTrip() {
    var pace = AnswerPace()
    pace.answered(.head, bytes: 100, after: .seconds(20), at: Self.at(20))
    var bytes = PeerLimits.partBytesMin
    for round in 0..<8 {
      let carried = Duration.nanoseconds(Int64(Double(bytes) / 20_000 * 1e9))
      pace.answered(
        .missingBlocks, bytes: bytes, after: .seconds(20) + carried, at: Self.at(40 + Int64(round)))
      bytes = pace.partBytes(.missingBlocks, most: .max)
    }
    // 20 kB a second for a round trip.
    #expect(abs(bytes - 400_000) < 20_000, "\(bytes)")
  }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func partSize_shouldFindTheRate_onAnyLine(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let range = NodeLimits.macroPartBytesFirst...MessageLimits.macroAnswerBytesMax
    let rate = Double(5_000 << random.below(14))
    let roundTrip = Duration.milliseconds(Int64(random.below(20_000)))
    var size = PartSize(in: range)
    #expect(size.bytes == range.lowerBound)
    for _ in 0..<12 {
      let carried = Duration.nanoseconds(Int64(Double(size.bytes) / rate * 1e9))
      size.came(size.bytes, after: roundTrip + carried, roundTrip: roundTrip)
      #expect(range.contains(size.bytes), "seed \(seed)")
    }
    let fitting = rate * Double(PeerLimits.partTime.components.seconds)
    let wanted = min(max(fitting, Double(range.lowerBound)), Double(range.upperBound))
    #expect(abs(Double(size.bytes) - wanted) <= wanted / 20, "seed \(seed)")
    let before = size.bytes
    size.wasLate()
    #expect(size.bytes == max(before / 2, range.lowerBound), "seed \(seed)")
  }

  @Test func awaited_shouldBeWhatIsOnItsWay_ofEachKind() {
    var pace = AnswerPace()
    var model: [RequestType: Int] = [:]
    var random = SeededGenerator(seed: 3)
    for _ in 0..<500 {
      let type = [RequestType.chunk, .trieDiff, .head][random.below(3)]
      let open = model[type] ?? 0
      if open == 0 || random.chance(50) {
        pace.asked(type)
        model[type] = open + 1
      } else {
        pace.ended(type)
        model[type] = open > 1 ? open - 1 : nil
      }
      #expect(pace.awaited == model)
    }
  }
}
