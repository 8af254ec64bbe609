import Foundation
import Reconciliation
import TestSupport
import Testing

/// `livesync reconcile` on files of JSON Lines and on data directories.
@Suite struct ReconcileCommandTests {
  private static let strategies = ["auto", "threshold"] + StrategyID.all.map(\.name)

  private static func reconcile(
    _ a: String, _ b: String, _ options: String...
  ) throws -> Program.Result {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = [folder.appending(path: "a.jsonl"), folder.appending(path: "b.jsonl")]
    for (file, text) in zip(files, [a, b]) { try Data(text.utf8).write(to: file) }
    return try Program.run(["reconcile"] + files.map(\.path) + options)
  }

  private static func lines(_ entries: [(key: String, version: Int, value: String)]) -> String {
    entries.map { #"{"key":"\#($0.key)","version":\#($0.version),"value":"\#($0.value)"}"# }
      .joined(separator: "\n")
  }

  @Test(arguments: strategies)
  func everyStrategy_shouldNameTheKeysThatDiffer(strategy: String) throws {
    let common = (0..<500).map { (key: "k\($0)", version: 1, value: "v\($0)") }
    let a = common + [("alone", 2, "x"), ("both", 3, "old")]
    let b = common.shuffled() + [("both", 4, "new"), ("other", 9, "y")]
    let text = try Self.reconcile(Self.lines(a), Self.lines(b), "--strategy", strategy)
    #expect(text.code == 0, "\(text.errors)")
    let differing = text.output.split(separator: "\n").prefix(3)
    #expect(
      differing == ["< alone  version 2", "| both  version 3 and 4", "> other  version 9"])
    #expect(text.output.contains("3 keys: 1 only in A, 1 only in B, 1 in two versions"))
    let json = try Self.reconcile(
      Self.lines(a), Self.lines(b), "--strategy", strategy, "--json", "--summary")
    let facts = try JSONValue(parsing: Data(json.output.utf8))
    #expect(facts["different_keys"] == .integer(3) && facts["only_a"] == .integer(1))
    #expect(!json.output.contains(#""records":"#))
  }

  @Test func equalSets_shouldTakeOneRound_whateverTheOrderOfLines() throws {
    let lines = #"{"key":"a","value":{"x":1,"y":[2]}}"# + "\n" + #"{"key":"b","value":null}"#
    let other =
      #"{"value":null,"key":"b"}"# + "\r\n\n" + #"{"key":"a","value":{"y":[2],"x":1}}"# + "\n"
    let result = try Self.reconcile(lines, other)
    #expect(result.code == 0 && result.output.contains("rounds     1"), "\(result.output)")
    #expect(result.output.contains("none, the roots are equal"))
    let none = try Self.reconcile("", "")
    #expect(none.code == 0 && none.output.contains("0 in A, 0 in B"))
  }

  @Test func file_shouldBeRefusedWithTheLine_whenItIsDamaged() throws {
    let good = #"{"key":"a","value":"1"}"#
    let long = #"{"key":"\#(String(repeating: "k", count: 600))","value":"1"}"#
    let cases = [
      ("{", "is no JSON: "), ("[1]", "is no JSON object"),
      (#"{"key":7,"value":"1"}"#, "has no text 'key'"), (#"{"key":"a"}"#, "has no 'value'"),
      (#"{"key":"","value":"1"}"#, "has a key of 0 bytes"), (long, "has a key of 600 bytes"),
      (#"{"key":"b","value":"1","version":-1}"#, "has a 'version' that is no whole number"),
      (#"{"key":"b","value":"1","version":1.5}"#, "has a 'version' that is no whole number"),
      (#"{"key":"b","value":"1","when":1}"#, "has the unknown member 'when'"),
      (good, "has the key of line 1"),
    ]
    for (line, reason) in cases {
      let result = try Self.reconcile(good + "\n" + line, good)
      #expect(result.code == 2 && result.output.isEmpty, "\(line)")
      #expect(result.errors.contains("line 2 \(reason)"), "\(result.errors)")
    }
    let absent = try Program.run("reconcile", "/nowhere/a", "/nowhere/b")
    #expect(absent.code == 2 && absent.errors.contains("/nowhere/a"))
    let strategy = try Self.reconcile(good, good, "--strategy", "best")
    #expect(strategy.code == 2 && strategy.errors.contains("'best'"))
  }

  @Test func dataDirectories_shouldBeComparedByTheirAccounts() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let chain = PackageFiles.root.appending(path: "Fixtures/Chains")
    let name = try #require(
      FileManager.default.contentsOfDirectory(atPath: chain.path).sorted().first {
        $0.hasSuffix(".jsonl")
      })
    let stores = ["a", "b"].map { folder.appending(path: $0).path }
    for store in stores {
      let replay = try Program.run(
        "replay", chain.appending(path: name).path, "--store", store)
      #expect(replay.code == 0, "\(replay.errors)")
    }
    let result = try Program.run("reconcile", stores[0], stores[1], "--json")
    #expect(result.code == 0, "\(result.errors)")
    let facts = try JSONValue(parsing: Data(result.output.utf8))
    #expect(facts["different_keys"] == .integer(0) && facts["rounds"] == .integer(1))
    #expect(facts["records_a"] == facts["records_b"])
  }
}
