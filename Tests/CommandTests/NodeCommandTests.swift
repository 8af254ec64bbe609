import Daemon
import EventLog
import Foundation
import Glibc
import Production
import Reports
import TestSupport
import Testing

/// `livesync node` as a process of its own.
@Suite struct NodeCommandTests {
  /// A genesis file with its keys, and nodes of it.
  private final class Place {
    let folder = TemporaryFolder()
    var path: String { folder.path }

    init() throws {
      let result = try Program.run(
        "genesis", "--out", path + "/g.json", "--keys", path, "--validators", "1", "--accounts",
        "100", "--block-time", "50")
      try #require(result.code == 0, "\(result.errors)")
    }

    func arguments(
      _ more: [String] = [], makes: Bool = true, data: String? = nil
    ) -> [String] {
      let words = [
        "node", "--data", data ?? path + "/n", "--genesis", path + "/g.json", "--listen",
        "127.0.0.1:0",
        "--http", "127.0.0.1:0",
      ]
      let produce = ["--state", "genesis", "--produce", path + "/validators.key"]
      return words + (makes ? produce : []) + more
    }

    func start(_ more: [String] = [], errors: String = "errors") throws -> BackgroundProgram {
      try BackgroundProgram(arguments(more), errors: path + "/" + errors)
    }

    func records(_ name: String = "events.jsonl") throws -> [EventRecord] {
      guard let data = FileManager.default.contents(atPath: path + "/n/" + name) else {
        throw Late()
      }
      return try EventLogReader.wholeRecords(
        of: Array(data), schema: .livesync
      ).records
    }

    /// Waits until the log has so many blocks beyond `number`.
    func head(above number: Int = 0) throws -> Int {
      let end = ContinuousClock.now.advanced(by: .seconds(30))
      while ContinuousClock.now < end {
        if let heads = try? records().compactMap({ Self.block($0) }), let head = heads.max(),
          head > number
        {
          return head
        }
        usleep(50_000)
      }
      throw Late()
    }

    private struct Late: Error {}

    private static func block(_ record: EventRecord) -> Int? {
      guard record.event.name == "block.produced" else { return nil }
      let line = String(decoding: record.jsonLine, as: UTF8.self)
      return line.firstMatch(of: /"block":(\d+)/).flatMap { Int($0.1) }
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func signal_shouldEndTheNode_inTimeAndInOrder(number: Int32) throws {
    let place = try Place()
    let node = try place.start()
    _ = try place.head(above: 1)
    let start = ContinuousClock.now
    node.signal(number)
    #expect(node.wait() == 0)
    #expect(start.duration(to: .now) < .seconds(2))
    let names = try place.records().map(\.event.name)
    #expect(names.first == "run.start" && names.last == "run.end")
    #expect(names.count { $0 == "run.end" } == 1)
  }

  @Test func hangup_shouldBeginANewPart() throws {
    let place = try Place()
    let node = try place.start()
    let head = try place.head(above: 1)
    node.signal(SIGHUP)
    // Wherever it is: the next record that comes begins a new part.
    _ = try place.head(above: head + 2)
    node.signal(SIGTERM)
    #expect(node.wait() == 0)
    let (old, new) = (try place.records("events.1.jsonl"), try place.records())
    #expect(old.last.map { $0.sequence + 1 } == new.first?.sequence)
    #expect(new.last?.event.name == "run.end")
  }

  @Test func killedNode_shouldGoOn() throws {
    let place = try Place()
    let first = try place.start()
    let head = try place.head(above: 3)
    first.signal(SIGKILL)
    _ = first.wait()
    let second = try place.start()
    #expect(try place.head(above: head) > head)
    second.signal(SIGTERM)
    #expect(second.wait() == 0)
    #expect(try Program.run("db", "check", place.path + "/n/store").code == 0)
  }

  @Test func node_shouldWork_whereNobodyReadsStandardError() throws {
    let place = try Place()
    for errors in ["/dev/full", "-"] {
      let words = place.arguments(["--log-level", "debug"]).joined(separator: " ")
      // A pipe that nobody reads is full soon; it must not hold up the end.
      let stream = errors == "-" ? "2> >(sleep 20)" : "2> \(errors)"
      let script = """
        livesync \(words) \(stream) & node=$!
        sleep 3; kill -TERM $node; start=$(date +%s%N)
        wait $node; code=$?; echo $code $(( ($(date +%s%N) - start) / 1000000 ))
        """
      let result = try Program.shell(script)
      let numbers = result.output.split(separator: " ").compactMap {
        Int($0.trimmingCharacters(in: .newlines))
      }
      #expect(numbers.count == 2 && [0, 5].contains(numbers[0]), "\(result.output)")
      #expect(numbers.last.map { $0 < 3_000 } == true, "\(errors): \(result.output)")
      #expect(try place.records().last?.event.name == "run.end", "\(errors)")
    }
  }

  @Test func printedSettings_shouldBeAConfiguration() throws {
    let place = try Place()
    let words = place.arguments(["--log-level", "warn", "--private-addresses"])
    let printed = try Program.run(words + ["--print-config"])
    #expect(printed.code == 0 && !FileManager.default.fileExists(atPath: place.path + "/n"))
    let file = place.path + "/node.json"
    try Data(printed.output.utf8).write(to: URL(fileURLWithPath: file))
    let again = try Program.run("node", "--config", file, "--print-config")
    #expect(again.output == printed.output)
    // An option goes before the file.
    let other = try Program.run("node", "--config", file, "--name", "x", "--print-config")
    #expect(other.output.contains("\"name\": \"x\"") && other.output.contains("\"warn\""))
  }

  @Test func unusableArguments_shouldBeRefused_withTheirPlace() throws {
    let place = try Place()
    let bad = place.path + "/bad.json"
    try Data("{\n\"inbound_max\": -4\n}".utf8).write(to: URL(fileURLWithPath: bad))
    let strange = place.path + "/strange.key"
    _ = try KeyFile.generate(.validator, count: 1, at: strange)
    let cases: [([String], String)] = [
      (["node"], "--data: is needed"),
      (["node", "--data", place.path + "/x"], "--genesis: is needed"),
      (["node", "--colour", "red"], "unknown option '--colour'"),
      (["node", "more"], "unexpected argument 'more'"),
      (["node", "--listen", "localhost"], "--listen: 'localhost' is no ADDR"),
      (
        ["node", "--listen", "127.0.0.1:1", "--listen", "127.0.0.1:1"],
        "--listen: '127.0.0.1:1' comes twice"
      ),
      (["node", "--data", "a", "--data", "b"], "option '--data' is given twice"),
      (["node", "--config", place.path + "/none"], "there is no file"),
      (["node", "--config", bad], "bad.json: line 2, column 16: inbound_max"),
      (place.arguments(["--produce", strange], makes: false), "is no validator of"),
    ]
    for (words, message) in cases {
      let result = try Program.run(words)
      #expect(result.code == 2 && result.errors.contains(message), "\(words)\n\(result.errors)")
      #expect(result.output.isEmpty)
    }
    // Help is given whatever else is there.
    let help = try Program.run("node", "--config", bad, "--help")
    #expect(help.code == 0 && help.output.contains("--event-log-files N"))
  }

  @Test func dataFolderInUse_shouldBeRefused() throws {
    let place = try Place()
    let node = try place.start()
    _ = try place.head(above: 1)
    let second = try Program.run(place.arguments())
    #expect(second.code == 3 && second.errors.contains("/n/store"), "\(second.errors)")
    node.signal(SIGTERM)
    #expect(node.wait() == 0)
  }

  @Test(.enabled(if: SmallDisk.isAvailable, Comment(rawValue: SmallDisk.reasonIfNone)))
  func fullDisk_shouldEndTheStart_withACodeOfItsOwn() throws {
    let place = try Place()
    let disk = try SmallDisk(kilobytes: 16)
    let result = try Program.run(place.arguments(makes: false, data: disk.path))
    #expect([4, 5].contains(result.code), "\(result.code) \(result.errors)")
    #expect(result.errors.contains(disk.path) && !result.isKilled)
  }
}
