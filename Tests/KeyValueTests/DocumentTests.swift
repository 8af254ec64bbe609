import Foundation
import KeyValue
import TestSupport
import Testing

@Suite struct DocumentTests {
  /// The commands as a table, in the order of the program's own.
  private var table: String {
    var lines = ["| command | arguments | |", "|---|---|---|"]
    for command in CommandSpecification.all {
      let syntax = command.syntax.replacing("|", with: "\\|")
      let (name, words) = (command.name.uppercased(), syntax.isEmpty ? "" : "`\(syntax)`")
      lines.append("| `\(name)` | \(words) | \(command.summary) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test func page_shouldListTheCommands() throws {
    let (start, end) = ("<!-- commands -->\n\n", "\n<!-- end of commands -->")
    let page = try PackageFiles.text("Docs/KeyValue.md")
    let from = try #require(page.range(of: start)?.upperBound)
    let to = try #require(page.range(of: end)?.lowerBound)
    if Campaign.text("LIVESYNC_WRITE_DOCS") != nil {
      let path = PackageFiles.root.appending(path: "Docs/KeyValue.md")
      try (page[..<from] + table + page[to...]).write(
        to: path, atomically: false, encoding: .utf8)
      return
    }
    #expect(
      page[from..<to] == table,
      "Docs/KeyValue.md is out of date: LIVESYNC_WRITE_DOCS=1 swift test --filter DocumentTests")
  }
}
