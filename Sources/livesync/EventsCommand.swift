import EventLog
import Primitives
import Reports
import Simulation
import Streams

/// `livesync events summary FILE`
enum EventsSummaryCommand: Command {
  static let specification = CommandSpecification(
    name: "events summary",
    summary: "Answer from an event log: time to complete, blocks, chunks, bytes, reverts, peers.",
    positionals: ["FILE"],
    options: [
      .init("--node", "NAME", help: "count only the records of one node, such as s0"),
      EventLogFile.strictOption,
    ],
    notes: ["FILE is an events.jsonl as written by livesync simulate; - reads standard input."])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    var summary = LogSummary(node: arguments.text("--node"))
    summary.cut = try EventLogFile(arguments).read { summary.add($0) }
    if arguments.wantsJSON {
      Console.printJSON(String(summary.json.dropLast()))
    } else {
      Console.print(String(summary.text.dropLast()))
    }
    return .pass
  }
}

/// `livesync events picture FILE PICTURE`
enum EventsPictureCommand: Command {
  static let specification = CommandSpecification(
    name: "events picture",
    summary: "Draw how a node fills its state: keys over time by peer, rebranches, kills, stalls.",
    positionals: ["FILE", "PICTURE"],
    options: [
      .init("--node", "NAME", help: "the node that is shown (s0)"), EventLogFile.strictOption,
    ],
    notes: [
      "FILE is an events.jsonl as written by livesync simulate; - reads standard input.",
      "PICTURE is written as SVG, which every browser shows. A file is replaced in one step;",
      "devices and FIFOs are written through.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let (log, path) = (arguments.positionals[0], arguments.positionals[1])
    let node = arguments.text("--node") ?? "s0"
    let file = try OutputFile(path: path)
    var picture = RunPicture(node: node)
    let cut = try EventLogFile(arguments).read { picture.add($0) }
    guard !picture.isEmpty else { throw UsageError("\(log) says nothing of a node '\(node)'") }
    let bytes = Array(picture.svg.utf8)
    try file.write(bytes)
    if file.isOutput { return .pass }
    if arguments.wantsJSON {
      Console.printJSON(
        "{\"picture\":\(JSONText.quoted(path)),\"bytes\":\(bytes.count)\(cut?.jsonFields ?? "")}")
    } else {
      Console.print("drew \(PrintableText.line(path)), \(bytes.count) bytes")
    }
    return .pass
  }
}

/// `livesync events schema`
enum EventsSchemaCommand: Command {
  static let specification = CommandSpecification(
    name: "events schema",
    summary: "Print the schema of event logs as the page Docs/Events.md.",
    positionals: [], options: [], notes: [])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    guard !arguments.wantsJSON else {
      throw UsageError("the schema is a page of text; --json has no form of it")
    }
    Console.print(String(EventSchema.livesync.markdown.dropLast()))
    return .pass
  }
}
