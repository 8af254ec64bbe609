import Foundation
import Node
import TestSupport
import Testing

@Suite struct MemoryBoundsTests {
  @Test func allBuffersTogether_shouldStayBelowTheirSum() {
    #expect(MemoryBounds.total <= MemoryBounds.bytesMax)
    #expect(MemoryBounds.bytesMax == 256 << 20)
    #expect(MemoryBounds.total == MemoryBounds.all.reduce(0) { $0 + $1.total })
    #expect(Set(MemoryBounds.all.map(\.buffer)).count == MemoryBounds.all.count)
    for bound in MemoryBounds.all {
      #expect(bound.total > 0 && (bound.perPeer ?? 0) <= bound.total, "\(bound.buffer)")
    }
  }

  /// Set `LIVESYNC_WRITE_DOCS=1` to write the table instead of comparing it.
  @Test func page_shouldHaveTheTableOfTheLimits() throws {
    let name = "Docs/MemoryBounds.md"
    var page = try PackageFiles.text(name)
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    let table = lines.filter { $0.hasPrefix("|") }.joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["LIVESYNC_WRITE_DOCS"] == "1" {
      page = page.replacing(table, with: MemoryBounds.markdown)
      let path = PackageFiles.root.appending(path: name)
      try page.write(to: path, atomically: true, encoding: .utf8)
      return
    }
    #expect(
      table == MemoryBounds.markdown,
      "\(name) is out of date: LIVESYNC_WRITE_DOCS=1 swift test --filter MemoryBoundsTests")
  }

  /// Every buffer names limits that there are, and tests that there are.
  @Test func bounds_shouldNameLimitsAndTestsThatThereAre() throws {
    let sources = try Self.swift(under: "Sources")
    let tests = try Self.swift(under: "Tests")
    for bound in MemoryBounds.all {
      #expect(!bound.limits.isEmpty && !bound.tests.isEmpty, "\(bound.buffer)")
      for limit in bound.limits {
        let name = limit.split(separator: ".").last.map(String.init) ?? ""
        #expect(
          sources.contains("static let \(name)") || sources.contains("static func \(name)"),
          "\(limit)")
      }
      for test in bound.tests { #expect(tests.contains("func \(test)("), "\(test)") }
    }
  }

  private static func swift(under folder: String) throws -> String {
    let root = PackageFiles.root.appending(path: folder)
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    var text = ""
    while let file = files?.nextObject() as? URL {
      if file.pathExtension == "swift" { text += try String(contentsOf: file, encoding: .utf8) }
    }
    return text
  }
}
