import EventLog
import Reports
import Streams

/// `livesync events export FILE OUT --to FORM`
enum EventsExportCommand: Command {
  private enum Form: String, CaseIterable {
    case perfetto
    case shiviz
    case parquet
  }

  static let specification = CommandSpecification(
    name: "events export",
    summary: "Write an event log in the form of another tool: Perfetto, ShiViz or Parquet.",
    positionals: ["FILE", "OUT"],
    options: [
      .init("--to", "FORM", help: "perfetto, shiviz or parquet"),
      .init("--level", "LEVEL", help: "shiviz: only records of this level or a higher one (debug)"),
      EventLogFile.strictOption,
    ],
    notes: [
      "perfetto: a trace for ui.perfetto.dev or chrome://tracing, in JSON.",
      "shiviz: a space-time diagram with vector clocks; its first lines tell how it is read.",
      "parquet: OUT is not written. The statement that makes DuckDB write it is printed, with the",
      "type of every column: livesync events export LOG OUT --to parquet | duckdb",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let forms = Form.allCases.map(\.rawValue)
    guard let form = arguments.text("--to").flatMap(Form.init) else {
      throw UsageError("option '--to' is needed with one of \(forms.joined(separator: ", "))")
    }
    let level = try level(arguments)
    guard level == nil || form == .shiviz else {
      throw UsageError("option '--level' goes with '--to shiviz' only")
    }
    switch form {
    case .parquet: return try printStatement(arguments)
    case .perfetto:
      var trace = TraceExport()
      return try write(arguments, form, head: TraceExport.head, tail: TraceExport.tail) {
        (record: EventRecord) throws(ExportError) in try trace.add(record)
      }
    case .shiviz:
      var diagram = SpaceTimeExport(least: level ?? .debug)
      return try write(arguments, form, head: SpaceTimeExport.head, tail: []) {
        (record: EventRecord) throws(ExportError) in try diagram.add(record)
      }
    }
  }

  private static func level(_ arguments: Arguments) throws -> EventLevel? {
    guard let text = arguments.text("--level") else { return nil }
    guard let level = EventLevel(rawValue: text) else {
      let levels = EventLevel.allCases.map(\.rawValue)
      throw UsageError("option '--level' needs one of \(levels.joined(separator: ", "))")
    }
    return level
  }

  private static func write(
    _ arguments: Arguments, _ form: Form, head: [UInt8], tail: [UInt8],
    _ export: (EventRecord) throws(ExportError) -> [UInt8]
  ) throws -> ExitCode {
    let path = arguments.positionals[1]
    let file = try OutputFile(path: path)
    var records = 0
    var bytes = 0
    var cut: EventLogCut?
    try file.write { piece in
      func put(_ part: [UInt8]) throws(StreamError) {
        bytes += part.count
        try piece(part)
      }
      var waiting = head
      var failure: (any Error)?
      cut = try EventLogFile(arguments).read { record in
        guard failure == nil else { return }
        do {
          waiting += try export(record)
          records += 1
          if waiting.count >= EventLogLimits.flushBytes {
            try put(waiting)
            waiting.removeAll(keepingCapacity: true)
          }
        } catch {
          failure = error
        }
      }
      if let failure = failure as? ExportError {
        throw UsageError("\(arguments.positionals[0]): \(failure)")
      }
      if let failure { throw failure }
      try put(waiting + tail)
    }
    if file.isOutput { return .pass }
    if arguments.wantsJSON {
      Console.printJSON(
        "{\"export\":\(JSONText.quoted(path)),\"form\":\"\(form.rawValue)\","
          + "\"records\":\(records),\"bytes\":\(bytes)\(cut?.jsonFields ?? "")}")
    } else {
      Console.print("wrote \(path): \(records) records, \(bytes) bytes")
    }
    return .pass
  }

  /// The log is read as a whole first, so that nobody makes a table of half a log unknowingly.
  private static func printStatement(_ arguments: Arguments) throws -> ExitCode {
    let (path, file) = (arguments.positionals[0], arguments.positionals[1])
    guard path != "-" else {
      throw UsageError("'--to parquet' needs a log in a file that DuckDB can read again")
    }
    let cut = try EventLogFile(arguments).read { _ in }
    let statement = TableStatement.parquet(of: path, to: file, isCut: cut != nil)
    if arguments.wantsJSON {
      Console.printJSON("{\"statement\":\(JSONText.quoted(statement))}")
    } else {
      Console.print(String(statement.dropLast()))
    }
    return .pass
  }
}
