import Foundation
import Reconciliation
import TestSupport
import Testing

/// `livesync reconcile serve` and `livesync reconcile --with`, between two processes.
@Suite struct RemoteReconcileTests {
  struct Late: Error {}

  /// A process that answers.
  private final class Server {
    let program: BackgroundProgram
    /// `KEY@ADDR`.
    let place: String
    private let folder: URL

    init(_ records: String, _ options: String...) throws {
      folder = try Program.scratchFolder()
      let file = folder.appending(path: "b.jsonl")
      try Data(records.utf8).write(to: file)
      let output = folder.appending(path: "output").path
      program = try BackgroundProgram(
        ["reconcile", "serve", file.path, "--listen", "127.0.0.1:0"] + options, errors: output)
      let end = ContinuousClock.now.advanced(by: .seconds(30))
      while true {
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n")
        if lines.count >= 2 {
          place = String(lines[0].split(separator: " ")[1])
          return
        }
        guard ContinuousClock.now < end else { throw Late() }
        Thread.sleep(forTimeInterval: 0.01)
      }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var address: Substring { place.split(separator: "@")[1] }
  }

  private static func lines(_ range: Range<Int>, new: Range<Int> = 0..<0) -> String {
    range.map {
      #"{"key":"k\#($0)","version":\#($0),"value":"\#(new.contains($0) ? "new" : "old")"}"#
    }.joined(separator: "\n")
  }

  private static func compare(
    _ records: String, with place: String, _ options: String...
  ) throws -> Program.Result {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "a.jsonl")
    try Data(records.utf8).write(to: file)
    return try Program.run(["reconcile", file.path, "--with", place] + options)
  }

  @Test func everyStrategy_shouldFindOverANetwork_whatItFindsAtHand() throws {
    let (a, b) = (Self.lines(0..<900), Self.lines(20..<1_000, new: 100..<130))
    let server = try Server(b)
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = [folder.appending(path: "a.jsonl"), folder.appending(path: "b.jsonl")]
    for (file, text) in zip(files, [a, b]) { try Data(text.utf8).write(to: file) }
    let line = ["--bandwidth", "1250", "--round-trip", "1"]
    for name in ["auto"] + StrategyID.all.map(\.name) {
      let options = ["--strategy", name, "--json"] + line
      let near = try Program.run(["reconcile"] + files.map(\.path) + options)
      let far = try Program.run(
        ["reconcile", files[0].path, "--with", server.place] + options)
      #expect(near.code == 0 && far.code == 0, "\(name): \(far.errors)")
      let expected = try JSONValue(parsing: Data(near.output.utf8))
      let found = try JSONValue(parsing: Data(far.output.utf8))
      for field in ["records", "records_a", "records_b", "different_keys", "strategies"] {
        #expect(found[field] == expected[field], "\(name): \(field)")
      }
      #expect(found["different_keys"] == .integer(20 + 100 + 30), "\(name)")
      for field in ["predicted_ns", "time_ns", "bytes_per_second", "round_trip_ns"] {
        guard case .integer(let number) = found[field], number > 0 else {
          Issue.record("\(name): \(field)")
          continue
        }
      }
      // What is asked for ahead may be others: answers come one by one.
      guard case .integer(let bytes) = found["received_bytes"],
        case .integer(let least) = expected["received_bytes"]
      else {
        Issue.record("\(name): no bytes")
        continue
      }
      #expect(abs(bytes - least) * 10 <= least + 5_000, "\(name): \(bytes), not \(least)")
    }
    server.program.signal(SIGTERM)
    #expect(server.program.wait() == 0)
  }

  @Test func comparison_shouldSayItInWords_andMeasureTheLine() throws {
    let server = try Server(Self.lines(0..<10))
    let text = try Self.compare(Self.lines(0..<9), with: server.place)
    #expect(text.code == 0, "\(text.errors)")
    #expect(text.output.hasPrefix("> k9  version 9\nrecords    9 in A, 10 in B\n"))
    #expect(text.output.contains("1 only in B") && text.output.contains("round trip"))
    let equal = try Self.compare(Self.lines(0..<10), with: server.place)
    #expect(equal.code == 0 && equal.output.contains("none, the roots are equal"))
  }

  @Test func otherKey_shouldBeRefuted() throws {
    let server = try Server(Self.lines(0..<10))
    let other = String(repeating: "ab", count: 32) + "@" + server.address
    let result = try Self.compare(Self.lines(0..<10), with: other)
    #expect(result.code == 1 && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains("not abababab") && result.errors.contains(server.address))
  }

  @Test func nobody_shouldBeTold() throws {
    let server = try Server(Self.lines(0..<10))
    server.program.signal(SIGKILL)
    _ = server.program.wait()
    let result = try Self.compare(Self.lines(0..<10), with: server.place)
    #expect(result.code == 11 && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains("nobody to compare with at \(server.address)"))
    let name = server.place.split(separator: "@")[0] + "@nowhere.invalid:7"
    let unknown = try Self.compare(Self.lines(0..<10), with: String(name))
    #expect(unknown.code == 11 && unknown.errors.contains("nowhere.invalid"), "\(unknown.errors)")
  }

  @Test func keyThatIsNotAllowed_shouldNotBeAnswered() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = folder.appending(path: "key").path
    // The first run makes the key.
    let nobody = String(repeating: "ab", count: 32) + "@127.0.0.1:1"
    #expect(try Self.compare("", with: nobody, "--key", key).code == 11)
    let content = try String(contentsOfFile: key, encoding: .utf8)
    let own = try #require(content.split(separator: "\n").last?.split(separator: " ").first)
    let server = try Server(Self.lines(0..<10), "--allow", String(own))
    #expect(try Self.compare("", with: server.place, "--key", key).code == 0)
    let stranger = try Self.compare("", with: server.place)
    #expect(stranger.code == 11 && stranger.output.isEmpty, "\(stranger.errors)")
    #expect(stranger.errors.contains("has ended the connection"), "\(stranger.errors)")
  }

  @Test func arguments_shouldBeRefused_whenTheyDoNotFit() throws {
    let place = String(repeating: "ab", count: 32) + "@127.0.0.1:1"
    let cases: [([String], String)] = [
      (["a"], "argument B, or option '--with'"), (["a", "b", "--with", place], "both"),
      (["a", "b", "c"], "unexpected argument 'c'"), ([], "argument A is missing"),
      (["a", "--with", "127.0.0.1:1"], "KEY@HOST:PORT"), (["a", "b", "--key", "k"], "'--key'"),
      (["a", "--with", place, "--bandwidth", "5"], "belong together"),
      (["a", "--with", place], "a"), (["serve", "a"], "'--listen' is needed"),
      (["serve", "a", "--listen", "here"], "not 'here'"), (["serve"], "argument A is missing"),
      (["serve", "a", "--listen", "127.0.0.1:0", "--allow", "k"], "64 hexadecimal digits"),
      (["serve", "/nowhere/a", "--listen", "127.0.0.1:0"], "/nowhere/a"),
    ]
    for (words, reason) in cases {
      let result = try Program.run(["reconcile"] + words)
      #expect(result.code == 2 && result.output.isEmpty, "\(words): \(result.code)")
      #expect(result.errors.contains(reason), "\(words): \(result.errors)")
    }
    let help = try Program.run("reconcile", "serve", "--help")
    #expect(help.code == 0 && help.output.contains("livesync reconcile serve A [options]"))
    #expect(try Program.run("reconcile", "--help").output.contains("reconcile A [B] [options]"))
    let server = try Server("")
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "a.jsonl")
    try Data().write(to: file)
    let taken = try Program.run(
      "reconcile", "serve", file.path, "--listen", String(server.address))
    #expect(taken.code == 2 && taken.errors.contains("\(server.address)"), "\(taken.errors)")
  }
}
