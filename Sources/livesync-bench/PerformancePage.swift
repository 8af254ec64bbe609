import Foundation

/// A Markdown file of which each benchmark writes its own marked section; the rest stays.
struct PerformancePage {
  let file: String

  private static let title = """
    # Performance

    Each section is written by the command it names.

    """

  /// Puts `text` in the place of the section, or at the end if there is none yet.
  func replace(section: String, with text: String) throws {
    let first = "<!-- begin \(section) -->"
    let last = "<!-- end \(section) -->"
    let block = "\(first)\n\(text)\n\(last)"
    var page = Self.title
    if FileManager.default.fileExists(atPath: file) {
      page = try String(contentsOfFile: file, encoding: .utf8)
    }
    if let start = page.range(of: first),
      let end = page.range(of: last, range: start.upperBound..<page.endIndex)
    {
      page.replaceSubrange(start.lowerBound..<end.upperBound, with: block)
    } else {
      page += (page.hasSuffix("\n") ? "\n" : "\n\n") + block + "\n"
    }
    try page.write(toFile: file, atomically: true, encoding: .utf8)
  }
}
