import EventLog
import Foundation
import Simulation
import Streams
import TestSupport
import Testing

/// Every command that is printed does what is said of it.
@Suite struct PrintedCommandTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// Runs of which each seed fails, since their time is too short.
  @Test(arguments: [
    "--scenario forks --blocks 20 --set time_limit_s=50,jitter_ms=20",
    "--scenario 'my scenario'\\''s.json' --strategy sequential",
    "--scenario ./'$(x) \"y\".json' --nodes 4 --blocks 21 --set 'time_limit_s=49'",
    "--set time_limit_s=50 --scenario=forks --blocks 20",
  ])
  func theReplayOfASeed_shouldBeTheSameRun(options: String) throws {
    try withFolder { folder in
      for name in ["my scenario's.json", "$(x) \"y\".json"] {
        let scenario = """
          {"name": "mine", "time_limit_s": 48, "blocks": 20, "accounts": 4000,
           "upload_bytes_per_s": 12000}
          """
        try Data(scenario.utf8).write(to: folder.appending(path: name))
      }
      let script = "livesync simulate --seeds 3...4 \(options)"
      let facts = try JSONValue(
        parsing: Data(try Program.shell(script + " --json", in: folder).output.utf8))
      #expect(facts["failures"].array.count == 2)
      let text = try Program.shell(script, in: folder)
      #expect(text.code == 11)
      for failure in facts["failures"].array {
        let command = failure["replay"].text
        #expect(text.output.contains("replay: \(command)\n"))
        let run = try Program.shell(command + " --json --out o", in: folder)
        let again = try JSONValue(parsing: Data(run.output.utf8))
        #expect(run.code == 11 && again["seed"] == failure["seed"])
        #expect(again["log_sha256"] == failure["log_sha256"])
        #expect(again["reason"] == failure["reason"])
      }
    }
  }

  @Test func seedsOfAScenarioThatCannotBeReadAgain_shouldBeRefused() throws {
    let result = try Program.shell(
      "livesync simulate --scenario <(echo '{}') --seeds 1...2")
    #expect(result.code == 2 && result.errors.contains("a file that can be read again"))
    // A single run may come from a pipe.
    let show = try Program.shell("livesync simulate --scenario <(echo '{\"nodes\": 7}') --show")
    #expect(show.code == 0 && show.output.contains("\"nodes\": 7"))
  }

  @Test(arguments: [("INT", 130), ("TERM", 143), ("HUP", 129)])
  func anInterruptedCampaign_shouldSayWhatItFound(signal: String, code: Int) throws {
    let script = { (options: String) in
      "env --default-signal livesync simulate --seeds 1...1000000 \(options) > out & "
        + "sleep 3; kill -\(signal) $!; wait $!; echo $?; cat out"
    }
    // A shell lets its background jobs ignore SIGINT, and whoever started the tests may have had
    // this program ignore any of the three.
    try withFolder { folder in
      let passing = try Program.shell(
        script("--accounts 300 --blocks 50 --json"), in: folder)
      let lines = passing.output.split(separator: "\n")
      #expect(lines.first == "\(code)", "\(passing.output)\(passing.errors)")
      let facts = try JSONValue(parsing: Data((lines.last ?? "").utf8))
      #expect(facts["interrupted"] == .bool(true) && facts["planned"].integer == 1_000_000)
      #expect(facts["seeds"].integer > 0 && facts["failures"].array.isEmpty)
      let failing = try Program.shell(
        script("--scenario forks --blocks 20 --set time_limit_s=50"), in: folder)
      #expect(failing.output.hasPrefix("11\n"), "\(failing.output.prefix(100))")
      #expect(failing.output.contains("replay: livesync simulate --scenario forks --blocks 20"))
      #expect(failing.output.contains("seeds were not run"))
    }
  }

  @Test func aSignalThatIsIgnored_shouldStayIgnored() throws {
    try withFolder { folder in
      let result = try Program.shell(
        """
        trap '' INT; livesync simulate --seeds 1...6 --json > out & pid=$!
        for i in 1 2 3 4 5 6; do sleep 0.1; kill -INT $pid 2>/dev/null; done
        wait $pid; echo $?; cat out
        """, in: folder)
      #expect(result.output.hasPrefix("0\n"))
      #expect(result.output.contains("\"seeds\":6,\"planned\":6,\"interrupted\":false"))
    }
  }

  /// The published figures take minutes; that their commands mean the same scenarios does not.
  @Test func theCommandOfAFigure_shouldBeItsRun() throws {
    for figure in SyncFigures.all {
      let shown = try Program.shell(figure.command + " --show")
      let scenario = try figure.scenario()
      #expect(shown.code == 0 && shown.output == scenario.json, "\(figure.command)")
      #expect(figure.command.hasSuffix("--seed \(figure.seed)"))
    }
  }

  /// The pages' commands that take seconds, in the order of the page.
  @Test(arguments: ["README.md", "Docs/CommandLine.md", "Docs/Simulator.md", "Docs/Fixtures.md"])
  func theCommandsOfAPage_shouldRun(page: String) throws {
    try withFolder { folder in
      let root = PackageFiles.root.path
      let prepare = "cp -r '\(root)/Fixtures' .; mkdir tmp; echo '{}' > my.json; livesync simulate"
      _ = try Program.shell(prepare, in: folder)
      var count = 0
      for line in try PackageFiles.text(page).split(separator: "\n") {
        guard let command = Self.command(of: line) else { continue }
        count += 1
        let result = try Program.shell(command, in: folder)
        #expect([0, 14].contains(result.code), "\(line)\n\(result.errors)")
      }
      #expect(count > 1, "the page has no commands that are run")
    }
  }

  /// The command of a line of a page as it is run here; nil for what is none, or takes minutes, or
  /// goes on in the background.
  private static func command(of line: Substring) -> String? {
    var line = String(line.split(separator: "  ", omittingEmptySubsequences: true).first ?? "")
    if let arguments = line.firstMatch(of: /^make run ARGS="(.*)"/) {
      line = "livesync simulate \(arguments.1)"
    }
    line = line.replacing(".build/release/", with: "").replacing("/tmp/", with: "tmp/")
    guard line.hasPrefix("livesync "), !line.contains("<"), !line.contains("…") else {
      return nil
    }
    guard !line.hasSuffix("&") else { return nil }
    let slow = ["figures", "bandwidth", "0...999", "--accounts 20000", "0...199", "FILE"]
    if slow.contains(where: line.contains) { return nil }
    return line
  }
}
