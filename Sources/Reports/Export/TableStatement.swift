import EventLog

/// A statement that makes DuckDB read a log as one table. The types of the columns come from the
/// schema, so that nothing is guessed: a key of digits stays a text, and a seed above 2^53 stays
/// whole.
public enum TableStatement {
  /// Copies the log at `log` to a Parquet file at `file`. A cut log has an unfinished last line.
  public static func parquet(of log: String, to file: String, isCut: Bool = false) -> String {
    "copy (\n  select * from \(reading(log, isCut: isCut))\n) "
      + "to \(quoted(file)) (format parquet, compression zstd);\n"
  }

  /// The table function that reads the log.
  private static func reading(_ log: String, isCut: Bool) -> String {
    let columns = columns.map { "\"\($0.name)\": '\($0.type)'" }
    var lines: [String] = []
    for column in columns {
      if let last = lines.last, last.count + column.count < 90 {
        lines[lines.count - 1] += ", " + column
      } else {
        if !lines.isEmpty { lines[lines.count - 1] += "," }
        lines.append("      " + column)
      }
    }
    return "read_json(\(quoted(log)), format = 'newline_delimited',"
      + (isCut ? " ignore_errors = true," : "")
      + "\n    columns = {\n\(lines.joined(separator: "\n"))\n    })"
  }

  /// The columns of a log with their types, those of every record first.
  package static var columns: [(name: String, type: String)] {
    let numbers: Set<EventField> = [.seq, .tNs, .cause, .req]
    var columns = EventField.header.map { field in
      (name: field.name, type: numbers.contains(field) ? "UBIGINT" : "VARCHAR")
    }
    var known = Set(columns.map(\.name))
    for entry in EventSchema.livesync.entries {
      for field in entry.fields where known.insert(field.field.name).inserted {
        columns.append((field.field.name, field.text == nil ? "UBIGINT" : "VARCHAR"))
      }
    }
    return columns
  }

  /// A text of SQL.
  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "''") + "'"
  }
}
