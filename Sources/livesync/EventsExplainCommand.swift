import EventLog
import Reports
import Streams

/// `livesync events explain FILE`
enum EventsExplainCommand: Command {
  static let specification = CommandSpecification(
    name: "events explain",
    summary: "Tell the story of one thing in an event log: what it waited for, became and cost.",
    positionals: ["FILE"],
    options: StorySubject.Kind.allCases.map {
      .init("--\($0.rawValue)", "ID", help: "the \($0.rawValue): \($0.form)")
    } + [
      .init("--list", "KIND", help: "list what there is of a kind instead, such as chunk"),
      .init("--node", "NAME", help: "the node whose story it is (s0, or the first of the log)"),
      EventLogFile.strictOption,
    ],
    notes: [
      "FILE is an events.jsonl of a simulation or a node; it is read twice. What comes from a pipe",
      "is kept in memory meanwhile, at most 64 MiB; - reads standard input.",
      "Records belong to the story by their cause, by their request, or by their order and what",
      "they are about; --json says of each which it is.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let node = arguments.text("--node")
    let given = StorySubject.Kind.allCases.filter { arguments.text("--\($0.rawValue)") != nil }
    if let list = arguments.text("--list") {
      guard given.isEmpty else {
        throw UsageError("option '--list' goes with none of the others")
      }
      return try self.list(list, node, arguments)
    }
    guard given.count == 1, let kind = given.first, let text = arguments.text("--\(kind.rawValue)")
    else {
      let names = StorySubject.Kind.allCases.map { "--\($0.rawValue)" }
      throw UsageError("exactly one of \(names.joined(separator: ", ")) or --list is needed")
    }
    guard let subject = StorySubject(kind, text) else {
      throw UsageError("option '--\(kind.rawValue)' needs \(kind.form), not '\(text)'")
    }
    let log = try EventLogFile(arguments).repeatable()
    var finder = StoryFinder(subject, node: node)
    _ = try log.read { finder.add($0) }
    do {
      var story = Story(try finder.target())
      _ = try log.read(isQuiet: true) { story.add($0) }
      show(arguments, text: story.text, json: story.json)
    } catch let error as StoryError {
      throw UsageError("\(arguments.positionals[0]): \(error)")
    }
    return .pass
  }

  private static func list(
    _ name: String, _ node: String?, _ arguments: Arguments
  ) throws -> ExitCode {
    guard let kind = StorySubject.Kind(rawValue: name) else {
      let names = StorySubject.Kind.allCases.map(\.rawValue)
      throw UsageError("option '--list' needs one of \(names.joined(separator: ", "))")
    }
    var list = StoryList(kind, node: node)
    _ = try EventLogFile(arguments).read { list.add($0) }
    show(arguments, text: list.text, json: list.json)
    return .pass
  }

  private static func show(_ arguments: Arguments, text: String, json: String) {
    if arguments.wantsJSON {
      Console.printJSON(String(json.dropLast()))
    } else {
      Console.print(String(text.dropLast()))
    }
  }
}
