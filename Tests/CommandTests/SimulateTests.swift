import EventLog
import Foundation
import Primitives
import Reports
import Simulation
import TestSupport
import Testing

/// The main command, as a person or a script calls it.
@Suite struct SimulateTests {
  /// Runs the default scenario and returns the bytes of its event log.
  static func log(seed: Int) throws -> Data {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try Program.run(
      "simulate", "--seed", "\(seed)", "--blocks", "60", "--accounts", "600", "--set",
      "restart_after_ms=5000", "--json", "--out", folder.path)
    #expect(result.code == 0, "seed \(seed): \(result.output)\(result.errors)")
    return try Data(contentsOf: folder.appending(path: "events.jsonl"))
  }

  @Test func logs_shouldBeTheSameBytes_whenTheSeedIsTheSame() throws {
    var digests: Set<Hash256> = []
    for seed in 1...20 {
      let first = try Self.log(seed: seed)
      #expect(try Self.log(seed: seed) == first, "seed \(seed)")
      #expect(first.count > 10_000)
      digests.insert(Sha256.hash([UInt8](first)))
    }
    #expect(digests.count == 20)
  }

  @Test func simulate_shouldPrintParametersEventsAndVerdict() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try Program.run("simulate", "--seed", "3", "--out", folder.path)
    #expect(result.code == 0)
    // No progress line in a pipe.
    #expect(result.errors.isEmpty)
    let lines = result.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("simulate  default  seed 3"))
    #expect(result.output.contains("accounts=25000"))
    #expect(result.output.split(separator: "\n", omittingEmptySubsequences: false).count <= 61)
    #expect(result.output.contains("state.complete"))
    #expect(lines.last?.hasPrefix("PASS") == true)
    let records = try EventLogReader.records(
      of: [UInt8](Data(contentsOf: folder.appending(path: "events.jsonl"))), schema: .livesync)
    #expect(records.first?.event.name == "run.start" && records.last?.event.name == "run.end")
  }

  @Test func log_shouldBeTheSameBytes_whenMessagesGoThroughTheRealCodec() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var logs: [Data] = []
    for name in ["model", "real-codec"] {
      let out = folder.appending(path: name)
      let result = try Program.run(
        "simulate", "--scenario", "plain", "--transport", name, "--json", "--out", out.path)
      #expect(result.code == 0, "\(name): \(result.output)\(result.errors)")
      logs.append(try Data(contentsOf: out.appending(path: "events.jsonl")))
    }
    #expect(logs[0] == logs[1])
    let unknown = try Program.run("simulate", "--transport", "pigeon")
    #expect(unknown.code == 2 && unknown.errors.contains("not 'pigeon'"))
    let many = try Program.run(
      "simulate", "--scenario", "plain", "--transport", "real-codec", "--seeds", "1...2")
    #expect(many.code == 0, "\(many.output)\(many.errors)")
  }

  @Test func simulate_shouldRunTheWholeTransport_andRefuseWhatItHasNoRoomFor() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try Program.run(
      "simulate", "--scenario", "plain", "--transport", "real-network", "--out", folder.path)
    #expect(result.code == 0, "\(result.output)\(result.errors)")
    for seeds in [["--seed", "1"], ["--seeds", "1...2"]] {
      let full = try Program.run(
        ["simulate", "--scenario", "plain", "--nodes", "40", "--transport", "real-network"] + seeds)
      #expect(full.code == 2 && full.errors.contains("nodes is 40"), "\(full.errors)")
    }
    let wild = try Program.run(
      "simulate", "--profile", "wild", "--transport", "real-network", "--seeds", "1...2")
    #expect(wild.code == 2 && wild.errors.contains("wild"), "\(wild.errors)")
  }

  @Test func json_shouldTellTheSameFacts() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try Program.run("simulate", "--seed", "3", "--json", "--out", folder.path)
    let facts = try JSONValue(parsing: Data(result.output.utf8))
    #expect(facts["verdict"].text == "pass" && facts["seed"].integer == 3)
    #expect(facts["node_root"].text == facts["header_root"].text)
    #expect(facts["node_root"].text == facts["oracle_root"].text)
    #expect(facts["foreign_jobs"].integer == 0)
    let log = try Data(contentsOf: folder.appending(path: "events.jsonl"))
    #expect(facts["log_sha256"].text == Sha256.hash([UInt8](log)).hex)
  }

  @Test func summary_shouldAnswerFromTheLog() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try Program.run(
      "simulate", "--scenario", "wrong-value", "--json", "--out", folder.path)
    let path = folder.appending(path: "events.jsonl").path
    let text = try Program.run("events", "summary", path, "--node", "s0")
    #expect(text.code == 0)
    for word in ["pass", "complete", "items_mismatch", "p1"] {
      #expect(text.output.contains(word), "\(word): \(text.output)")
    }
    let json = try Program.run("events", "summary", path, "--node", "s0", "--json")
    #expect(json.code == 0)
    _ = try JSONValue(parsing: Data(json.output.utf8))
  }

  @Test func picture_shouldBeDrawnFromTheLog() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try Program.run("simulate", "--accounts", "400", "--json", "--out", folder.path)
    let log = folder.appending(path: "events.jsonl").path
    let file = folder.appending(path: "a.svg")
    let result = try Program.run("events", "picture", log, file.path, "--json")
    #expect(result.code == 0 && result.errors.isEmpty)
    let facts = try JSONValue(parsing: Data(result.output.utf8))
    let picture = try Data(contentsOf: file)
    #expect(facts["bytes"].integer == picture.count)
    #expect(String(decoding: picture, as: UTF8.self).contains("default, seed 1"))
    let other = try Program.run("events", "picture", log, file.path, "--node", "s9")
    #expect(other.code == 2 && other.errors.contains("says nothing of a node 's9'"))
    let nowhere = try Program.run("events", "picture", log, "/no/such/folder/a.svg")
    #expect(nowhere.code == 2 && nowhere.errors.contains("/no/such/folder/a.svg"))
  }

  @Test func manySeeds_shouldBeSummedUp() throws {
    let result = try Program.run(
      "simulate", "--seeds", "0...3", "--accounts", "300", "--blocks", "50", "--json")
    #expect(result.code == 0)
    let facts = try JSONValue(parsing: Data(result.output.utf8))
    #expect(facts["seeds"].integer == 4 && facts["passed"].integer == 4)
    #expect(facts["planned"].integer == 4 && facts["interrupted"] == .bool(false))
    #expect(try Program.run("simulate", "--seeds", "3").code == 2)
    #expect(try Program.run("simulate", "--seeds", "3...1").code == 2)
  }

  @Test func aWildSeed_shouldRunWhatItShows() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let shown = try Program.run("simulate", "--profile", "wild", "--seed", "3", "--show")
    #expect(shown.code == 0)
    let file = folder.appending(path: "drawn.json")
    try Data(shown.output.utf8).write(to: file)
    let drawn = try Program.run(
      "simulate", "--profile", "wild", "--seed", "3", "--json", "--out", folder.path)
    let read = try Program.run(
      "simulate", "--scenario", file.path, "--seed", "3", "--json", "--out", folder.path)
    let facts = try JSONValue(parsing: Data(drawn.output.utf8))
    #expect(facts["scenario"].text == "wild-3")
    let digest = try JSONValue(parsing: Data(read.output.utf8))["log_sha256"].text
    #expect(facts["log_sha256"].text == digest && drawn.code == read.code)
    let both = try Program.run("simulate", "--profile", "wild", "--scenario", "plain")
    #expect(both.code == 2 && both.errors.contains("does not go with '--scenario'"))
    #expect(try Program.run("simulate", "--profile", "calm").code == 2)
  }

  @Test func anUnwinnableWorld_shouldHaveItsOwnExitCode() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try Program.run(
      "simulate", "--set", "join_at_block=5000,time_limit_s=60", "--json", "--out", folder.path)
    #expect(result.code == 15)
    let facts = try JSONValue(parsing: Data(result.output.utf8))
    #expect(facts["verdict"].text == "unwinnable")
    #expect(facts["reason"].text.hasPrefix("W2: "))
  }

  @Test func aScenarioFile_shouldBeUsed_orItsFaultNamed() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "mine.json")
    func run(_ text: String) throws -> Program.Result {
      try Data(text.utf8).write(to: file)
      return try Program.run(
        "simulate", "--scenario", file.path, "--json", "--out", folder.path)
    }
    let good = try run(#"{"name": "mine", "accounts": 300, "blocks": 50}"#)
    #expect(good.code == 0 && good.output.contains(#""scenario":"mine""#))
    for (text, message) in [
      ("{", "line 1, column 2: this is no JSON document: a key is missing"), ("[]", "one object"),
      (#"{"speed": 1}"#, "unknown key 'speed'"),
      (#"{"nodes": 1}"#, "nodes is 1"), (#"{"nodes": 2.5}"#, "nodes is no whole number"),
      (#"{"nodes": true}"#, "nodes is no whole number"),
      (#"{"liars": ["thief"]}"#, "liars has 'thief'"), (#"{"name": 7}"#, "name is no text"),
      (#"{"slots": 4, "validators": 9}"#, "slots are fewer than validators"),
    ] {
      let result = try run(text)
      #expect(result.code == 2, "\(text)")
      #expect(result.errors.contains(message), "\(text): \(result.errors)")
    }
  }

  @Test func aScenarioFile_shouldBeRead_upToItsLimit() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "long.json")
    let limit = SimulationLimits.scenarioBytesMax
    let text = #""speed": 1}"#
    for (length, message) in [
      (limit, "unknown key 'speed'"), (limit + 1, "is larger than \(limit) bytes"),
    ] {
      let blanks = String(repeating: " ", count: length - 1 - text.utf8.count)
      try Data(("{" + blanks + text).utf8).write(to: file)
      let result = try Program.run("simulate", "--scenario", file.path, "--out", folder.path)
      #expect(result.code == 2 && result.errors.contains(message), "\(result.errors)")
    }
  }

  @Test func aPlanFile_shouldBeRead_upToItsLimit() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "long.json")
    let limit = SimulationLimits.planBytesMax
    let text = #""speed": 1}"#
    for (length, message) in [
      (limit, "unknown key 'speed'"), (limit + 1, "is larger than \(limit) bytes"),
    ] {
      let blanks = String(repeating: " ", count: length - 1 - text.utf8.count)
      try Data(("{" + blanks + text).utf8).write(to: file)
      let result = try Program.run("simulate", "--plan", file.path, "--out", folder.path)
      #expect(result.code == 2 && result.errors.contains(message), "\(result.errors)")
    }
  }
}
