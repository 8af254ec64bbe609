import EventLog
import Node
import Primitives
import Reports
import Streams

/// `livesync report LOG -o FILE`
enum ReportCommand: Command {
  static let specification = CommandSpecification(
    name: "report",
    summary: "Write a page about a run for people: what happened, who gave what, what was refused.",
    positionals: ["LOG"],
    options: [
      .init("-o", "FILE", help: "where the page goes, such as report.html"),
      .init("--node", "NAME", help: "the node that it is about (s0, or the first that starts)"),
      EventLogFile.strictOption,
    ],
    notes: [
      "LOG is an events.jsonl of a simulation or a node; - reads standard input. The page is one",
      "file that needs no network; its numbers are those of livesync events summary --node NAME.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    guard let path = arguments.text("-o") else { throw UsageError("option '-o' is needed") }
    let file = try OutputFile(path: path)
    let report = try report(arguments)
    let page = Array(report.html.utf8)
    try file.write(page)
    if file.isOutput { return .pass }
    if arguments.wantsJSON {
      Console.printJSON(
        "{\"report\":\(JSONText.quoted(path)),\"node\":\(JSONText.quoted(report.node)),"
          + "\"bytes\":\(page.count)\(report.cut?.jsonFields ?? "")}")
    } else {
      Console.print(PrintableText.line("wrote \(path) about \(report.node), \(page.count) bytes"))
    }
    return .pass
  }

  /// The report on the node that was asked for; without one on `s0`, and in a log that has none on
  /// the first node that starts.
  private static func report(_ arguments: Arguments) throws -> RunReport {
    let node = arguments.text("--node")
    var report = RunReport(node: node ?? "s0")
    var other: RunReport?
    let log = try EventLogFile(arguments).repeatable()
    let cut = try log.read { record in
      report.add(record)
      if node == nil, other == nil, record.context.node != report.node,
        case Event.Node.started = record.event.group
      {
        other = RunReport(node: record.context.node)
      }
    }
    if report.isEmpty, var first = other {
      _ = try log.read(isQuiet: true) { first.add($0) }
      report = first
    }
    guard !report.isEmpty else {
      throw UsageError("\(arguments.positionals[0]) says nothing of a node '\(report.node)'")
    }
    report.cut = cut
    return report
  }
}
