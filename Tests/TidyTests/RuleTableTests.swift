import Foundation
import TestSupport
import Testing

/// Pages that speak of tests: what they name must be there.
@Suite struct RuleTableTests {
  /// The test sources, one text.
  private static func tests() throws -> String {
    let folder = PackageFiles.root.appending(path: "Tests")
    var texts: [String] = []
    for room in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let below = folder.appending(path: room).resolvingSymlinksInPath()
      let paths = FileManager.default.enumerator(atPath: below.path)?.allObjects as? [String] ?? []
      for path in paths.sorted() where path.hasSuffix(".swift") {
        texts.append(try String(contentsOf: below.appending(path: path), encoding: .utf8))
      }
    }
    return texts.joined(separator: "\n")
  }

  @Test func everyTestThatARuleNames_shouldExist() throws {
    let tests = try Self.tests()
    let known = Set(tests.matches(of: /func (\w+)\s*[(<]/).map { String($0.1) })
    let page = try PackageFiles.text("Docs/LiveSyncRules.md")
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.contains("shown by") }
    #expect(rows.count > 60)
    for row in rows {
      let cells = row.split(separator: "|")
      #expect(cells.count == 2, "\(row)")
      let names = cells.last.map { $0.matches(of: /`(\w+)`/).map { String($0.1) } } ?? []
      #expect(!names.isEmpty, "no test: \(row)")
      let unknown = names.filter { !known.contains($0) }
      #expect(unknown.isEmpty)
    }
  }
}
