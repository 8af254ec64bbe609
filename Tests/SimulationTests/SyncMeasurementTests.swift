import EventLog
import LiveSync
import Primitives
import SimulatedNetworking
import Simulation
import StateTrie
import Testing

/// What a run says of the time and the bytes that a sync took.
@Suite struct SyncMeasurementTests {
  static func key(_ byte: UInt8) -> KeyNibbles { KeyNibbles(bytes: [byte]) }

  static func chunk(_ event: Event.Chunk) -> WatchedEvent { WatchedEvent(.chunk(event)) }

  static func accepted(_ start: UInt8, _ end: UInt8?, bytes: Int) -> WatchedEvent {
    chunk(
      .accepted(
        .init(
          peer: 1, block: 1, hash: .zero, startKey: key(start), endKey: end.map(key), items: 1,
          bytes: bytes)))
  }

  @Test func limit_shouldBeBytesOverRatePlusFourRoundTrips() {
    let limit = SyncLimit(
      stateBytes: 9_000_000, blockBytes: 700_000, diffBytes: 300_000, bytesPerSecond: 10_000_000,
      roundTripNanoseconds: 100_000_000)
    #expect(limit.bytes == 10_000_000)
    #expect(limit.nanoseconds == 1_400_000_000)
  }

  @Test func limit_shouldGrowByWhatAbsencesTake() {
    var lines = LineHistory()
    #expect(lines.nanoseconds(for: 0) == nil, "nobody joined")
    lines.set(1_000, at: 5_000_000_000)
    #expect(lines.nanoseconds(for: 2_500) == 2_500_000_000)
    // Half of it is gone for four seconds, then all for one.
    lines.set(500, at: 7_000_000_000)
    lines.set(0, at: 11_000_000_000)
    #expect(lines.nanoseconds(for: 2_000) == 2_000_000_000)
    #expect(lines.nanoseconds(for: 3_000) == 4_000_000_000)
    #expect(lines.nanoseconds(for: 4_000) == 6_000_000_000)
    #expect(lines.nanoseconds(for: 4_001) == nil, "nobody is there any more")
    lines.set(1_000, at: 12_000_000_000)
    #expect(lines.nanoseconds(for: 5_000) == 8_000_000_000)
  }

  @Test func ratio_shouldBeRoundedAgainstTheNode() {
    let limit = SyncLimit(
      stateBytes: 1_000, blockBytes: 0, diffBytes: 0, bytesPerSecond: 1_000,
      roundTripNanoseconds: 0)
    func ratio(_ nanoseconds: Int64) -> Int {
      SyncMeasurement(
        nanoseconds: nanoseconds, limit: limit, tally: SyncTally(), statistics: NodeStatistics(),
        peers: []
      ).ratioPerMille
    }
    #expect(ratio(1_000_000_000) == 1_000)
    #expect(ratio(1_100_000_000) == 1_100)
    #expect(ratio(1_100_000_001) == 1_101)
  }

  @Test func bytes_shouldBeUsefulOnce() {
    var tally = SyncTally()
    tally.take(Self.accepted(0x00, 0x40, bytes: 100))
    tally.take(Self.accepted(0x80, nil, bytes: 50))
    // The part from 0x40 on was never held; the one from 0x20 on was.
    tally.take(Self.accepted(0x40, 0x80, bytes: 30))
    tally.take(Self.accepted(0x20, 0x30, bytes: 7))
    tally.rebranchBegins()
    tally.take(
      Self.chunk(
        .discarded(
          .init(
            peer: 1, block: 1, hash: .zero, startKey: Self.key(0), endKey: nil, items: 1,
            bytes: 9),
          reason: "block_passed")))
    tally.take(
      Self.chunk(
        .ignored(
          .init(
            peer: 1, block: 1, hash: .zero, startKey: Self.key(0), endKey: nil, items: 1,
            bytes: 17),
          reason: "not_needed")))
    tally.take(Self.accepted(0x00, 0x10, bytes: 4))
    #expect(tally.usefulChunkBytes == 180)
    #expect(tally.againChunkBytes == 11)
    #expect(tally.wastedChunkBytes == 9)
    #expect(tally.doubleChunkBytes == 17)
    #expect(tally.lostSinceRebranch == 13)
    #expect(tally.chunksAccepted == 5)
  }

  @Test func forecasts_shouldBeJudgedFromAFifthOn() {
    var track = ForecastTrack()
    func add(_ at: Int64, _ held: Int, _ forecast: Event.StateForecast, _ eta: Int64?) {
      track.add(
        .init(
          atNanoseconds: at, progressPartsPerMillion: held, forecast: forecast, etaNanoseconds: eta)
      )
    }
    add(1_000, 100_000, .diverges, nil)
    add(1_100, 199_999, .converges, 5_000)
    #expect(track.worstErrorPerMille(start: 1_000, end: 2_000) == nil)
    add(1_200, 200_000, .converges, 900)
    add(1_900, 900_000, .converges, 50)
    #expect(track.judged.count == 2)
    #expect(track.worstErrorPerMille(start: 1_000, end: 2_000) == 100)
    #expect(track.last == .converges)
  }

  @Test func page_shouldKeepWhatIsOutsideTheMarks() throws {
    let marks = SyncFigures.marks
    let page = "a\n\(marks.begin)\nold\n\(marks.end)\nb\n"
    let new = try #require(SyncFigures.replaceSection(in: page, with: "new\n"))
    #expect(new == "a\n\(marks.begin)\n\nnew\n\n\(marks.end)\nb\n")
    #expect(SyncFigures.replaceSection(in: new, with: "new\n") == new)
    #expect(SyncFigures.replaceSection(in: "a\n\(marks.end)\n\(marks.begin)", with: "") == nil)
  }

  /// The published command must give the published run.
  @Test func commands_shouldNameTheirRuns() throws {
    for figure in SyncFigures.all {
      var scenario = try Scenario.named(figure.scenarioName)
      let words = figure.command.split(separator: " ").map(String.init)
      if let set = words.firstIndex(of: "--set") {
        for part in words[set + 1].split(separator: ",") { try scenario.set(String(part)) }
      }
      if words.contains("sequential") { scenario.strategy = .sequential }
      #expect(try figure.scenario() == scenario, "\(figure.command)")
      try scenario.check()
    }
    #expect(Set(SyncFigures.all.map(\.command)).count == SyncFigures.all.count)
  }
}
