import CRDT
import Foundation
import TestSupport
import Testing

/// `livesync crdt`.
@Suite struct CrdtCommandTests {
  @Test func demo_shouldShowBothSidesAndTheirMerge_alwaysTheSame() throws {
    let first = try Program.run("crdt", "demo")
    #expect(first.code == 0, "\(first.errors)")
    #expect(first.output == (try Program.run("crdt", "demo")).output)
    let lines = first.output.split(separator: "\n")
    #expect((8...12).contains(lines.count) && lines.allSatisfy { $0.count <= 100 })
    #expect(
      first.output.contains(#"A shows now                    {milk}  13  "Buy tea and milk""#))
    #expect(
      first.output.contains(#"B shows now                    {bread, tea}  9  "Buy green tea""#))
    #expect(
      first.output.contains(
        #"A and B show both              {bread, milk, tea}  12  "Buy green tea and milk""#))
    let json = try JSONValue(
      parsing: Data(try Program.run("crdt", "demo", "--json").output.utf8))
    #expect(json["same"] == .bool(true) && json["merged"]["counter"] == .integer(12))
    #expect(json["merged"]["set"].array.count == 3)
  }

  @Test func laws_shouldCountTheHistoriesOfEachTypeAndLaw() throws {
    let result = try Program.run("crdt", "laws", "--histories", "40", "--seed", "7")
    #expect(result.code == 0, "\(result.errors)")
    for type in LawTable.types {
      let counts = Law.allCases.map { _ in "40" }.joined(separator: " | ")
      #expect(result.output.contains("| `\(type)` | \(counts) |\n"))
    }
    let json = try JSONValue(
      parsing: Data(try Program.run("crdt", "laws", "--histories", "3", "--json").output.utf8))
    #expect(json["ok"] == .bool(true) && json["types"].array.count == LawTable.types.count)
    #expect(json["types"].array.allSatisfy { $0["orders"] == .integer(3) })
  }

  @Test func laws_shouldRefuseWhatIsNoNumberOfHistories() throws {
    for words in [["--histories", "0"], ["--histories", "x"], ["--seed", "-1"]] {
      #expect(try Program.run(["crdt", "laws"] + words).code == 2)
    }
    #expect(try Program.run("crdt").errors.contains("crdt laws"))
  }

  @Test func benchmark_shouldRefuseAFolderWithoutTraces() throws {
    let result = try Program.shell("livesync-bench crdt --traces .")
    #expect(result.code == 2 && result.errors.contains("automerge-paper.json"))
  }
}
