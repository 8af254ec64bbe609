import LiveSync
import Networking
import Peers
import Primitives
import Runtime
import Testing

@Suite struct PeerLedgerTests {
  typealias Limits = LiveSyncLimits
  static let good = PeerID(1)
  static let bad = PeerID(2)

  static func at(_ milliseconds: Int64) -> Moment {
    Moment(nanoseconds: milliseconds * 1_000_000)
  }

  /// An answer that took `milliseconds` and came at `time`.
  static func delivery(
    _ time: Int64, taking milliseconds: Int64, bytes: Int = 100_000, isShort: Bool = false,
    isAlone: Bool = true
  ) -> Delivery {
    Delivery(
      sentAt: at(time - milliseconds), arrivedAt: at(time), bytes: bytes, deliveredBytes: bytes,
      isShort: isShort, isAlone: isAlone)
  }

  /// A peer that answers `count` requests in time.
  static func serve(
    _ record: inout PeerRecord, from time: Int64, count: Int = 10, taking milliseconds: Int64 = 100,
    bytes: Int = 100_000
  ) {
    for step in 0..<count {
      let now = time + Int64(step) * milliseconds
      record.asked(bytes: bytes)
      record.ended(bytes: bytes)
      record.arrived(bytes: bytes, since: record.arrivedBytes, in: .milliseconds(milliseconds))
      record.verified(
        delivery(now, taking: milliseconds, bytes: bytes), items: 1_000, at: at(now))
    }
  }

  @Test func window_shouldFollowTheBandwidthDelayProduct() {
    var record = PeerRecord()
    #expect(record.window(bytes: 100_000, isSlow: false) == LiveSyncLimits.chunkWindowFirst)
    Self.serve(&record, from: 1_000)
    // One at a time was all there ever was: a quarter above it, and one more.
    #expect(record.window(bytes: 100_000, isSlow: false) == 3)
    // Eight at once in the same time: the path carries eight times as much.
    record.verified(
      Delivery(
        sentAt: Self.at(2_000), arrivedAt: Self.at(2_100), bytes: 100_000, deliveredBytes: 800_000,
        isShort: false, isAlone: false), items: 1, at: Self.at(2_100))
    #expect(record.window(bytes: 100_000, isSlow: false) == 16)
    // Once it grows no more, the peer's line is not filled beyond what it carries.
    for step in 1...Int64(LiveSyncLimits.growthAnswers) {
      record.verified(
        Self.delivery(2_100 + step, taking: 100), items: 1, at: Self.at(2_100 + step))
    }
    #expect(record.window(bytes: 100_000, isSlow: false) == 11)
    #expect(record.window(bytes: 1, isSlow: false) == LiveSyncLimits.chunkWindowMax)
    #expect(record.window(bytes: 100_000, isSlow: true) == 1)
  }

  @Test func window_shouldNotGrow_byWhatWaitsInThePeersLine() {
    var record = PeerRecord()
    Self.serve(&record, from: 1_000)
    let window = record.window(bytes: 100_000, isSlow: false)
    for step in 1...1_000 {
      let time = 2_000 + Int64(step) * 100
      record.verified(
        Self.delivery(time, taking: 900, isAlone: false), items: 1, at: Self.at(time))
    }
    #expect(record.window(bytes: 100_000, isSlow: false) <= window)
  }

  @Test func nothing_shouldBeCredited_beforeItIsVerified() {
    var record = PeerRecord()
    for _ in 0..<100 {
      record.asked(bytes: 10)
      record.ended(bytes: 10)
      record.arrived(bytes: 1_000_000, since: 0, in: .seconds(1))
    }
    #expect(record.bytesPerSecond == nil && record.verifiedBytes == 0)
    #expect(record.window(bytes: 1_000, isSlow: false) == LiveSyncLimits.chunkWindowFirst)
    #expect(record.timeout(bytes: 1_000) == LiveSyncLimits.chunkTimeout)
    // Nor does it wash away that the peer was late.
    for step in 0..<4 { record.timedOut(at: Self.at(Int64(step))) }
    record.arrived(bytes: 1_000_000, since: 0, in: .seconds(1))
    #expect(record.demotion == .late)
  }

  @Test func goodAndBadInTurn_shouldEndInDemotion() {
    var record = PeerRecord()
    for step in 0..<8 {
      Self.serve(&record, from: Int64(step) * 1_000, count: 1)
      record.timedOut(at: Self.at(Int64(step) * 1_000 + 500))
    }
    #expect(record.demotion == .late)
    // It stays so as long as it goes on, and ends some time after.
    Self.serve(&record, from: 9_000, count: 1)
    #expect(record.demotion == .late)
    record.settleStrikes(at: Self.at(9_000 + 8 * 15_000))
    #expect(record.demotion == nil)
  }

  @Test func lateAnswers_shouldBeForgiven_asFarAsMessagesAreLost() {
    for (lost, isDemoted) in [(0.0, true), (0.4, true), (1.0, false)] {
      var record = PeerRecord()
      for step in 0..<8 {
        let start = Self.at(Int64(step) * 1_000)
        let delivery = Delivery(
          sentAt: start, arrivedAt: start.advanced(by: .milliseconds(100)), bytes: 1_000,
          deliveredBytes: 1_000, isShort: false, isAlone: true)
        record.verified(delivery, items: 1, lostPerAnswer: lost, at: delivery.arrivedAt)
        record.timedOut(at: Self.at(Int64(step) * 1_000 + 500))
      }
      #expect((record.demotion == .late) == isDemoted, "\(lost)")
    }
  }

  @Test func oneLateAnswerInTen_shouldNotDemote() {
    var record = PeerRecord()
    for step in 0..<50 {
      Self.serve(&record, from: Int64(step) * 2_000, count: 9)
      record.timedOut(at: Self.at(Int64(step) * 2_000 + 1_500))
      #expect(record.demotion == nil)
    }
    #expect(record.late == 50)
  }

  @Test func slowDrip_shouldBeSlow_thoughItIsNeverLate() {
    var ledger = PeerLedger()
    for step in 0..<10 {
      for number in UInt32(1)...3 {
        let isDrip = number == 2
        ledger.verified(
          PeerID(number),
          Self.delivery(
            Int64(step + 1) * 5_000, taking: isDrip ? 4_900 : 100, bytes: isDrip ? 2_000 : 100_000),
          items: 10, at: Self.at(Int64(step + 1) * 5_000))
      }
    }
    #expect(ledger.demotion(of: Self.bad) == .slow)
    #expect(ledger.demotion(of: Self.good) == nil && ledger.demotion(of: PeerID(3)) == nil)
    let order = ledger.ranking(
      of: [Self.good, Self.bad, PeerID(3)].map { (peer: $0, bytes: 100_000) }, at: Self.at(60_000))
    #expect(order.last?.peer == Self.bad && order.last?.spare == 1)
  }

  @Test func shortAnswers_shouldDemote() {
    var record = PeerRecord()
    for step in 0..<6 {
      record.verified(
        Self.delivery(Int64(step) * 100 + 100, taking: 50, bytes: 300, isShort: true), items: 1,
        at: Self.at(Int64(step) * 100 + 100))
    }
    #expect(record.demotion == .short)
  }

  @Test func notHavingIt_shouldBeNoOffence_butAPause() {
    var record = PeerRecord()
    let key = KeyNibbles("5")!
    for _ in 0..<20 { record.lacks(key, at: Self.at(1_000)) }
    #expect(record.demotion == nil && record.empty == 20)
    #expect(record.pausedUntil == Self.at(1_000).advanced(by: LiveSyncLimits.emptyPauseMax))
    #expect(record.isLacking(key, at: Self.at(2_000)))
    #expect(!record.isLacking(KeyNibbles("6")!, at: Self.at(2_000)))
    #expect(!record.isLacking(key, at: Self.at(12_000)))
  }

  @Test func places_shouldBeForgotten_aboveTheirLimit() {
    var record = PeerRecord()
    for index in 0...Limits.lackingPlacesMax {
      record.lacks(KeyNibbles(bytes: [UInt8(index)]), at: Self.at(1_000))
    }
    #expect(!record.isLacking(KeyNibbles(bytes: [0]), at: Self.at(1_001)))
    #expect(record.isLacking(KeyNibbles(bytes: [1]), at: Self.at(1_001)))
  }

  @Test func timeout_shouldFollowTheMeasuredTime_withinItsLimits() {
    var record = PeerRecord()
    Self.serve(&record, from: 1_000)
    #expect(record.timeout(bytes: 1_000) == LiveSyncLimits.chunkTimeoutMin)
    let usual = record.timeout(bytes: 1_000_000)
    #expect(usual > LiveSyncLimits.chunkTimeoutMin && usual < LiveSyncLimits.chunkTimeoutMax)
    record.timedOut(at: Self.at(3_000))
    let doubled = record.timeout(bytes: 1_000_000)
    // Computed in floating point.
    #expect(abs((doubled - usual * 2).wholeNanoseconds) <= 1)
    for _ in 0..<10 { record.timedOut(at: Self.at(3_000)) }
    #expect(record.timeout(bytes: 1_000_000) == LiveSyncLimits.chunkTimeoutMax)
  }

  @Test func strikes_shouldBeBounded_soThatNobodyIsLostForEver() {
    var record = PeerRecord()
    for _ in 0..<1_000 { record.timedOut(at: Self.at(0)) }
    let strikes = LiveSyncLimits.strikesMax - LiveSyncLimits.strikesForgiven
    let end = LiveSyncLimits.strikeTime * strikes
    record.settleStrikes(at: Self.at(0).advanced(by: end))
    #expect(record.demotion == nil)
  }

  @Test func percentile_shouldNeedSamples_andForgetOldOnes() {
    var ledger = PeerLedger()
    func add(_ count: Int, taking: Int64) {
      for _ in 0..<count {
        ledger.verified(
          Self.good, Self.delivery(10_000, taking: taking), items: 1, at: Self.at(10_000))
      }
    }
    add(PeerLimits.latenciesMin - 1, taking: 9_000)
    #expect(ledger.latency95 == nil)
    add(1, taking: 9_000)
    #expect(ledger.latency95 == .seconds(9))
    add(PeerLimits.latenciesMax, taking: 100)
    #expect(ledger.latency95 == .milliseconds(100))
  }

  @Test func filter_shouldKeepTheBestOfItsWindow() {
    var largest = WindowedFilter(.largest, window: .seconds(10))
    for (time, value) in [(0, 5.0), (1_000, 9), (2_000, 3), (9_000, 4)] as [(Int64, Double)] {
      largest.add(value, at: Self.at(time))
    }
    #expect(largest.value == 9)
    largest.add(1, at: Self.at(11_500))
    #expect(largest.value == 4)
    // A run-empty window keeps the last value.
    largest.add(2, at: Self.at(60_000))
    #expect(largest.value == 2)
    var bounded = WindowedFilter(.largest, window: .seconds(1_000))
    for index in 0...PeerLimits.filterSamplesMax {
      bounded.add(Double(1_000 - index), at: Self.at(Int64(index)))
    }
    #expect(bounded.value == 999)
  }

  @Test func records_shouldGiveWay_aboveTheirLimit_butNotThoseInUse() {
    var ledger = PeerLedger()
    ledger.update(PeerID(0)) { $0.asked(bytes: 1) }
    for number in UInt32(1)...UInt32(LiveSyncLimits.peerRecordsMax) {
      ledger.update(PeerID(number)) { $0.lied() }
    }
    #expect(ledger[PeerID(0)].inFlight == 1)
    #expect(ledger[PeerID(1)].invalid == 0)
    #expect(ledger[PeerID(UInt32(LiveSyncLimits.peerRecordsMax))].invalid == 1)
  }
}
