import Streams

/// A Markdown file of which each benchmark writes its own marked section; the rest stays.
struct PerformancePage {
  private static let title = """
    # Performance

    Each section is written by the command it names.

    """
  /// Largest page that is changed, in bytes.
  private static let bytesMax = 1 << 20

  private let file: OutputFile
  private let page: String

  /// Looks at the page first, so that no one waits for what cannot be written.
  init(file path: String) throws {
    file = try OutputFile(path: path)
    guard !file.isNew else {
      page = Self.title
      return
    }
    var input = try InputFile(path: path)
    guard let text = String(validating: try input.all(limit: Self.bytesMax), as: UTF8.self) else {
      throw BenchmarkError("'\(path)' is no text in UTF-8")
    }
    page = text
  }

  /// Puts `text` in the place of the section, or at the end if there is none yet.
  func replace(section: String, with text: String) throws {
    let first = "<!-- begin \(section) -->"
    let last = "<!-- end \(section) -->"
    let block = "\(first)\n\(text)\n\(last)"
    var page = page
    if let start = page.firstRange(of: first),
      let end = page[start.upperBound...].firstRange(of: last)
    {
      page.replaceSubrange(start.lowerBound..<end.upperBound, with: block)
    } else {
      page += (page.hasSuffix("\n") ? "\n" : "\n\n") + block + "\n"
    }
    try file.write(Array(page.utf8))
  }
}
