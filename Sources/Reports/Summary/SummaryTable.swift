import EventLog
import Primitives

/// A titled table, which both forms of a summary are made of.
struct SummaryTable {
  enum Cell {
    case number(Int)
    case text(String)

    /// The cell for people.
    var plain: String {
      switch self {
      case .number(let value): String(value)
      case .text(let value): value.isEmpty ? "-" : PrintableText.line(value)
      }
    }

    /// The cell as JSON.
    var json: String {
      switch self {
      case .number(let value): String(value)
      case .text(let value): JSONText.quoted(value)
      }
    }

    var isNumber: Bool {
      if case .number = self { true } else { false }
    }
  }

  let title: String
  let columns: [String]
  let rows: [[Cell]]

  /// Aligned text: numbers to the right, all else to the left. Nothing if there are no rows.
  var plain: String {
    if rows.isEmpty { return "" }
    let widths = columns.indices.map { column in
      (rows.map { $0[column].plain.count } + [columns[column].count]).max() ?? 0
    }
    var text = title + "\n"
    let heads = columns.map { Cell.text($0) }
    for row in [heads] + rows {
      var line = " "
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.plain.count)
        line += " " + (rows[0][column].isNumber ? padding + cell.plain : cell.plain + padding)
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text + "\n"
  }

  /// A JSON array with an object for each row.
  var json: String {
    let objects = rows.map { row in
      let members = zip(columns, row).map { JSONText.quoted($0) + ":" + $1.json }
      return "{" + members.joined(separator: ",") + "}"
    }
    return "[" + objects.joined(separator: ",") + "]"
  }
}
