import EventLog
import Reports
import Streams

/// The event log that a command is given as its first argument.
struct EventLogFile {
  static let strictOption = CommandSpecification.Option(
    "--strict", help: "refuse a log whose last line is cut off")

  let path: String
  private let isStrict: Bool

  init(_ arguments: Arguments) {
    path = arguments.positionals[0]
    isStrict = arguments.flag(Self.strictOption.name)
  }

  init(path: String) {
    self.path = path
    isStrict = false
  }

  /// The log with the chance to read it again: a regular file is read from the disk each time, what
  /// comes from a pipe is kept in memory, at most `ReportLimits.heldLogBytesMax` bytes of it.
  func repeatable() throws -> RepeatedLog {
    var file = try InputFile(path: path)
    if file.isRepeatable { return RepeatedLog(file: self, held: nil) }
    return RepeatedLog(file: self, held: try file.all(limit: ReportLimits.heldLogBytesMax))
  }

  /// Hands the records to `body`, one by one. Returns what is left of the last line if that is cut
  /// off, after a warning; a strict reader refuses it.
  func read(_ body: (EventRecord) -> Void) throws -> EventLogCut? {
    var file = try InputFile(path: path)
    return try read({ try file.next() }, isQuiet: false, body)
  }

  /// Hands the records of the pieces that `next` gives to `body`, until a piece is empty.
  fileprivate func read(
    _ next: () throws -> [UInt8], isQuiet: Bool, _ body: (EventRecord) -> Void
  ) throws -> EventLogCut? {
    var reader = EventLogReader(.livesync)
    do {
      while true {
        let piece = try next()
        if piece.isEmpty { break }
        try reader.read(piece, body)
      }
      if isStrict {
        try reader.finish()
        return nil
      }
      let cut = try reader.finishWhereCut()
      if let cut, !isQuiet { Console.error("warning: \(path): \(cut)") }
      return cut
    } catch let error as EventLogError {
      throw UsageError("\(path): \(error)")
    }
  }
}

/// A log that can be read several times.
struct RepeatedLog {
  fileprivate let file: EventLogFile
  /// The bytes of a log that came from a pipe.
  fileprivate let held: [UInt8]?

  /// Hands the records to `body`, one by one, as `EventLogFile.read` does. A quiet pass does not
  /// warn of a cut log.
  func read(isQuiet: Bool = false, _ body: (EventRecord) -> Void) throws -> EventLogCut? {
    guard let held else {
      var input = try InputFile(path: file.path)
      return try file.read({ try input.next() }, isQuiet: isQuiet, body)
    }
    var isRead = false
    return try file.read(
      {
        defer { isRead = true }
        return isRead ? [] : held
      }, isQuiet: isQuiet, body)
  }
}

extension EventLogCut {
  /// Further fields of a JSON object.
  var jsonFields: String { ",\"cut_line\":\(line),\"cut_bytes\":\(bytes)" }
}
