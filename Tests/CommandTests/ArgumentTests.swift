import Foundation
import TestSupport
import Testing

/// What a person meets first: help texts and errors.
@Suite struct ArgumentTests {
  @Test func help_shouldNameEveryCommandAndExitCode() throws {
    let result = try Program.run("--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    for word in [
      "simulate", "figures", "fixture record", "replay", "events summary", "events picture",
      "events schema", "evidence check", "db check", "db stat",
    ] {
      #expect(result.output.contains(word), "\(word)")
    }
    #expect(try Program.run().code == 2)
  }

  @Test(arguments: [
    "simulate", "figures", "fixture record", "replay", "events summary", "events picture",
    "events schema", "evidence check", "db check", "db stat",
  ])
  func everyCommand_shouldExplainItself(command: String) throws {
    let result = try Program.run(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output.hasPrefix("usage: livesync \(command)"))
    #expect(result.output.contains("--json"))
  }

  @Test func aGroupOfCommands_shouldExplainItself() throws {
    let result = try Program.run("db", "--help")
    #expect(result.code == 0 && result.errors.isEmpty)
    #expect(result.output.hasPrefix("usage: livesync db"))
    #expect(result.output.contains("db check") && result.output.contains("db stat"))
    #expect(!result.output.contains("simulate"))
  }

  @Test(arguments: [
    (["fly"], "unknown command 'fly'"),
    (["events"], "'events' needs one of these after it:\n  events summary"),
    (["db", "repair"], "'db' needs one of these after it:\n  db check"),
    (["evidence", "check"], "argument FILE is missing"),
    (["evidence", "check", "/no/such/file"], "there is no file '/no/such/file'"),
    (["evidence", "check", "README.md"], "README.md"),
    (["simulate", "--speed", "9"], "unknown option '--speed'"),
    (["simulate", "--seed"], "option '--seed' needs a value"),
    (["simulate", "--seed", "-1"], "option '--seed' needs a whole number"),
    (["simulate", "--seed", "1", "--seed", "2"], "option '--seed' is given twice"),
    (["simulate", "--json=yes"], "option '--json' takes no value"),
    (["simulate", "here"], "unexpected argument 'here'"),
    (["simulate", "--scenario", "no-such"], "no-such"),
    (["simulate", "--nodes", "1"], "option '--nodes' needs a whole number"),
    (["simulate", "--strategy", "fast"], "option '--strategy' needs sequential or parallel"),
    (["simulate", "--set", "slow_peers"], "'slow_peers' is no KEY=N"),
    (["simulate", "--set", "speed=1"], "unknown key 'speed'"),
    (["simulate", "--set", "slow_peers=99"], "slow_peers is 99"),
    (["figures", "--write", "README.md"], "README.md"),
    (["figures", "--write", "/no/such/file"], "/no/such/file"),
    (["events", "summary"], "argument FILE is missing"),
    (["events", "summary", "/no/such/file"], "there is no file '/no/such/file'"),
    (["events", "summary", "Sources"], "'Sources' is a folder, not a file"),
    (["replay", "Sources"], "'Sources' is a folder, not a file"),
    (["simulate", "--scenario", "./Sources"], "'./Sources' is a folder, not a file"),
    (["events", "picture", "README.md", "Sources"], "'Sources' is a folder, not a file"),
    (["events", "picture", "README.md", "Sources/"], "'Sources/' is the name of a folder"),
    (["fixture", "record", "Sources"], "'Sources' is a folder, not a file"),
    (["fixture", "record", "a$(b).jsonl"], "cannot stand in a generator command"),
    (["fixture", "record", "/no/such/folder/a.jsonl"], "there is no folder '/no/such/folder'"),
    (["figures", "--write", "Sources"], "'Sources' is a folder, not a file"),
    (["simulate", "--set", ""], "'' is no KEY=N"),
    (["simulate", "--set", "slow_peers=1,"], "'' is no KEY=N"),
    (["simulate", "--set", "slow_peers=+1"], "'slow_peers=+1' is no KEY=N"),
    (["simulate", "--set", "slow_peers=1,slow_peers=1"], "'slow_peers' is set twice"),
    (["simulate", "--nodes", "6", "--set", "nodes=6"], "'nodes' is set twice"),
    (["simulate", "--show", "--set", "slots=4,validators=9"], "slots are fewer than validators"),
    (["simulate", "--out", "README.md"], "'README.md' is no folder"),
    (["fly\u{1b}[31m\nPASS"], "unknown command 'fly\\u{1b}[31m\\u{a}PASS'"),
    (["events", "picture", "README.md"], "argument PICTURE is missing"),
    (["events", "picture", "README.md", "/no/such/folder/a.svg"], "no folder '/no/such/folder'"),
    (["events", "picture", "README.md", "a.svg"], "README.md: line 1, column 1: expected `{`"),
    (["replay", "/no/such/file"], "there is no file '/no/such/file'"),
    (["replay", "README.md"], "README.md"),
  ])
  func wrongArguments_shouldBeNamed(words: [String], message: String) throws {
    let result = try Program.run(words)
    #expect(result.code == 2, "\(words)")
    #expect(result.output.isEmpty, "\(words)")
    #expect(result.errors.contains(message), "\(words): \(result.errors)")
  }

  @Test func aLogThatIsNone_shouldBeRefusedWithItsLine() throws {
    let result = try Program.run(["events", "summary", "-"], input: "{\"seq\":1}\n")
    #expect(result.code == 2)
    #expect(result.errors.contains("line 1"), "\(result.errors)")
  }

  @Test func theSchema_shouldBeTheDocumentedPage() throws {
    let result = try Program.run("events", "schema")
    #expect(result.code == 0)
    #expect(result.output == (try PackageFiles.text("Docs/Events.md")))
  }
}
