import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Reports
import TestSupport
import Testing

@Suite struct ExportTests {
  /// A request from s0 to p1 with its answer, a block of p1 that is announced, and a counter.
  private static let log: MadeLog = {
    var log = MadeLog()
    let sent = log.add(.request(.sent(type: "chunk", peer: 1, bytes: 9)), request: 4)
    log.add(.request(.served(type: "chunk", peer: 0, bytes: 90)), node: "p1")
    log.add(
      .request(
        .ended(type: "chunk", peer: 1, outcome: .answered, bytes: 90, durationNs: 2_000_000)),
      cause: sent, request: 4)
    log.add(
      .block(
        .produced(kind: .micro, block: 9, hash: MadeLog.hash(9), transactions: 1, entries: 2)),
      node: "p1")
    log.add(.block(.announced(peer: 1, block: 9, hash: MadeLog.hash(9))))
    log.add(
      .state(
        .progress(block: 9, items: 5, missingRanges: 3, heldPpm: 70, inFlight: 1, buffered: 2)))
    return log
  }()

  private static func trace(_ records: [EventRecord]) throws -> [JSONDocument] {
    var export = TraceExport()
    var bytes = TraceExport.head
    for record in records { bytes += try export.add(record) }
    let document = try JSONDocument(parsing: bytes + TraceExport.tail)
    return try #require(document["traceEvents"]?.items)
  }

  @Test func trace_shouldHaveSpansArrowsAndCounters() throws {
    let events = try Self.trace(Self.log.records)
    func all(_ phase: String) -> [JSONDocument] { events.filter { $0["ph"]?.text == phase } }
    // One request: a span with one identity, which ends where it began.
    #expect(all("b").count == 1 && all("e").count == 1)
    #expect(all("b")[0]["id"]?.content == all("e")[0]["id"]?.content)
    #expect(all("b")[0]["ts"]?.content == .number("1000.000"))
    // Three messages: the request, its answer, the announcement.
    let starts = all("s").map { $0["id"]?.content }
    #expect(starts.count == 3 && starts == all("f").map { $0["id"]?.content })
    #expect(
      all("C").compactMap { $0["name"]?.text }.sorted() == [
        "buffered", "held_ppm", "in_flight", "items", "missing_ranges",
      ])
    let processes = all("M").filter { $0["name"]?.text == "process_name" }
    #expect(processes.compactMap { $0["args"]?["name"]?.text } == ["the run", "s0", "p1"])
    // Every record is there once.
    #expect(all("X").count + all("i").count == Self.log.records.count)
  }

  @Test func lostRequest_shouldNotBeTakenForTheNextOne() throws {
    var log = MadeLog()
    let lost = log.add(.request(.sent(type: "chunk", peer: 1, bytes: 9)), request: 4)
    log.add(
      .request(.ended(type: "chunk", peer: 1, outcome: .timeout, bytes: 0, durationNs: 5)),
      cause: lost, request: 4)
    let sent = log.add(.request(.sent(type: "chunk", peer: 1, bytes: 9)), request: 5)
    log.add(.request(.served(type: "chunk", peer: 0, bytes: 90)), node: "p1")
    let events = try Self.trace(log.records)
    let starts = events.filter { $0["ph"]?.text == "s" }
    #expect(starts.count == 1)
    #expect(starts[0]["ts"]?.content == .number("\(sent * 1_000).000"))
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func trace_shouldBeStrictJSON_whateverTheLogSays(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var log = MadeLog()
    for event in EventSchema.livesync.samples(choosing: { random.next() % $0 }) {
      log.add(event, node: "\"<\\\u{1}\(random.below(3))", request: random.next() % 9)
    }
    #expect(try !Self.trace(log.records).isEmpty, "seed \(seed)")
  }

  private static func lines(
    _ records: [EventRecord], least: EventLevel = .debug
  ) throws -> [(host: String, clock: [String: Int])] {
    var export = SpaceTimeExport(least: least)
    var bytes = SpaceTimeExport.head
    for record in records { bytes += try export.add(record) }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == #"(?<host>\S+) (?<clock>\{[^}]*\}) (?<event>.*)"#)
    #expect(lines[1] == "")
    return try lines.dropFirst(2).dropLast().map { line in
      // The expression of the first line.
      let match = try #require(line.wholeMatch(of: /(\S+) (\{[^}]*\}) (.*)/), "\(line)")
      let document = try JSONDocument(parsing: Array(match.2.utf8))
      guard case .object(let members) = document.content else { return ("", [:]) }
      let clock = members.map { ($0.key, $0.value.whole(Int.self) ?? -1) }
      return (String(match.1), Dictionary(uniqueKeysWithValues: clock))
    }
  }

  @Test func clocks_shouldKnowWhatMessagesBring() throws {
    let lines = try Self.lines(Self.log.records)
    #expect(lines.map(\.host) == ["run", "s0", "p1", "s0", "p1", "s0", "s0"])
    #expect(lines[2].clock == ["s0": 1, "p1": 1])
    #expect(lines[3].clock == ["s0": 2, "p1": 1])
    #expect(lines[5].clock == ["s0": 3, "p1": 2])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func clocks_shouldBeValid_whateverTheLogSays(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let names = ["a b", "run", "-", "{\"x\"}", "s0", "p1", "\n"]
    var log = MadeLog()
    for event in EventSchema.livesync.samples(choosing: { random.next() % $0 }) {
      let cause = random.chance(50) ? UInt64(random.below(log.records.count)) : nil
      log.add(event, node: names[random.below(names.count)], cause: cause)
    }
    for least in EventLevel.allCases {
      var seen: [String: Int] = [:]
      for line in try Self.lines(log.records, least: least) {
        // The own count goes up by one; nobody knows more than has happened.
        #expect(line.clock[line.host] == (seen[line.host] ?? 0) + 1, "seed \(seed)")
        seen[line.host, default: 0] += 1
        for (host, count) in line.clock.sorted(by: { $0.key < $1.key }) {
          #expect(count >= 1 && count <= seen[host] ?? 0, "seed \(seed)")
        }
      }
    }
  }

  @Test func statement_shouldNameEveryColumnOnce_andQuoteItsPaths() {
    let names = TableStatement.columns.map(\.name)
    let fields = EventSchema.livesync.entries.flatMap { $0.fields.map(\.field.name) }
    #expect(Set(names) == Set(fields + EventField.header.map(\.name)))
    #expect(names.count == Set(names).count)
    let statement = TableStatement.parquet(of: "o'n.jsonl", to: "'", isCut: true)
    #expect(statement.contains("read_json('o''n.jsonl',") && statement.contains("to '''' ("))
    #expect(statement.contains("ignore_errors = true") && statement.hasSuffix(";\n"))
    #expect(!TableStatement.parquet(of: "a", to: "b").contains("ignore_errors"))
  }
}

extension JSONDocument {
  fileprivate subscript(key: String) -> JSONDocument? {
    guard case .object(let members) = content else { return nil }
    return members.first { $0.key == key }?.value
  }

  fileprivate var items: [JSONDocument]? {
    if case .array(let items) = content { items } else { nil }
  }
}
