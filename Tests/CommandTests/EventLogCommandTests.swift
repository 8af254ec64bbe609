import EventLog
import Foundation
import LiveSync
import Node
import Reports
import TestSupport
import Testing

/// Stories, exports and pages of logs, as a user calls them.
@Suite struct EventLogCommandTests {
  /// A log of one event of each kind, between a proper first and last record.
  private static func log(seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    let start = Event.Run.start(
      schema: Event.schemaVersion, seed: seed, commit: "c", toolchain: "t", mode: "release",
      clock: .simulated, scenario: "made", parameters: "")
    let samples = EventSchema.livesync.samples { bound in random.next() % min(bound, 1_000) }
    let events =
      [.run(start), .node(.started(block: 0, hash: .zero, missingRanges: 1))]
      + samples.filter { !($0.group is Event.Run) }
      + [.run(.end(verdict: .pass, steps: 1, detail: ""))]
    return events.enumerated().flatMap { index, event in
      EventRecord(
        sequence: UInt64(index), time: Int64(index) * 1_000,
        context: EventContext(node: index == 0 ? "-" : "s0", actor: "a"), event: event,
        request: event.name == "request.sent" ? 7 : nil
      ).jsonLine
    }
  }

  private func withLog(_ body: (URL) throws -> Void) throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(Self.log(seed: 3)).write(to: folder.appending(path: "log.jsonl"))
    try body(folder)
  }

  private func run(_ arguments: String, in folder: URL) throws -> Program.Result {
    try Program.shell("livesync " + arguments, in: folder)
  }

  @Test func story_shouldBeTold_fromAFileAndFromAPipe() throws {
    try withLog { folder in
      let file = try run("events explain log.jsonl --request 7", in: folder)
      #expect(file.code == 0 && file.output.hasPrefix("request 7 at s0\n"), "\(file.errors)")
      let pipe = try run("events explain - --request 7 < <(cat log.jsonl)", in: folder)
      #expect(pipe.output == file.output)
      let json = try run("events explain log.jsonl --request 7 --json", in: folder)
      _ = try JSONDocument(parsing: Array(json.output.utf8))
      let list = try run("events explain log.jsonl --list peer", in: folder)
      #expect(list.code == 0 && list.output.hasPrefix("peer: "))
    }
  }

  @Test(arguments: [
    ("--request 8", "near it are 7; --list request shows all"),
    ("--request x", "option '--request' needs the number (req) of a request, not 'x'"),
    ("", "exactly one of --chunk, --block, --peer, --request, --snapshot or --list is needed"),
    ("--chunk 1 --block 2", "exactly one of"),
    ("--list chunks", "option '--list' needs one of chunk, block"),
    ("--list chunk --peer p1", "option '--list' goes with none of the others"),
    ("--request 7 --node x", "the log says nothing of a node 'x', it has s0"),
  ])
  func story_shouldBeRefused_whenNothingCanBeTold(options: String, message: String) throws {
    try withLog { folder in
      let result = try run("events explain log.jsonl \(options)", in: folder)
      #expect(result.code == 2 && result.output.isEmpty)
      #expect(result.errors.contains(message), "\(result.errors)")
    }
  }

  /// `ReportLimits.heldLogBytesMax` bounds what is kept of it.
  @Test func logFromAPipe_shouldBeRefused_whenItIsTooLong() throws {
    try withLog { folder in
      let bytes = ReportLimits.heldLogBytesMax
      let result = try run(
        "events explain - --request 7 < <(head -c \(bytes + 1) /dev/zero)", in: folder)
      #expect(result.code == 2 && result.errors.contains("\(bytes)"), "\(result.errors)")
      let allowed = try run(
        "events explain - --request 7 < <(head -c \(bytes) /dev/zero)", in: folder)
      #expect(allowed.code == 2 && allowed.errors.contains("line 1, column 1"))
    }
  }

  @Test func exports_shouldBeWritten_orLeaveWhatWasThere() throws {
    try withLog { folder in
      let trace = try run("events export log.jsonl t.json --to perfetto --json", in: folder)
      #expect(trace.code == 0 && trace.output.contains("\"form\":\"perfetto\""))
      let bytes = try Data(contentsOf: folder.appending(path: "t.json"))
      _ = try JSONDocument(parsing: Array(bytes))
      #expect(try run("events export log.jsonl s.txt --to shiviz", in: folder).code == 0)
      let statement = try run("events export log.jsonl p --to parquet", in: folder)
      #expect(statement.code == 0 && statement.output.hasPrefix("copy (\n  select * from"))
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "p").path))
      // A damaged log leaves the old file.
      let damaged = try run(
        "events export <(head -c 9000 log.jsonl; echo x) t.json --to perfetto", in: folder)
      #expect(damaged.code == 2 && damaged.errors.contains("line "))
      #expect(try Data(contentsOf: folder.appending(path: "t.json")) == bytes)
      for options in ["", "--to csv", "--to perfetto --level info", "--to shiviz --level loud"] {
        #expect(try run("events export log.jsonl x \(options)", in: folder).code == 2)
      }
      #expect(try run("events export - x --to parquet < log.jsonl", in: folder).code == 2)
    }
  }

  @Test func page_shouldBeWritten_withTheNumbersOfTheSummary() throws {
    try withLog { folder in
      let result = try run("report log.jsonl -o r.html", in: folder)
      #expect(result.code == 0, "\(result.errors)")
      let page = try String(contentsOf: folder.appending(path: "r.html"), encoding: .utf8)
      let summary = try run("events summary log.jsonl --node s0 --json", in: folder)
      let json = try JSONValue(parsing: Data(summary.output.utf8))
      for name in ["records", "received_bytes", "refusals"] {
        let number = json["run"][name].integer
        #expect(page.contains("<data value=\"\(number)\" data-figure=\"run.\(name)\">"), "\(name)")
      }
      #expect(try run("report log.jsonl", in: folder).code == 2)
      let other = try run("report log.jsonl -o x.html --node s9", in: folder)
      #expect(other.code == 2 && other.errors.contains("says nothing of a node 's9'"))
      // A log that is cut says so on its page; a strict reader refuses it.
      let cut = "<(head -c -20 log.jsonl)"
      #expect(try run("report \(cut) -o c.html", in: folder).code == 0)
      let cutPage = try String(contentsOf: folder.appending(path: "c.html"), encoding: .utf8)
      #expect(cutPage.contains("The log is cut off in line"))
      #expect(try run("report \(cut) -o d.html --strict", in: folder).code == 2)
    }
  }
}
