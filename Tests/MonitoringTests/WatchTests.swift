import EventLog
import LiveSync
import Monitoring
import Node
import Peers
import Primitives
import Runtime
import Snapshot
import StateTrie
import Testing

/// What is counted and remembered of a node's events.
@Suite struct WatchTests {
  private static let hash = Blake2b256.hash([1])

  private static func key(_ byte: UInt8) -> KeyNibbles { KeyNibbles(bytes: [byte]) }

  private static func facts(
    _ peer: UInt32, _ start: UInt8, _ end: UInt8?, block: UInt32 = 5
  ) -> Event.ChunkFacts {
    Event.ChunkFacts(
      peer: peer, block: block, hash: hash, startKey: key(start), endKey: end.map(key),
      items: 10, bytes: 1_000)
  }

  private static func rejected(_ reason: String, peer: UInt32 = 1) -> Event {
    .block(.rejected(block: 9, hash: hash, peer: peer, reason: reason))
  }

  @Test func rejections_shouldBeCounted_byKindAndReason_andTheLastBeKept() {
    var tally = EventTally()
    for second in 0..<50 {
      tally.add(
        Self.rejected("a"), request: nil, now: Moment.start.advanced(by: .seconds(second)))
    }
    tally.add(.chunk(.rejected(Self.facts(2, 0, 1), reason: "b")), request: nil, now: .start)
    tally.add(
      .diff(.rejected(peer: 3, block: 7, hash: Self.hash, reason: "a")), request: nil, now: .start)
    let status = tally.status
    #expect(
      status.rejections.map { "\($0.kind) \($0.reason) \($0.count)" } == [
        "block a 50", "chunk b 1", "diff a 1",
      ])
    #expect(status.recentRejections.count == MonitoringLimits.recentRejectionsMax)
    #expect(status.recentRejections[0].kind == "diff")
    #expect(status.recentRejections[1].peer == 2)
    #expect(status.events.first { $0.name == "block.rejected" }?.count == 50)
  }

  @Test func snapshots_shouldBeCounted_andTheOneThatIsJoinedFromFollowed() {
    var tally = EventTally()
    func add(_ event: Event) { tally.add(event, request: nil, now: .start) }
    add(.chunk(.accepted(Self.facts(1, 0, 1))))
    #expect(tally.status.joining == nil && tally.status.snapshotsTaken == 0)
    add(.joining(.chosen(block: 5, hash: Self.hash, pieces: 3, hosts: 2, detail: "")))
    add(.chunk(.accepted(Self.facts(1, 1, 2))))
    add(.chunk(.accepted(Self.facts(1, 2, 3, block: 6))))
    add(.snapshot(.taken(block: 8, snapshot: Self.hash, items: 1, bytes: 1, durationNs: 1)))
    let status = tally.status
    #expect(status.joining?.block == 5 && status.joining?.hash == Self.hash)
    #expect(status.joining?.pieces == 3 && status.joining?.proven == 1)
    #expect(status.snapshotsTaken == 1)
  }

  @Test func rejections_shouldBeSoManyKindsAtMost() {
    var tally = EventTally()
    for number in 0..<1_000 {
      tally.add(Self.rejected("reason \(number)"), request: nil, now: .start)
    }
    let counts = tally.status.rejections
    #expect(counts.count == MonitoringLimits.rejectionKindsMax)
    #expect(counts.reduce(0) { $0 + $1.count } == 1_000)
    #expect(counts.first { $0.kind == "other" }?.count == UInt64(1_000 - counts.count + 1))
  }

  @Test func names_shouldBeSoManyAtMost() {
    var tally = EventTally()
    for number in 0..<1_000 {
      tally.add(
        .request(.served(type: "type \(number)", peer: 1, bytes: 1)), request: nil, now: .start)
      tally.add(
        .request(
          .ended(type: "type \(number)", peer: 1, outcome: .answered, bytes: 1, durationNs: 1)),
        request: nil, now: .start)
    }
    #expect(tally.status.served.count == MonitoringLimits.namesCountedMax)
    #expect(tally.status.requests.count == MonitoringLimits.namesCountedMax)
    #expect(tally.status.served.reduce(0) { $0 + $1.count } == 1_000)
  }

  @Test func stall_shouldLast_untilItIsResolvedOrHasAnotherCause() {
    var tally = EventTally()
    func at(_ seconds: Int) -> Moment { Moment.start.advanced(by: .seconds(seconds)) }
    func detect(_ blocker: Event.StallBlocker, _ second: Int) {
      tally.add(
        .stall(.detected(blocker: blocker, sinceNs: at(1).nanoseconds, detail: "d")),
        request: nil, now: at(second))
    }
    detect(.noPeers, 20)
    detect(.timeouts, 30)
    #expect(tally.status.stall?.cause == "timeouts")
    #expect(tally.status.recentStalls.map(\.cause) == ["no_peers"])
    tally.add(.stall(.resolved(blocker: .timeouts, durationNs: 1)), request: nil, now: at(40))
    #expect(tally.status.stall == nil)
    #expect(tally.status.recentStalls[0].resolved == at(40))
    for second in 41..<100 { detect(.localWork, second) }
    #expect(tally.status.recentStalls.count == MonitoringLimits.recentStallsMax)
    #expect(tally.status.stalls.first { $0.name == "local_work" }?.count == 59)
  }

  @Test func rangeInFlight_shouldBeKnown_fromTheQuestionToTheEndOfItsRequest() {
    var tally = EventTally()
    func ask(_ peer: UInt32, _ start: UInt8, _ end: UInt8?, _ number: UInt64) {
      tally.add(
        .chunk(
          .requested(peer: peer, startKey: Self.key(start), endKey: end.map(Self.key), limit: 9)),
        request: nil, now: .start)
      tally.add(
        .request(.sent(type: "chunk", peer: peer, bytes: 9)), request: number, now: .start)
    }
    func end(_ number: UInt64, _ outcome: Event.RequestOutcome) {
      tally.add(
        .request(.ended(type: "chunk", peer: 1, outcome: outcome, bytes: 0, durationNs: 5)),
        request: number, now: .start)
    }
    ask(1, 0x00, 0x40, 10)
    ask(2, 0x40, 0x80, 11)
    ask(1, 0x80, nil, 12)
    #expect(tally.inFlight.map(\.peer) == [1, 2, 1])
    #expect(tally.inFlight[1].span == KeySpaceSpan(start: 0.25, end: 0.5))
    #expect(tally.inFlight[2].span == KeySpaceSpan(start: 0.5, end: 1))
    end(12, .timeout)
    end(99, .answered)
    #expect(tally.inFlight.map(\.span.start) == [0, 0.25])
    end(10, .answered)
    end(11, .tooManyPending)
    #expect(tally.inFlight.isEmpty)
    for number in 0..<(UInt64(MonitoringLimits.requestsTrackedMax) + 10) {
      ask(1, 0, nil, 100 + number)
    }
    #expect(tally.inFlight.count == MonitoringLimits.requestsTrackedMax)
  }

  @Test func origins_shouldSayWhoBroughtWhat_inPartsOfTheKeySpace() {
    var tally = EventTally()
    #expect(tally.spansByPeer.isEmpty)
    tally.add(.chunk(.accepted(Self.facts(1, 0x00, 0x40))), request: nil, now: .start)
    tally.add(.chunk(.accepted(Self.facts(1, 0x40, 0x80))), request: nil, now: .start)
    tally.add(.chunk(.accepted(Self.facts(2, 0xc0, nil))), request: nil, now: .start)
    #expect(
      tally.spansByPeer == [
        PeerSpan(span: KeySpaceSpan(start: 0, end: 0.5), peer: 1),
        PeerSpan(span: KeySpaceSpan(start: 0.75, end: 1), peer: 2),
      ])
    for byte in 0..<255 as Range<UInt8> {
      tally.add(
        .chunk(.accepted(Self.facts(UInt32(byte), byte, byte + 1))), request: nil, now: .start)
    }
    #expect(tally.spansByPeer.count == MonitoringLimits.keySpaceParts)
    tally.add(
      .chain(.stateGivenUp(block: 1, hash: Self.hash)), request: nil, now: .start)
    #expect(tally.spansByPeer.isEmpty)
  }

  @Test func heights_shouldBeTheHighestHeard_ofSoManyPeers() {
    var tally = EventTally()
    func announce(_ peer: UInt32, _ block: UInt32) {
      tally.add(
        .block(.announced(peer: peer, block: block, hash: Self.hash)), request: nil, now: .start)
    }
    announce(1, 9)
    announce(1, 7)
    #expect(tally.height(of: 1) == 9)
    tally.add(.chunk(.received(Self.facts(2, 0, 1, block: 12))), request: nil, now: .start)
    #expect(tally.height(of: 2) == 12)
    for peer in 0..<UInt32(MonitoringLimits.peerHeightsMax) { announce(100 + peer, 3) }
    #expect(tally.height(of: 1) == nil)
    #expect(tally.height(of: 2) == nil)
    #expect(tally.height(of: 100) == 3)
  }

  @Test func rate_shouldBeMeasuredOverItsWindow() {
    var meter = RateMeter()
    func add(_ seconds: Int, _ received: UInt64, _ sent: UInt64) -> [Double] {
      let rates = meter.add(
        received: received, sent: sent, at: Moment.start.advanced(by: .seconds(seconds)))
      return [rates.in, rates.out]
    }
    let window = Int(MonitoringLimits.rateWindow.components.seconds)
    #expect(add(0, 1_000, 0) == [0, 0])
    #expect(add(1, 2_000, 10) == [1_000, 10])
    #expect(add(2, 2_000, 10) == [500, 5])
    // What is older than the window counts no more.
    #expect(add(2 + window, 2_000, 10) == [0, 0])
    #expect(add(3 + window, 500, 10) == [0, 0])
  }

  @Test func missingRanges_shouldBeJoinedOverTheirSmallestGaps_whenThereAreTooMany() {
    let ranges = (0..<100 as Range<UInt8>).map {
      KeyRange(start: Self.key($0 * 2), end: Self.key($0 * 2 + 1))
    }
    var set = KeyRangeSet(ranges)
    #expect(set.spans(limit: MonitoringLimits.rangesListedMax).count == 100)
    let few = set.spans(limit: 10)
    #expect(few.count == 10)
    #expect(few[0].start == 0)
    #expect(few.last?.end == 199.0 / 256)
    set = KeyRangeSet([
      KeyRange(start: Self.key(0), end: Self.key(1)),
      KeyRange(start: Self.key(2), end: Self.key(3)),
      KeyRange(start: Self.key(128), end: nil),
    ])
    #expect(
      set.spans(limit: 2) == [
        KeySpaceSpan(start: 0, end: 3.0 / 256), KeySpaceSpan(start: 0.5, end: 1),
      ])
  }
}
