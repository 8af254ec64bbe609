/// A table of published figures.
public struct FigureTable: Sendable {
  /// One run and what came of it.
  public struct Row: Sendable {
    public var cells: [String]
    /// Why what must hold does not; nil if it does.
    public var failure: String?
    public var command: String
  }

  public var title: String
  /// What was measured, and how.
  public var text: String
  public var columns: [String]
  public var rows: [Row]

  /// The table as a section in Markdown.
  var markdown: String {
    let head = columns + ["must hold", "command"]
    let lines = rows.map { row in
      Self.line(row.cells + [row.failure ?? "yes", "`\(row.command)`"])
    }
    let rule = Self.line(head.map { _ in "---" })
    return (["### \(title)", "", text, "", Self.line(head), rule] + lines).joined(separator: "\n")
  }

  /// The table as a JSON object.
  var json: String {
    let objects = rows.map { row in
      let fields = zip(columns, row.cells).map { (Self.quoted($0), Self.quoted($1)) }
      let more = [
        ("\"holds\"", "\(row.failure == nil)"), ("\"failure\"", Self.quoted(row.failure ?? "")),
        ("\"command\"", Self.quoted(row.command)),
      ]
      return "{" + (fields + more).map { "\($0.0):\($0.1)" }.joined(separator: ",") + "}"
    }
    return "{\"title\":\(Self.quoted(title)),\"rows\":[\(objects.joined(separator: ","))]}"
  }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |"
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
