import EventLog
import Foundation
import Simulation

/// `livesync events summary FILE`
enum EventsSummaryCommand: Command {
  static let specification = CommandSpecification(
    name: "events summary",
    summary: "Answer from an event log: time to complete, blocks, chunks, bytes, reverts, peers.",
    positionals: ["FILE"],
    options: [.init("--node", "NAME", help: "count only the records of one node, such as s0")],
    notes: ["FILE is an events.jsonl as written by livesync simulate; - reads standard input."])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    var summary = LogSummary(node: arguments.text("--node"))
    try InputFile.forEachRecord(of: arguments.positionals[0]) { summary.add($0) }
    let text = arguments.wantsJSON ? summary.json : summary.text
    Console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    return .pass
  }
}

/// `livesync events picture FILE PICTURE`
enum EventsPictureCommand: Command {
  static let specification = CommandSpecification(
    name: "events picture",
    summary: "Draw how a node fills its state: keys over time by peer, rebranches, kills, stalls.",
    positionals: ["FILE", "PICTURE"],
    options: [.init("--node", "NAME", help: "the node that is shown (s0)")],
    notes: [
      "FILE is an events.jsonl as written by livesync simulate; - reads standard input.",
      "PICTURE is written as SVG, which every browser shows.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let (log, path) = (arguments.positionals[0], arguments.positionals[1])
    let node = arguments.text("--node") ?? "s0"
    var picture = RunPicture(node: node)
    try InputFile.forEachRecord(of: log) { picture.add($0) }
    guard !picture.isEmpty else { throw UsageError("\(log) says nothing of a node '\(node)'") }
    let bytes = Data(picture.svg.utf8)
    do {
      try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw UsageError("'\(path)' cannot be written: \(error.localizedDescription)")
    }
    Console.print(
      arguments.wantsJSON
        ? "{\"picture\":\(JSONText.quoted(path)),\"bytes\":\(bytes.count)}"
        : "drew \(path), \(bytes.count) bytes")
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
    FileHandle.standardOutput.write(Data(EventSchema.markdown.utf8))
    return .pass
  }
}

/// Files that a user names.
enum InputFile {
  /// Pieces are read in this size, in bytes, so that a log of any length needs little memory.
  private static let pieceBytes = 1 << 20

  /// Hands the bytes of the file at `path` (`-` for standard input) to `body`, piece by piece.
  static func forEachPiece(of path: String, _ body: ([UInt8]) throws -> Void) throws {
    let handle: FileHandle
    if path == "-" {
      handle = .standardInput
    } else {
      handle = try open(path)
    }
    while let piece = try handle.read(upToCount: pieceBytes), !piece.isEmpty {
      try body([UInt8](piece))
    }
  }

  /// Hands the records of the event log at `path` to `body`, one by one.
  static func forEachRecord(of path: String, _ body: (EventRecord) -> Void) throws {
    var reader = EventLogReader()
    do {
      try forEachPiece(of: path) { try reader.read($0, body) }
      try reader.finish()
    } catch let error as EventLogError {
      throw UsageError("\(path): \(error)")
    }
  }

  /// The whole content of the file at `path`, at most `limit` bytes.
  static func bytes(of path: String, limit: Int) throws -> [UInt8] {
    let handle = try open(path)
    let data = try handle.read(upToCount: limit + 1) ?? Data()
    guard data.count <= limit else { throw UsageError("\(path) is larger than \(limit) bytes") }
    return [UInt8](data)
  }

  private static func open(_ path: String) throws -> FileHandle {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw UsageError("there is no file '\(path)'")
    }
    guard !isDirectory.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
      throw UsageError("'\(path)' cannot be read as a file")
    }
    return handle
  }
}
