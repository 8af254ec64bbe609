import Daemon
import EventLog
import Foundation
import Locking
import Primitives
import Reports
import Runtime
import Streams
import TestSupport
import Testing

@Suite struct NodeEventLogTests {
  /// A clock that a test moves, in nanoseconds.
  private final class HandClock: Sendable {
    private let time = Lock<Int64>(0)
    var now: Int64 { time.withLock { $0 } }
    func move(_ nanoseconds: Int64) { time.withLock { $0 += nanoseconds } }
  }

  private final class Heard: Sendable {
    private let state = Lock<[UInt64]>([])
    var sequences: [UInt64] { state.withLock { $0 } }
    func add(_ record: EventRecord) { state.withLock { $0.append(record.sequence) } }
  }

  private static let start = Event.run(
    .start(
      schema: Event.schemaVersion, seed: 1, commit: "c", toolchain: "t", mode: "release",
      clock: .system, scenario: "node", parameters: "p=1"))

  private static func event(_ bytes: Int) -> Event {
    .transport(.listening(address: String(repeating: "x", count: bytes)))
  }

  private static func log(
    _ partBytes: Int, _ clock: HandClock = HandClock(), _ heard: Heard = Heard()
  ) -> NodeEventLog {
    NodeEventLog(
      start: start, partBytesMax: partBytes, now: { clock.now },
      listener: { record, _ in heard.add(record) })
  }

  private static func files(_ folder: String, _ files: Int) throws -> RotatingLog {
    try RotatingLog(folder: folder, name: "events.jsonl", filesMax: files) { _ in }
  }

  /// The records of all parts, the oldest first; each must be a log by itself.
  private static func parts(_ folder: String) throws -> [[EventRecord]] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasPrefix("events") }
    func number(_ name: String) -> Int { Int(name.split(separator: ".")[1]) ?? 0 }
    return try names.sorted { number($0) > number($1) }.map { name in
      let bytes = try #require(FileManager.default.contents(atPath: folder + "/" + name))
      return try EventLogReader.wholeRecords(of: Array(bytes), schema: .livesync).records
    }
  }

  @Test func parts_shouldBeLogsByThemselves_andTheirNumbersGoOn() throws {
    for seed in UInt64(1)...20 {
      var random = SeededGenerator(seed: seed)
      let folder = TemporaryFolder()
      let files = try Self.files(folder.path, 1_000)
      let (clock, heard) = (HandClock(), Heard())
      let most = 500 + random.below(4_000)
      let log = Self.log(most, clock, heard)
      var model = 1
      var given: [UInt64] = []
      for _ in 0..<300 {
        clock.move(Int64(random.below(1_000)))
        switch random.below(20) {
        case 0: log.beginPart()
        case 1...3: try log.flush(into: files)
        default:
          let cause = random.chance(30) ? given.last : nil
          given.append(
            log.record(
              Self.event(random.below(300)), context: .run, cause: cause, request: nil))
          model += 1
        }
      }
      try log.flush(into: files)
      #expect(files.close() == nil)
      let parts = try Self.parts(folder.path)
      let all = parts.joined().map(\.sequence)
      // Every part begins with one more record.
      #expect(all == Array(0..<UInt64(model + parts.count - 1)), "seed \(seed)")
      #expect(heard.sequences == all && log.lost == 0)
      #expect(Set(given).isSubset(of: Set(all)))
      for (index, part) in parts.enumerated() {
        #expect(part[0].event == Self.start)
        let bytes = part.map(\.jsonLine.count)
        // The last record alone may go beyond the size.
        #expect(bytes.dropLast().reduce(0, +) < most, "seed \(seed), part \(index)")
      }
      #expect(log.counts["transport.listening"] == UInt64(model - 1))
    }
  }

  @Test func records_shouldBeLostAndCounted_whenTheBufferIsFull() throws {
    let folder = TemporaryFolder()
    let files = try Self.files(folder.path, 10)
    let heard = Heard()
    let log = Self.log(1 << 30, HandClock(), heard)
    var last: UInt64 = 0
    while log.lost == 0 {
      last = log.record(Self.event(1_000), context: .run, cause: nil, request: nil)
      try #require(last * 1_000 < DaemonLimits.logBufferBytesMax)
    }
    // What is lost has a number all the same, so that causes stay what they are.
    #expect(log.record(Self.event(1), context: .run, cause: nil, request: nil) == last + 1)
    #expect(log.lost == 2)
    try log.flush(into: files)
    log.record(Self.event(2), context: .run, cause: last, request: nil)
    try log.flush(into: files)
    _ = files.close()
    let parts = try Self.parts(folder.path)
    #expect(parts.count == 2 && log.lost == 2)
    #expect(parts[0].map(\.sequence) == Array(0..<last))
    #expect(parts[1].map(\.sequence) == [last + 2, last + 3])
    #expect(heard.sequences == Array(0...(last + 3)))
  }

  @Test(.enabled(if: SmallDisk.isAvailable, Comment(rawValue: SmallDisk.reasonIfNone)))
  func log_shouldGoOnInANewPart_afterAFileCouldNotBeWritten() throws {
    let disk = try SmallDisk(kilobytes: 64)
    let files = try Self.files(disk.path, 3)
    let clock = HandClock()
    let log = Self.log(1 << 20, clock)
    func record() { log.record(Self.event(5_000), context: .run, cause: nil, request: nil) }
    for _ in 0..<20 { record() }
    try log.flush(into: files)
    #expect(!files.isWritable && log.lost > 0)
    let lost = log.lost
    // Nothing is tried before its time.
    record()
    try log.flush(into: files)
    #expect(log.lost == lost + 1)
    // Still full: nothing that is there is driven out, however often it is tried.
    let pause = DaemonLimits.logRetryPause.components.seconds * 1_000_000_000
    let kept = try Self.parts(disk.path)
    for _ in 0..<5 {
      clock.move(pause)
      record()
      try log.flush(into: files)
      #expect(!files.isWritable)
    }
    #expect(try Self.parts(disk.path).contains(kept[0]))
    try disk.resize(kilobytes: 1_000)
    clock.move(pause)
    record()
    try log.flush(into: files)
    #expect(files.isWritable && files.close() == nil)
    let newest = try #require(try Self.parts(disk.path).last)
    #expect(newest.count == 2 && newest[0].sequence + 1 == newest[1].sequence)
  }

  @Test func log_shouldGoOn_afterTheFolderWasGone() throws {
    let folder = TemporaryFolder()
    let place = folder.path + "/logs"
    let files = try Self.files(place, 3)
    let clock = HandClock()
    let log = Self.log(100, clock)
    try FileManager.default.removeItem(atPath: place)
    try Data().write(to: URL(fileURLWithPath: place))
    log.record(Self.event(200), context: .run, cause: nil, request: nil)
    log.record(Self.event(200), context: .run, cause: nil, request: nil)
    #expect(throws: StreamError.self) { try log.flush(into: files) }
    #expect(log.lost > 0)
    try FileManager.default.removeItem(atPath: place)
    try FileManager.default.createDirectory(
      atPath: place, withIntermediateDirectories: true)
    // Whoever asks for a new part does not wait for its time.
    log.beginPart()
    log.record(Self.event(1), context: .run, cause: nil, request: nil)
    try log.flush(into: files)
    #expect(files.close() == nil)
    #expect(try Self.parts(place).map(\.count) == [2])
  }
}

@Suite struct PeopleLogTests {
  private static func record(_ event: Event, at time: Int64 = 0) -> EventRecord {
    EventRecord(sequence: 0, time: time, context: .run, event: event)
  }

  @Test func moment_shouldBeThatOfFoundation() throws {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    var random = SeededGenerator(seed: 2)
    // To the year 9999; and the ends of years and leap days.
    var moments = (0..<3_000).map { _ in random.next() % 253_402_300_800_000 }
    for text in ["1970-01-01", "1999-12-31", "2000-02-29", "2100-02-28", "2024-02-29"] {
      let date = try #require(formatter.date(from: text + "T23:59:59.999Z"))
      let moment = UInt64((date.timeIntervalSince1970 * 1_000).rounded())
      moments += [moment, moment + 1]
    }
    for moment in moments {
      let log = PeopleLog(least: .debug, origin: moment)
      log.note("x", at: 0)
      let date = Date(timeIntervalSince1970: Double(moment / 1_000))
      let seconds = formatter.string(from: date).dropLast(5)
      let rest = String(moment % 1_000 + 1_000).dropFirst()
      #expect(log.take() == ["\(seconds).\(rest)Z info x"])
    }
  }

  @Test func line_shouldHaveTimeLevelAndFields() {
    let log = PeopleLog(least: .info, origin: 86_400_000)
    let event = Event.transport(
      .disconnected(peer: 3, reason: "closed by it", detail: String(repeating: "a", count: 64)))
    log.add(Self.record(event, at: 1_500_000_000))
    #expect(
      log.take() == [
        "1970-01-02T00:00:01.500Z info run transport.disconnected peer=p3 "
          + "reason=\"closed by it\" detail=aaaaaaaaaaaa…"
      ])
    #expect(log.take() == [])
  }

  @Test func lowerLevels_shouldBeLeftOut() {
    let events: [(Event, EventLevel)] = [
      (.transport(.refused(address: "a", reason: "r")), .debug),
      (.transport(.listening(address: "a")), .info),
    ]
    for least in EventLevel.allCases {
      let log = PeopleLog(least: least, origin: 0)
      for (event, _) in events { log.add(Self.record(event)) }
      log.note("w", level: .warn, at: 0)
      log.note("e", level: .error, at: 0)
      let expected = [EventLevel.debug, .info, .warn, .error].firstIndex(of: least) ?? 0
      #expect(log.take().count == 4 - expected)
    }
  }

  @Test func linesThatWait_shouldBeBounded_andTheLostTold() {
    let log = PeopleLog(least: .info, origin: 0)
    let text = String(repeating: "x", count: 1 << 20)
    for _ in 0..<20 { log.note(text, at: 0) }
    let lines = log.take()
    let most = DaemonLimits.logBufferBytesMax
    #expect(lines.count == most / (1 << 20) + 1)
    #expect(lines.last == "\(20 - lines.count + 1) lines were lost")
  }
}
