import EventLog
import LiveSync
import Locking
import Node
import Primitives
import Reports
import Simulation
import Testing

/// Pictures of runs: each row of the key space is drawn once, for whoever brought it.
@Suite struct RunPictureTests {
  static func record(_ second: Int64, _ event: Event, node: String = "s0") -> EventRecord {
    EventRecord(
      sequence: 0, time: second * 1_000_000_000,
      context: EventContext(node: node, actor: "node"), event: event)
  }

  static func chunk(_ peer: UInt32, _ start: UInt8, _ end: UInt8?) -> Event {
    .chunk(
      .accepted(
        .init(
          peer: peer, block: 1, hash: .zero, startKey: KeyNibbles(bytes: [start]),
          endKey: end.map { KeyNibbles(bytes: [$0]) }, items: 1, bytes: 1)))
  }

  static let started = Event.node(.started(block: 0, hash: .zero, missingRanges: 1))

  static func picture(_ events: [(Int64, Event)]) -> RunPicture {
    var picture = RunPicture(node: "s0")
    for (second, event) in events { picture.add(record(second, event)) }
    return picture
  }

  @Test func rows_shouldBeThoseOfTheKeys_once() {
    let half = ReportLimits.pictureRows / 2
    var picture = Self.picture([
      (10, Self.started), (11, Self.chunk(1, 0x40, 0x80)), (12, Self.chunk(2, 0x00, 0xc0)),
    ])
    #expect(picture.fills.map(\.rows) == [half / 2..<half, 0..<half / 2, half..<half * 3 / 2])
    #expect(picture.fills.map(\.peer) == [1, 2, 2])
    #expect(picture.growth.map(\.rows) == [half / 2, half * 3 / 2])
    // Held already, and of another node.
    picture.add(Self.record(13, Self.chunk(3, 0x00, 0x10)))
    picture.add(Self.record(13, Self.chunk(3, 0xc0, nil), node: "s1"))
    #expect(picture.fills.count == 3)
    picture.add(Self.record(14, .chain(.stateGivenUp(block: 1, hash: .zero))))
    #expect(picture.fills.allSatisfy { $0.to == 14_000_000_000 })
    picture.add(Self.record(15, Self.chunk(3, 0x00, nil)))
    #expect(picture.fills.last?.rows == 0..<2 * half && picture.fills.last?.to == nil)
    #expect(picture.growth.map(\.rows) == [half / 2, half * 3 / 2, 0, 2 * half])
  }

  @Test func emptyRanges_shouldShowNothing() {
    // A range below the height of a row, and one that ends before it starts.
    let picture = Self.picture([(10, Self.started), (11, Self.chunk(1, 0x80, 0x40))])
    #expect(picture.fills.isEmpty && picture.growth.map(\.rows) == [0])
    #expect(!picture.isEmpty && picture.svg.contains("</svg>"))
    #expect(RunPicture(node: "s0").isEmpty)
  }

  @Test func picture_shouldTellAWholeRun() throws {
    // Thin lines, so that the state takes a few blocks.
    var scenario = try Scenario.named("bandwidth")
    scenario.accounts = 2_000
    scenario.chunkItems = 50
    scenario.transactionsPerBlock = 20
    scenario.uploadBytesPerSecond = 20_000
    scenario.downloadBytesPerSecond = 50_000
    scenario.joinAtBlock = 34
    try scenario.set("rebranch_at_percent", to: 30)
    try scenario.set("kill_at_percent", to: 60)
    let log = Lock<[UInt8]>([])
    _ = try SimulationRun(scenario, seed: 3).run(
      identity: RunIdentity(commit: "test", toolchain: "test", mode: "test"),
      log: { bytes in log.withLock { $0 += bytes } })
    var picture = RunPicture(node: "s0")
    var reader = EventLogReader(.livesync)
    try reader.read(log.withLock { $0 }) { picture.add($0) }
    #expect(picture.growth.last?.rows == ReportLimits.pictureRows)
    #expect(picture.growth.map(\.rows) == picture.growth.map(\.rows).sorted())
    let rows = picture.fills.flatMap { Array($0.rows) }
    #expect(rows.sorted() == Array(0..<ReportLimits.pictureRows))
    let svg = picture.svg
    #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains(">killed</text>") && svg.contains(">complete</text>"))
    // One bar for each fill, besides the ground, two panels, the kill and the legend.
    let peers = Set(picture.fills.map(\.peer)).count
    #expect(svg.split(separator: "<rect ").count - 1 == picture.fills.count + 4 + peers)
    let opened = svg.split(separator: "<text ").count - 1
    #expect(svg.split(separator: "</text>").count - 1 == opened)
  }

  /// White on a band that it fits into, else dark beside it.
  @Test func labelOfABand_shouldBeReadable_howeverNarrowTheBandIs() {
    func label(until second: Int64) -> String? {
      let svg = Self.picture([
        (10, Self.started), (100, .node(.crashed(reason: "killed"))), (second, Self.started),
        (500, Self.started),
      ]).svg
      return svg.split(separator: "\n").first { $0.contains(">killed<") }.map(String.init)
    }
    #expect(label(until: 400)?.contains("#ffffff") == true)
    #expect(label(until: 102)?.contains("#ffffff") == false)
  }

  @Test func words_shouldNotBreakThePicture() {
    let picture = Self.picture([
      (
        0,
        .run(
          .start(
            schema: 1, seed: 1, commit: "", toolchain: "", mode: "", clock: .simulated,
            scenario: "<x> & y", parameters: ""))
      ),
      (10, Self.started),
    ])
    #expect(picture.svg.contains("&lt;x> &amp; y, seed 1"))
  }
}
