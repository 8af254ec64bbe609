import EventLog
import Foundation

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
    var reader = EventLogReader()
    try InputFile.forEachPiece(of: arguments.positionals[0]) { piece in
      do {
        try reader.read(piece) { summary.add($0) }
      } catch {
        throw UsageError("\(arguments.positionals[0]): \(error)")
      }
    }
    do {
      try reader.finish()
    } catch {
      throw UsageError("\(arguments.positionals[0]): \(error)")
    }
    let text = arguments.wantsJSON ? summary.json : summary.text
    Console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
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
